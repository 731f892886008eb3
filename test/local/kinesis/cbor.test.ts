import { cbor, tag } from "@smithy/core/cbor";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Kinesis, openKinesis } from "../../../local/kinesis/kinesis.ts";

type Shape = Record<string, unknown>;

let kinesis: Kinesis;

beforeAll(async () => {
  kinesis = await openKinesis({ region: "eu-west-1", accountId: "111122223333" });
  await kinesis.createStream({ name: "s", shards: 2, retentionHours: 24 });
});
afterAll(() => kinesis.close());

/** As the AWS SDK for Java sends it: blobs as bytes, times as tagged milliseconds. */
async function send(operation: string, input: object | Buffer): Promise<{ status: number; body: Shape }> {
  const { status, headers, body } = await kinesis.handle({
    method: "POST",
    url: "/",
    headers: { "content-type": "application/x-amz-cbor-1.1", "x-amz-target": `Kinesis_20131202.${operation}` },
    body: Buffer.isBuffer(input) ? input : Buffer.from(cbor.serialize(input)),
  });
  expect(headers["content-type"]).toBe("application/x-amz-cbor-1.1");
  const bytes = Buffer.from(body);
  return { status, body: bytes.length === 0 ? {} : cbor.deserialize(bytes) };
}

test("each operation answers in CBOR", async () => {
  const shards = (await send("ListShards", { StreamName: "s" })).body.Shards as { ShardId: string }[];
  const ShardId = shards[0]?.ShardId ?? "";
  for (const [operation, input] of Object.entries({
    AddTagsToStream: { StreamName: "s", Tags: { a: "b" } },
    CreateStream: { StreamName: "other", ShardCount: 1 },
    DescribeStream: { StreamName: "s" },
    DescribeStreamSummary: { StreamName: "s" },
    GetShardIterator: { StreamName: "s", ShardId, ShardIteratorType: "TRIM_HORIZON" },
    IncreaseStreamRetentionPeriod: { StreamName: "s", RetentionPeriodHours: 48 },
    DecreaseStreamRetentionPeriod: { StreamName: "s", RetentionPeriodHours: 24 },
    ListStreams: {},
    ListTagsForStream: { StreamName: "s" },
    PutRecord: { StreamName: "s", PartitionKey: "p", Data: new Uint8Array([0, 255]) },
    RemoveTagsFromStream: { StreamName: "s", TagKeys: ["a"] },
    MergeShards: {
      StreamName: "other",
      ShardToMerge: "shardId-000000000000",
      AdjacentShardToMerge: "shardId-000000000009",
    },
  })) {
    const { status, body } = await send(operation, input);
    expect([operation, status, body.__type], JSON.stringify(body)).toEqual(
      operation === "MergeShards" ? [operation, 400, "ResourceNotFoundException"] : [operation, 200, undefined],
    );
  }
});

test("bytes and times come out as they went in, and JSON reads the same records", async () => {
  const beforeMs = Date.now();
  const data = Buffer.from([0, 1, 254, 255]);
  const put = await send("PutRecords", {
    StreamName: "s",
    Records: [{ PartitionKey: "p", ExplicitHashKey: "0", Data: data }],
  });
  expect(put.body.FailedRecordCount).toBe(0);
  const from = { StreamName: "s", ShardId: "shardId-000000000000", ShardIteratorType: "AT_TIMESTAMP" };
  const Timestamp = tag({ tag: 1, value: beforeMs - 1_000 });
  const { ShardIterator } = (await send("GetShardIterator", { ...from, Timestamp })).body;
  const [record] = (await send("GetRecords", { ShardIterator })).body.Records as {
    Data: Uint8Array;
    ApproximateArrivalTimestamp: { tag: number; value: number };
  }[];
  expect(Buffer.from(record?.Data ?? [])).toEqual(data);
  expect(record?.ApproximateArrivalTimestamp.tag).toBe(1);
  expect(Math.abs(Number(record?.ApproximateArrivalTimestamp.value) - beforeMs)).toBeLessThan(60_000);
  const { Records } = (await kinesis.call("GetRecords", { ShardIterator })) as { Records: { Data: string }[] };
  expect(Records.map((one) => one.Data)).toEqual([data.toString("base64")]);
});

test.each([
  ["PutRecord", Buffer.from([0xff, 0xff]), "SerializationException"],
  ["PutRecord", { StreamName: "none", PartitionKey: "p", Data: new Uint8Array() }, "ResourceNotFoundException"],
  ["PutRecord", { StreamName: "s" }, "ValidationException"],
  ["Fly", {}, "UnknownOperationException"],
])("an error of %s of %j is CBOR too", async (operation, input, type) => {
  const { status, body } = await send(operation, input);
  expect([status, body.__type]).toEqual([400, type]);
});
