import { beforeAll, describe, expect, test } from "vitest";
import type { MetricDatum } from "../../../local/cloudwatch/metrics.ts";
import { type Kinesis, openKinesis } from "../../../local/kinesis/kinesis.ts";
import { ReadLimits } from "../../../local/kinesis/read-limits.ts";

let nowMs = Date.UTC(2026, 0, 1);
const refused: MetricDatum[] = [];
let kinesis: Kinesis;

beforeAll(async () => {
  kinesis = await openKinesis({
    region: "us-east-1",
    accountId: "000000000000",
    metrics: { put: (datum) => datum.name.startsWith("Read") && refused.push(datum) },
    readLimits: new ReadLimits(() => nowMs),
  });
  await kinesis.createStream({ name: "events", shards: 2, retentionHours: 24 });
});

async function iterator(shard: number): Promise<string> {
  const input = { StreamName: "events", ShardId: `shardId-00000000000${shard}`, ShardIteratorType: "TRIM_HORIZON" };
  return ((await kinesis.call("GetShardIterator", input)) as { ShardIterator: string }).ShardIterator;
}

/** How each call went, in order. */
async function outcomes(calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  const found: string[] = [];
  for (const call of calls)
    found.push(
      await call().then(
        () => "answered",
        ({ type }) => type,
      ),
    );
  return found;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const exceeded = "ProvisionedThroughputExceededException";

describe("with the limits of AWS, a shard", () => {
  test("is read five times a second by all together, and the others are none of its business", async () => {
    nowMs += 60_000;
    const ShardIterator = await iterator(0);
    const read = () => kinesis.call("GetRecords", { ShardIterator });
    expect(await outcomes(times(7, read))).toEqual([...times(5, "answered"), exceeded, exceeded]);
    expect(refused.map(({ dimensions }) => dimensions)).toEqual(times(2, { StreamName: "events" }));
    const other = await iterator(1);
    expect(await outcomes([() => kinesis.call("GetRecords", { ShardIterator: other })])).toEqual(["answered"]);
    nowMs += 1_000;
    expect(await outcomes([read])).toEqual(["answered"]);
  });

  test("gives five iterators a second", async () => {
    nowMs += 60_000;
    expect(await outcomes(times(6, () => iterator(0)))).toEqual([...times(5, "answered"), exceeded]);
  });

  test("gives 2 MiB a second: what was answered above that is paid for before the next read", async () => {
    const Records = times(4, { PartitionKey: "p", Data: Buffer.alloc(1024 * 1024).toString("base64") });
    for (const Record of Records)
      await kinesis.call("PutRecord", { StreamName: "events", ...Record, ExplicitHashKey: "0" });
    nowMs += 60_000;
    const ShardIterator = await iterator(0);
    const read = (Limit: number) => () => kinesis.call("GetRecords", { ShardIterator, Limit });
    expect(await outcomes([read(2), read(4), read(1)])).toEqual(["answered", "answered", exceeded]);
    nowMs += 1_999;
    expect(await outcomes([read(1)])).toEqual([exceeded]);
    nowMs += 1;
    expect(await outcomes([read(1)])).toEqual(["answered"]);
  });
});
