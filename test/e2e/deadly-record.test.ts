import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { names } from "../../lib/names.ts";
import type { RedriveReport } from "../../lib/recovery/redrive/report.ts";
import type { QuarantinedRecord } from "../../lib/store/quarantine/quarantine.ts";
import { Assembly } from "./assembly.ts";
import { Laptop } from "./laptop.ts";
import { ledgerSums } from "./ledger-sums.ts";

const config = join(import.meta.dirname, "shop.config.ts");

/** The bucket of what was given up and what was rejected. */
class Rejects {
  readonly #s3: S3Client;

  constructor(laptop: Laptop) {
    this.#s3 = new S3Client({ ...laptop.aws, forcePathStyle: true });
  }

  async keys(Prefix: string): Promise<string[]> {
    const Bucket = await this.#bucket();
    const { Contents = [] } = await this.#s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
    return Contents.map(({ Key = "" }) => Key);
  }

  async quarantined(): Promise<QuarantinedRecord[]> {
    const Bucket = await this.#bucket();
    const records: QuarantinedRecord[] = [];
    for (const Key of await this.keys(names.quarantinePrefix)) {
      const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket, Key }));
      const lines = gunzipSync((await Body?.transformToByteArray()) ?? "")
        .toString("utf8")
        .trim()
        .split("\n");
      records.push(...lines.map((line) => JSON.parse(line) as QuarantinedRecord));
    }
    return records;
  }

  async #bucket(): Promise<string> {
    return (await this.#s3.send(new ListBucketsCommand({}))).Buckets?.[0]?.Name ?? "";
  }
}

const order = (messageId: string): Buffer =>
  Buffer.from(
    JSON.stringify({
      type: "track",
      event: "Order Completed",
      messageId,
      properties: { revenue: 1, currency: "EUR" },
    }),
  );

interface Put {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** Three records in one request, of which the middle one ends the process; where that one is. */
async function sendThree(laptop: Laptop): Promise<Put> {
  const kinesis = new KinesisClient(laptop.aws);
  const Records = ["before", "ends-the-process", "behind"].map((id) => ({ Data: order(id), PartitionKey: "ann" }));
  const answer = await kinesis.send(new PutRecordsCommand({ StreamName: names.stream, Records }));
  kinesis.destroy();
  const { ShardId = "", SequenceNumber = "" } = answer.Records?.[1] ?? {};
  return { shardId: ShardId, sequenceNumber: SequenceNumber };
}

async function revenue(laptop: Laptop): Promise<number | undefined> {
  const { rows } = await laptop.get<{ rows: { value: number }[] }>("/v1/metrics/revenue?every=all");
  return rows[0]?.value;
}

/** The record lies in quarantine as it was sent, and its neighbours are counted. */
async function expectIsolated(laptop: Laptop, { shardId, sequenceNumber }: Put): Promise<void> {
  expect(await revenue(laptop)).toBe(2);
  expect(await ledgerSums(laptop)).toMatchObject({ open: 0, events: 3, counted: 2, quarantined: 1 });
  expect(await new Rejects(laptop).quarantined()).toEqual([
    expect.objectContaining({
      shard: `${names.stream}/${shardId}`,
      sequenceNumber,
      data: order("ends-the-process").toString("base64"),
      events: [expect.objectContaining({ whole: true, reason: "skipped" })],
    }),
  ]);
}

describe("a record that ends the process of the roll-up", () => {
  let assembly: Assembly;

  beforeAll(async () => {
    assembly = await Assembly.of(config);
    const preload = join(import.meta.dirname, "deadly-record.mjs");
    const Environment = { Variables: { NODE_OPTIONS: `--enable-source-maps --import ${preload}` } };
    await assembly.change("AWS::Lambda::Function", { Environment }, names.rollUp);
  });

  afterAll(() => assembly[Symbol.asyncDispose]());

  test("holds up its shard alone until it is skipped by hand, and not a moment longer", async () => {
    await using laptop = await Laptop.start({ assembly: assembly.directory });
    const deadly = await sendThree(laptop);
    // Bisected until it is alone: the one before it is counted, the one behind it waits.
    while ((await ledgerSums(laptop)).counted < 1) await wait(50);
    expect(await revenue(laptop)).toBe(1);

    const { output } = await laptop.run("cli/millrace.ts", "skip", deadly.shardId, deadly.sequenceNumber);
    expect(output).toContain("is skipped");
    await laptop.caughtUp();
    expect(await new Rejects(laptop).keys(names.failuresPrefix)).toEqual([]);
    await expectIsolated(laptop, deadly);
  });

  test("is found by redrive in the batch that Lambda gave up on, and its neighbours are counted", async () => {
    // At once and in one piece, as Lambda gives up on a batch whose records grow too old together.
    const impatient = { MaximumRetryAttempts: 0, BisectBatchOnFunctionError: false };
    await assembly.change("AWS::Lambda::EventSourceMapping", impatient);
    await using laptop = await Laptop.start({ assembly: assembly.directory });
    const rejects = new Rejects(laptop);
    const deadly = await sendThree(laptop);
    while ((await rejects.keys(names.failuresPrefix)).length === 0) await wait(50);
    expect(await revenue(laptop)).toBeUndefined();

    const { output } = await laptop.run("cli/millrace.ts", "redrive", "--format", "json");
    expect(JSON.parse(output) as RedriveReport).toMatchObject({ redriven: 1, records: 3, skipped: [deadly], left: [] });
    expect(await rejects.keys(names.failuresPrefix)).toEqual([]);
    await expectIsolated(laptop, deadly);
  });
});
