import { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientSettings } from "../../../../lib/aws.ts";
import { UnreadableFailure } from "../../../../lib/store/dead-letters/dead-letter.ts";
import type { FailureFile } from "../../../../lib/store/dead-letters/dead-letter-files.ts";
import { FailureIndex } from "../../../../lib/store/dead-letters/dead-letter-index.ts";
import { S3FailureFiles } from "../../../../lib/store/dead-letters/s3.ts";
import { startAws, type TestAws } from "../../../aws.ts";
import { failureText, manyRecords } from "../../recovery/isolate/rig.ts";

let aws: TestAws;
let client: S3Client;
let files: S3FailureFiles;

beforeAll(async () => {
  aws = await startAws();
  client = new S3Client({ ...clientSettings(), forcePathStyle: true });
});
afterAll(async () => {
  client.destroy();
  await aws[Symbol.asyncDispose]();
});

const uuid = (n: number): string => `69fd1b7b-5f3c-4d1e-8a6e-00000000000${n}`;
const keyOf = (mapping: number, shardId: string, second: number): string =>
  `aws/lambda/${uuid(mapping)}/${shardId}/2026/01/02/2026-01-02T12.00.0${second}-${uuid(second)}`;
const records = manyRecords(9);
const textOf = (shardId: string, from: number, to: number, payload: "string" | "object" = "string"): string =>
  failureText({ streamName: "events", shardId, records: records.slice(from, to) }, { payload });

async function bucketWith(name: string, objects: Readonly<Record<string, string>>): Promise<S3FailureFiles> {
  aws.s3.createBucket(name);
  for (const [key, text] of Object.entries(objects)) await aws.s3.put(name, key, Buffer.from(text));
  return new S3FailureFiles(client, name);
}

const all = async (list: AsyncIterable<FailureFile>): Promise<FailureFile[]> => Array.fromAsync(list);

describe("batches that Lambda gave up on, in S3", () => {
  const [one, two] = ["shardId-000000000001", "shardId-000000000002"];

  test("are listed by shard, whatever mapping they come from, and all together with what else lies there", async () => {
    files = await bucketWith("listed", {
      [keyOf(1, one, 1)]: textOf(one, 0, 2),
      [keyOf(1, two, 2)]: textOf(two, 0, 2),
      [keyOf(2, one, 3)]: textOf(one, 2, 4),
      "aws/lambda/readme.txt": "hello",
      "quarantine/other": "x",
    });
    expect((await all(files.list(one))).map(({ key }) => key)).toEqual([keyOf(1, one, 1), keyOf(2, one, 3)]);
    const shards = new Map((await all(files.list())).map(({ key, shardId }) => [key, shardId]));
    expect(shards.size).toBe(4);
    expect(shards.get(keyOf(1, two, 2))).toBe(two);
    expect(shards.get("aws/lambda/readme.txt")).toBeUndefined();
  });

  test("are found by the sequence numbers of their records, whether their payload is a string or an object", async () => {
    files = await bucketWith("indexed", {
      [keyOf(1, one, 1)]: textOf(one, 0, 3),
      [keyOf(1, one, 2)]: textOf(one, 3, 6, "object"),
      [keyOf(1, one, 3)]: textOf(one, 6, 9),
      [keyOf(1, one, 4)]: "{}",
      [keyOf(1, one, 5)]: "",
    });
    const index = new FailureIndex(files, { hasTime: () => true });
    const range = { firstSequence: records[2]?.sequenceNumber ?? "", lastSequence: records[4]?.sequenceNumber ?? "" };
    const found = await index.overlapping(one, range, 0);
    expect(found.files.map(({ key }) => key)).toEqual([keyOf(1, one, 1), keyOf(1, one, 2)]);
    expect(found).toMatchObject({ lookedAtAll: true, unreadable: keyOf(1, one, 4) });
    expect(await index.overlapping(two, range, 0)).toEqual({ files: [], lookedAtAll: true, unreadable: undefined });
    const [first] = found.files;
    const batch = first && (await files.read(first))?.batch;
    expect(batch?.records).toEqual(records.slice(0, 3));
  });

  test("are listed from when a record arrived, an hour for the clocks: Lambda writes a batch later than that", async () => {
    const keys = [1, 2, 3].map((second) => keyOf(1, one, second));
    files = await bucketWith("since", Object.fromEntries(keys.map((key) => [key, textOf(one, 0, 1)])));
    const since = async (time: string): Promise<string[]> =>
      (await all(files.list(one, Date.parse(time)))).map(({ key }) => key);
    expect(await since("2026-01-02T13:00:02Z")).toEqual(keys.slice(1));
    expect(await since("2026-01-02T13:00:04Z")).toEqual([]);
    expect(await since("2026-01-01T00:00:00Z")).toEqual(keys);
    expect(await since("2026-02-01T00:00:00Z")).toEqual([]);
    expect(await since("2025-12-31T23:59:59Z")).toEqual(keys);
  });

  test("are not deceived by a partition key that looks like their sequence numbers", async () => {
    const [record] = records;
    if (record === undefined) throw new Error("Expected a record, got none");
    const partitionKey = '","startSequenceNumber":"1","endSequenceNumber":"2';
    const batch = { streamName: "events", shardId: one, records: [{ ...record, partitionKey }] };
    for (const payload of ["string", "object"] as const) {
      const {
        payload: _,
        KinesisBatchInfo: info,
        ...rest
      } = JSON.parse(failureText(batch, { payload })) as Record<string, unknown>;
      // The payload first, though Lambda writes it last.
      const text = JSON.stringify({ ...rest, payload: _, KinesisBatchInfo: info });
      files = await bucketWith(`deceived-${payload}`, { [keyOf(1, one, 1)]: text });
      const [file] = await all(files.list());
      const { sequenceNumber } = record;
      expect(file && (await files.range(file))).toEqual({
        firstSequence: sequenceNumber,
        lastSequence: sequenceNumber,
      });
    }
  });

  test("go to redriven/ when they are counted, once, and are gone for whoever reads them then", async () => {
    files = await bucketWith("settled", { [keyOf(1, one, 1)]: textOf(one, 0, 2) });
    const [file] = await all(files.list());
    if (file === undefined) throw new Error("Expected a file, got none");
    await Promise.all([files.settle(file), files.settle(file)]);
    await files.settle(file);
    expect(await all(files.list())).toEqual([]);
    expect(await files.read(file)).toBeUndefined();
    const moved = await fetch(`${aws.url}/settled/${file.key.replace("aws/lambda/", "redriven/")}`);
    expect(await moved.text()).toBe(textOf(one, 0, 2));
  });

  test("are not read where they are larger than Lambda makes them", async () => {
    const file = { key: "aws/lambda/large", shardId: undefined, bytes: 33 * 1024 * 1024 };
    await expect(files.read(file)).rejects.toThrow(UnreadableFailure);
  });
});
