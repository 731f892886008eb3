import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from "@aws-sdk/client-kinesis";
import { describe, expect, test } from "vitest";
import type { StreamRecord } from "../../lib/stream/stream-record.ts";
import { type KinesisSettings, KinesisShards } from "./kinesis-stream.ts";

const recordOf = (n: number): StreamRecord => ({
  sequenceNumber: String(100 + n),
  partitionKey: "p",
  arrivalMs: n * 1_000,
  data: Buffer.from([n]),
});

/** A shard of five records, and another that is forgotten. */
function rig(settings: Partial<KinesisSettings> = {}) {
  const state = { nowMs: 10_000, isOpen: true, records: [0, 1, 2, 3, 4].map(recordOf) };
  const shards = new KinesisShards({
    name: "events",
    now: () => state.nowMs,
    shards: () => [
      { shardId: "shardId-1" },
      { shardId: "shardId-2" },
      { shardId: "shardId-3", parentShardId: "shardId-1" },
    ],
    content: (shardId) => (shardId === "shardId-1" ? state : undefined),
    ...settings,
  });
  const client = shards.client();
  const iterator = async (more: Partial<GetShardIteratorCommand["input"]>, ShardId = "shardId-1") =>
    (
      await client.send(
        new GetShardIteratorCommand({ StreamName: "events", ShardId, ShardIteratorType: "TRIM_HORIZON", ...more }),
      )
    ).ShardIterator;
  const get = (ShardIterator: string | undefined, Limit = 10_000) =>
    client.send(new GetRecordsCommand({ ShardIterator, Limit }));
  return { state, shards, client, iterator, get };
}

const numbers = ({ Records = [] }: { Records?: { SequenceNumber?: string | undefined }[] | undefined }) =>
  Records.map(({ SequenceNumber }) => Number(SequenceNumber) - 100);

describe("a shard", () => {
  test.each([
    [{ ShardIteratorType: "TRIM_HORIZON" }, [0, 1, 2, 3, 4]],
    [{ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: "102" }, [2, 3, 4]],
    [{ ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: "102" }, [3, 4]],
    [{ ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(2_500) }, [3, 4]],
  ] as const)("is read from %o on", async (start, expected) => {
    const { iterator, get } = rig();
    expect(numbers(await get(await iterator(start)))).toEqual(expected);
  });

  test("comes page by page, ends where it is closed, and goes on where it is open", async () => {
    const { state, iterator, get } = rig({ pageRecords: 3 });
    const first = await get(await iterator({}));
    expect([numbers(first), first.MillisBehindLatest]).toEqual([[0, 1, 2], 7_000]);
    const second = await get(first.NextShardIterator, 1);
    expect(numbers(second)).toEqual([3]);
    const tip = await get(second.NextShardIterator);
    expect([numbers(tip), tip.MillisBehindLatest]).toEqual([[4], 0]);
    expect(tip.NextShardIterator).toBeDefined();
    state.isOpen = false;
    expect((await get(second.NextShardIterator)).NextShardIterator).toBeUndefined();
  });

  test("may answer with nothing although there is more", async () => {
    const { iterator, get } = rig({ isEmpty: () => true });
    const page = await get(await iterator({}));
    expect([numbers(page), page.MillisBehindLatest]).toEqual([[], 10_000]);
  });

  test("is read five times a second, by all its readers together, and its iterators live five minutes", async () => {
    const { state, shards, iterator, get } = rig();
    const start = await iterator({});
    for (let read = 0; read < 3; read++) await get(start);
    expect(shards.takes("shardId-1", 1)).toBe(true);
    expect(shards.takes("shardId-1", 1)).toBe(true);
    await expect(get(start)).rejects.toMatchObject({ name: "ProvisionedThroughputExceededException" });
    state.nowMs += 1_000;
    await get(start);
    state.nowMs += 300_000;
    await expect(get(start)).rejects.toMatchObject({ name: "ExpiredIteratorException" });
  });

  test("that the stream has forgotten is not found", async () => {
    const { iterator } = rig();
    await expect(iterator({}, "shardId-9")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

test("shards are listed page by page, with those they came from", async () => {
  const { client } = rig({ shardsPerPage: 2 });
  const first = await client.send(new ListShardsCommand({ StreamName: "events" }));
  const second = await client.send(new ListShardsCommand({ NextToken: first.NextToken }));
  expect(first.Shards?.map(({ ShardId }) => ShardId)).toEqual(["shardId-1", "shardId-2"]);
  expect(second.Shards).toEqual([{ ShardId: "shardId-3", ParentShardId: "shardId-1" }]);
  expect(second.NextToken).toBeUndefined();
});
