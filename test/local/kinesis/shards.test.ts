import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  type ListShardsCommandInput,
  ListStreamsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../local/endpoint/aws-endpoint.ts";
import { type Kinesis, openKinesis } from "../../../local/kinesis/kinesis.ts";

let kinesis: Kinesis;
let endpoint: AwsEndpoint;
let client: KinesisClient;

beforeAll(async () => {
  kinesis = await openKinesis({ region: "eu-west-1", accountId: "111122223333" });
  endpoint = await startAwsEndpoint({ port: 0, services: { kinesis } });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  client = new KinesisClient({ endpoint: endpoint.url, region: "eu-west-1", credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
  await kinesis.close();
});

const shard = (index: number): string => `shardId-00000000000${index}`;
const middle = (2n ** 127n).toString();

/** A stream whose first shard was split into 1 and 2, and these merged into 3. */
async function reshaped(StreamName: string): Promise<string> {
  const StreamARN = await kinesis.createStream({ name: StreamName, shards: 1, retentionHours: 24 });
  await client.send(new PutRecordCommand({ StreamName, PartitionKey: "p", Data: Buffer.from("x") }));
  await client.send(new SplitShardCommand({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: middle }));
  const active = async () =>
    (await client.send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary?.StreamStatus;
  while ((await active()) !== "ACTIVE");
  await client.send(new MergeShardsCommand({ StreamName, ShardToMerge: shard(1), AdjacentShardToMerge: shard(2) }));
  while ((await active()) !== "ACTIVE");
  return StreamARN;
}

const idsOf = async (input: ListShardsCommandInput): Promise<(string | undefined)[]> =>
  (await client.send(new ListShardsCommand(input))).Shards?.map(({ ShardId }) => ShardId) ?? [];

test("ListShards pages by MaxResults", async () => {
  await kinesis.createStream({ name: "pages", shards: 5, retentionHours: 24 });
  const pages: (string | undefined)[][] = [];
  let input: ListShardsCommandInput = { StreamName: "pages", MaxResults: 2 };
  for (;;) {
    const { Shards = [], NextToken } = await client.send(new ListShardsCommand(input));
    pages.push(Shards.map(({ ShardId }) => ShardId));
    if (NextToken === undefined) break;
    input = { NextToken, MaxResults: 2 };
  }
  expect(pages).toEqual([[shard(0), shard(1)], [shard(2), shard(3)], [shard(4)]]);
  await expect(idsOf({ NextToken: "x" })).rejects.toThrow("Invalid NextToken");
  await expect(idsOf({ NextToken: "x", StreamName: "pages" })).rejects.toThrow("cannot be provided together");
});

test("ListStreams pages by NextToken", async () => {
  for (const name of ["za", "zb", "zc"]) await kinesis.createStream({ name, shards: 1, retentionHours: 24 });
  const first = await client.send(new ListStreamsCommand({ ExclusiveStartStreamName: "z", Limit: 2 }));
  expect([first.StreamNames, first.HasMoreStreams]).toEqual([["za", "zb"], true]);
  const second = await client.send(new ListStreamsCommand({ NextToken: first.NextToken }));
  expect([second.StreamNames, second.NextToken]).toEqual([["zc"], undefined]);
});

describe("after a split and a merge", () => {
  let StreamARN: string;
  beforeAll(async () => {
    StreamARN = await reshaped("reshaped");
  });

  test.each([
    [{ Type: "AT_LATEST" }, [3]],
    [{ Type: "AT_TRIM_HORIZON" }, [0]],
    [{ Type: "FROM_TRIM_HORIZON" }, [0, 1, 2, 3]],
    [{ Type: "AFTER_SHARD_ID", ShardId: shard(1) }, [2, 3]],
    [{ Type: "FROM_TIMESTAMP", Timestamp: new Date(Date.now() - 3_600_000) }, [0, 1, 2, 3]],
    [{ Type: "FROM_TIMESTAMP", Timestamp: new Date(Date.now() + 3_600_000) }, [3]],
    [{ Type: "AT_TIMESTAMP", Timestamp: new Date(Date.now() + 3_600_000) }, [3]],
  ] as const)("ListShards filters by %j", async (ShardFilter, expected) => {
    expect(await idsOf({ StreamName: "reshaped", ShardFilter })).toEqual(expected.map(shard));
  });

  test("StreamARN alone names the stream, and must agree with StreamName", async () => {
    expect(await idsOf({ StreamARN })).toHaveLength(4);
    expect(await idsOf({ StreamARN, StreamName: "reshaped" })).toHaveLength(4);
    await expect(idsOf({ StreamARN, StreamName: "other" })).rejects.toThrow("are not of one stream");
    await expect(idsOf({ StreamARN: "arn:aws:sqs:eu-west-1:111122223333:q" })).rejects.toThrow("Expected StreamARN");
  });

  test("a shard that is closed is neither split nor merged again", async () => {
    const StreamName = "reshaped";
    const again = {
      name: "InvalidArgumentException",
      message: expect.stringContaining("has already been merged or split"),
    };
    const split = new SplitShardCommand({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: middle });
    await expect(client.send(split)).rejects.toMatchObject(again);
    const merge = { StreamName, ShardToMerge: shard(1), AdjacentShardToMerge: shard(2) };
    await expect(client.send(new MergeShardsCommand(merge))).rejects.toMatchObject(again);
    expect(await idsOf({ StreamName })).toHaveLength(4);
  });

  test.each([
    [
      0,
      [
        [shard(1), [shard(0)]],
        [shard(2), [shard(0)]],
      ],
    ],
    [1, [[shard(3), [shard(1), shard(2)]]]],
    [2, [[shard(3), [shard(1), shard(2)]]]],
  ] as const)("the last GetRecords of shard %i names the shards that follow", async (index, expected) => {
    const from = { StreamARN, ShardId: shard(index), ShardIteratorType: "TRIM_HORIZON" } as const;
    let { ShardIterator: next } = await client.send(new GetShardIteratorCommand(from));
    for (;;) {
      const { NextShardIterator, ChildShards } = await client.send(
        new GetRecordsCommand({ ShardIterator: next, StreamARN }),
      );
      next = NextShardIterator;
      if (next === undefined) {
        expect(ChildShards?.map(({ ShardId, ParentShards }) => [ShardId, ParentShards])).toEqual(expected);
        break;
      }
      expect(ChildShards).toBeUndefined();
    }
  });
});

test("records are kept for up to a year", async () => {
  await kinesis.createStream({ name: "long", shards: 1, retentionHours: 8_760 });
  const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: "long" }));
  expect(StreamDescriptionSummary?.RetentionPeriodHours).toBe(8_760);
  await expect(kinesis.createStream({ name: "longer", shards: 1, retentionHours: 8_761 })).rejects.toThrow("8760");
});
