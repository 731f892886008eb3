import { join } from "node:path";
import { ListBucketsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { kinesisEvent } from "../handlers/kinesis-event.ts";
import { failureFile } from "./failure-file.ts";
import { Laptop } from "./laptop.ts";

const config = join(import.meta.dirname, "shop.config.ts");

interface Answer {
  readonly rows: readonly { readonly value: number }[];
}

test("a batch that Lambda gave up on is counted by redrive, once, and the sweep finds nothing left behind", async () => {
  await using laptop = await Laptop.start({ config });
  const order = { type: "track", event: "Order Completed", properties: { revenue: 2.5, currency: "EUR" } };
  await laptop.run("cli/millrace.ts", "send", JSON.stringify(order));
  await laptop.caughtUp();

  // Records that the stream no longer has, in the file that Lambda writes for them.
  const given = ["a", "b", "a"].map((messageId) => JSON.stringify({ ...order, messageId, userId: "ann" }));
  const batch = kinesisEvent(given, Date.now());
  for (const record of batch.Records)
    record.eventSourceARN = record.eventSourceARN.replace("lambda-stream", "millrace-events");
  const s3 = new S3Client({
    endpoint: laptop.awsUrl,
    region: "us-east-1",
    credentials: { accessKeyId: "laptop", secretAccessKey: "laptop" },
  });
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const Bucket = Buckets[0]?.Name ?? "";
  const { Key, Body } = failureFile(batch, "1");
  await s3.send(new PutObjectCommand({ Bucket, Key, Body }));

  const keys = async (Prefix: string): Promise<number> =>
    (await s3.send(new ListObjectsV2Command({ Bucket, Prefix }))).KeyCount ?? 0;
  const revenue = async (): Promise<number | undefined> =>
    (await laptop.get<Answer>("/v1/metrics/revenue?every=all")).rows[0]?.value;

  const dry = await laptop.run("cli/millrace.ts", "redrive", "--dry-run");
  expect(dry.output).toContain("revenue");
  expect([await revenue(), await keys("aws/lambda/")]).toEqual([2.5, 1]);
  await laptop.run("cli/millrace.ts", "redrive");
  expect([await revenue(), await keys("aws/lambda/"), await keys("redriven/")]).toEqual([7.5, 0, 1]);

  // The same file again: all of it is counted.
  await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  await laptop.run("cli/millrace.ts", "redrive");
  expect([await revenue(), await keys("aws/lambda/")]).toEqual([7.5, 0]);
  const swept = await laptop.run("cli/millrace.ts", "sweep");
  expect(swept.output).not.toMatch(/lost [1-9]/i);
  s3.destroy();
});
