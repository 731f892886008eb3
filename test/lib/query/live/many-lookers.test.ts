import { KinesisClient } from "@aws-sdk/client-kinesis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LiveEvents } from "../../../../lib/query/live/live-events.ts";
import { readLiveQuestion } from "../../../../lib/query/live/question.ts";
import { ShardGauge } from "../../../../lib/query/shard-gauge.ts";
import { ShardStates } from "../../../../lib/query/shards.ts";
import { GivingWay } from "../../../../lib/stream/giving-way.ts";
import { KinesisStream } from "../../../../lib/stream/kinesis.ts";
import { type AwsEndpoint, startAwsEndpoint } from "../../../../local/endpoint/aws-endpoint.ts";
import { kinesisReader } from "../../../../local/event-source-mapping/reading/kinesis-reader.ts";
import type { Position } from "../../../../local/event-source-mapping/reading/stream-reader.ts";
import { type Kinesis, openKinesis } from "../../../../local/kinesis/kinesis.ts";
import { ReadLimits } from "../../../../local/kinesis/read-limits.ts";
import { before, sold } from "../../roll-up/world.ts";

const shards = 2;
const seconds = 8;
const stepMs = 125;
const where = { region: "us-east-1", accountId: "000000000000" };
const question = readLiveQuestion(new URLSearchParams());

let nowMs: number;
let kinesis: Kinesis;
let endpoint: AwsEndpoint;
let client: KinesisClient;

beforeEach(async () => {
  nowMs = Date.now();
  kinesis = await openKinesis({ ...where, readLimits: new ReadLimits(() => nowMs) });
  await kinesis.createStream({ name: "events", shards, retentionHours: 24 });
  endpoint = await startAwsEndpoint({ port: 0, services: { kinesis } });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  client = new KinesisClient({ endpoint: endpoint.url, region: where.region, credentials, maxAttempts: 1 });
});

afterEach(async () => {
  client.destroy();
  await endpoint.close();
  await kinesis.close();
});

/** One process that looks, as the function does. */
function lookingProcess() {
  const clock = { now: () => nowMs };
  const stream = new KinesisStream(client, "events");
  const givingWay = new GivingWay(clock);
  const ledger = { headsOf: async () => new Map(), newest: async () => undefined };
  const states = new ShardStates(new ShardGauge(stream, givingWay, clock), "events", ledger);
  const live = new LiveEvents(stream, before, givingWay, clock);
  return { live: () => live.newest(question), shards: () => states.now(nowMs) };
}

/** The mapping: each shard once a second. Gives how often it was throttled. */
function mapping() {
  const reader = kinesisReader({ endpoint: endpoint.url, streamName: "events", now: () => nowMs });
  const positions = new Map<string, Position>();
  let throttled = 0;
  const read = async (shardId: string): Promise<void> => {
    try {
      const { records } = await reader.read(shardId, positions.get(shardId) ?? { kind: "trim-horizon" }, 1_000);
      const last = records.at(-1);
      if (last !== undefined) positions.set(shardId, { kind: "after", sequenceNumber: last.sequenceNumber });
    } catch (error) {
      throttled += Number(String(error).includes("ProvisionedThroughputExceeded"));
    }
  };
  return {
    poll: async () => void (await Promise.all((await reader.listShards()).map(({ shardId }) => read(shardId)))),
    throttled: () => throttled,
  };
}

/** How often the roll-up is throttled while many look, in turn at each of so many processes; what they saw at the end. */
async function looking(processes: number, lookers: number) {
  const all = Array.from({ length: processes }, lookingProcess);
  const rollUp = mapping();
  const putAll = (id: number) =>
    kinesis.call("PutRecords", {
      StreamName: "events",
      Records: Array.from({ length: shards }, (_, shard) => ({
        PartitionKey: "p",
        ExplicitHashKey: shard === 0 ? "0" : String(2n ** 127n),
        Data: Buffer.from(JSON.stringify(sold(id * shards + shard))).toString("base64"),
      })),
    });
  let gaveWay = 0;
  for (let step = 0; step < (seconds * 1_000) / stepMs; step++) {
    nowMs += stepMs;
    if (step % 8 === 0) await putAll(step);
    // Not always at the same time within a second.
    if (step % 8 === (step >> 4) % 8) await rollUp.poll();
    for (let looker = 0; looker < lookers; looker++) {
      const process = all[(step + looker) % processes];
      gaveWay += looker % 2 === 0 ? ((await process?.live())?.shards.throttled ?? 0) : 0;
      if (looker % 2 === 1) await process?.shards();
    }
  }
  nowMs += 1_000;
  return { throttled: rollUp.throttled(), gaveWay, seen: await all[0]?.live() };
}

test("however many look through one process, the roll-up's reads are never throttled, and nobody is", async () => {
  const { throttled, gaveWay, seen } = await looking(1, 20);
  expect([throttled, gaveWay]).toEqual([0, 0]);
  expect(seen).toMatchObject({ shards: { read: shards, throttled: 0 }, staleMs: 0 });
  expect(seen?.events).toHaveLength(seconds * shards);
});

test("several processes, as between two deployments, are throttled and give way: the roll-up loses a read at most", async () => {
  const { throttled, gaveWay } = await looking(6, 12);
  expect(gaveWay).toBeGreaterThan(0);
  expect(throttled).toBeLessThanOrEqual(shards);
});
