import { gzipSync } from "node:zlib";
import { PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { expect, it } from "vitest";
import { definitionsOf } from "../../../lib/config/definitions.ts";
import { count, defineConfig, sum, track } from "../../../lib/config.ts";
import { partitionKey } from "../../../lib/producer/event-line.ts";
import { Producer } from "../../../lib/producer/producer.ts";
import { DuplicateMemory } from "../../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { Ports } from "../../../lib/roll-up/ports.ts";
import { rollUp } from "../../../lib/roll-up/roll-up.ts";
import type { Rejected } from "../../../lib/store/quarantine/quarantine.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";
import { MemoryStore } from "../../memory/memory-store.ts";
import { aggregated } from "../stream/aggregated.ts";
import { TestStream } from "./stream.ts";

const arrivalMs = Date.UTC(2026, 4, 1, 12);
const definitions = definitionsOf(
  defineConfig({
    metrics: {
      orders: { on: track("Order Completed"), measure: count(), by: { shop: "properties.shop" } },
      revenue: { on: track("Order Completed"), measure: sum("properties.cents"), by: { shop: "properties.shop" } },
      all: { on: track(), measure: count() },
    },
  }),
);

type Sent = Record<string, unknown>;
const minuteMs = 60_000;

/** Orders of 30 persons over 20 minutes; every 17th comes again, every 50th is a year late. */
const orders: Sent[] = Array.from({ length: 400 }, (_, index) => {
  const number = index % 17 === 16 ? index - 1 : index;
  const isLate = number % 50 === 49;
  return {
    type: "track",
    event: number % 5 === 0 ? "Product Viewed" : "Order Completed",
    messageId: `order-${number}`,
    userId: `person ${number % 30}`,
    timestamp: new Date(arrivalMs - (isLate ? 525_600 : number % 20) * minuteMs).toISOString(),
    properties: { cents: number * 7, shop: `shop ${number % 3}` },
  };
});

async function put(stream: TestStream, records: readonly { key: string; data: Buffer }[]): Promise<void> {
  const Records = records.map(({ key, data }) => ({ PartitionKey: key, Data: data }));
  const answer = await stream.client.send(new PutRecordsCommand({ StreamName: stream.name, Records }));
  expect(answer.FailedRecordCount).toBe(0);
}

const lineOf = (event: Sent): string => JSON.stringify(event);
/** Records with up to seven events of one person each. */
const byPerson = (pack: (lines: readonly string[]) => Buffer) =>
  [...Map.groupBy(orders, partitionKey)].flatMap(([key, its]) =>
    Array.from({ length: Math.ceil(its.length / 7) }, (_, index) => ({
      key,
      data: pack(its.slice(index * 7, index * 7 + 7).map(lineOf)),
    })),
  );

const packed =
  (compression: "zstd" | "gzip" | "none") =>
  async (stream: TestStream): Promise<void> => {
    const { client, name: streamName } = stream;
    await using producer = new Producer({ client, streamName, compression, recordEventsMax: 9 });
    for (const event of orders) await producer.send(event);
  };
const forms: Readonly<Record<string, (stream: TestStream) => Promise<void>>> = {
  "our producer, zstd": packed("zstd"),
  "our producer, gzip": packed("gzip"),
  "our producer, not compressed": packed("none"),
  "plain PutRecords, one JSON object a record": (stream) =>
    put(
      stream,
      orders.map((event) => ({ key: partitionKey(event), data: Buffer.from(lineOf(event)) })),
    ),
  "KPL aggregated by AWS's library": (stream) =>
    put(
      stream,
      byPerson((lines) => aggregated(...lines)),
    ),
  "NDJSON in gzip": (stream) =>
    put(
      stream,
      byPerson((lines) => gzipSync(lines.join("\n"))),
    ),
  "JSON arrays": (stream) =>
    put(
      stream,
      byPerson((lines) => Buffer.from(`[${lines.join(",")}]`)),
    ),
};

/** What the roll-up makes of a stream, in batches of three records. */
async function rolledUp(send: (stream: TestStream) => Promise<void>) {
  const stream = await TestStream.open(4);
  await send(stream);
  const records = await stream.records();
  await stream.close();
  const ledger = new TableLedger();
  const store = new MemoryStore();
  const rejected: Rejected[] = [];
  const ports: Ports = {
    ledger,
    memory: new DuplicateMemory(ledger),
    store,
    quarantine: { put: async (_shard, _place, found) => void rejected.push(...found) },
    agedAfterMs: Number.POSITIVE_INFINITY,
    stream: { read: async () => [], ancestry: async () => ({ ancestors: [], forgotten: [] }) },
    clock: { now: () => arrivalMs, sleep: async () => {} },
  };
  const became = { events: 0, counted: 0, duplicate: 0, quarantined: 0, late: 0 };
  for (const [shardId, its] of Map.groupBy(records, (record) => record.shardId)) {
    for (let start = 0; start < its.length; start += 3) {
      const batch = its.slice(start, start + 3).map((record) => ({ ...record, arrivalMs }));
      const report = await rollUp({ streamName: stream.name, shardId, records: batch }, definitions, ports, {
        deadlineMs: Number.POSITIVE_INFINITY,
      });
      for (const part of report.parts)
        for (const name of Object.keys(became) as (keyof typeof became)[]) became[name] += part[name];
    }
  }
  return { records: records.length, totals: store.totals(), became, rejected: rejected.length };
}

it("counts the same, whoever packed the events and however", async () => {
  const found = new Map<string, Awaited<ReturnType<typeof rolledUp>>>();
  for (const [name, send] of Object.entries(forms)) found.set(name, await rolledUp(send));
  const [first] = found.values();
  const inTime = orders.filter(({ timestamp }) => Date.parse(String(timestamp)) > arrivalMs - 60 * minuteMs);
  const counted = new Set(inTime.map(({ messageId }) => messageId)).size;
  const expected = { counted, duplicate: inTime.length - counted, late: orders.length - inTime.length, quarantined: 0 };
  expect(first?.became).toEqual({ events: 400, ...expected });
  expect(Math.min(expected.duplicate, expected.late)).toBeGreaterThan(5);
  expect(first?.totals.size).toBeGreaterThan(100);
  for (const [name, { totals, became, rejected }] of found)
    expect({ name, totals, became, rejected }).toEqual({
      name,
      totals: first?.totals,
      became: first?.became,
      rejected: first?.rejected,
    });
  expect(found.get("plain PutRecords, one JSON object a record")?.records).toBe(400);
});
