import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { rollUpChain } from "../../handlers/roll-up.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { count, defineConfig, sum, track } from "../../lib/config.ts";
import { lambdaPayloadBytesMax, partLimits, recordLimits } from "../../lib/limits.ts";
import { DuplicateMemory } from "../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { Ports } from "../../lib/roll-up/ports.ts";
import type { CommittedPart } from "../../lib/store/ledger/ledger.ts";
import type { BatchEvent } from "../../lib/stream/batch.ts";
import { TableLedger } from "../fakes/ledger-table.ts";
import { kinesisEvent, lambdaContext } from "../handlers/kinesis-event.ts";
import { MemoryStore } from "../memory/memory-store.ts";

const arrivalMs = Date.UTC(2026, 4, 1, 12, 0, 30);
const definitions = definitionsOf(
  defineConfig({
    metrics: {
      all: { on: track(), measure: count() },
      sold: { on: track("Sold"), measure: sum("properties.n"), by: { shop: "properties.shop" } },
    },
    limits: { groupsPerBucket: 10 },
  }),
);

let ledger: TableLedger;
let store: MemoryStore;
let rejected = 0;

beforeEach(() => {
  ledger = new TableLedger();
  store = new MemoryStore();
  rejected = 0;
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, "write").mockImplementation(() => true);
});
afterEach(() => vi.restoreAllMocks());

/** The parts that the batch becomes. */
async function rolledUp(datas: readonly (Buffer | string)[]): Promise<readonly CommittedPart[]> {
  const event = kinesisEvent(datas, arrivalMs);
  expect(JSON.stringify(event).length).toBeLessThan(lambdaPayloadBytesMax);
  const ports: Ports = {
    ledger,
    memory: new DuplicateMemory(ledger),
    store,
    quarantine: {
      put: async (_shard, _place, found) => {
        rejected += found.length;
      },
    },
    agedAfterMs: Number.POSITIVE_INFINITY,
    stream: { read: async () => [], ancestry: async () => ({ ancestors: [], forgotten: [] }) },
    clock: { now: () => arrivalMs, sleep: async () => {} },
  };
  await rollUpChain(definitions, () => ports)(event as BatchEvent, lambdaContext);
  const parts = ledger.parts.get("lambda-stream/shardId-000000000006") ?? [];
  expect(parts.reduce((sum, { records }) => sum + records, 0)).toBe(datas.length);
  for (const part of parts) {
    expect(part.events).toBe(part.counted + part.duplicate + part.quarantined + part.late);
    expect(part.events).toBeLessThan(partLimits.eventsMax + recordLimits.eventsMax);
  }
  return parts;
}

const sold = (n: number): string =>
  `{"type":"track","event":"Sold","messageId":"${n}","properties":{"n":${n},"shop":${n % 40}}}`;
const all = (field: "events" | "counted" | "rowsCount", parts: readonly CommittedPart[]): number =>
  parts.reduce((sum, part) => sum + part[field], 0);
const totalOf = (metric: string) =>
  [...store.totals()]
    .filter(([key]) => key.startsWith(`${metric}|`))
    .reduce((total, [, { count, sum }]) => ({ count: total.count + count, sum: total.sum + sum }), {
      count: 0,
      sum: 0,
    });

describe("a batch as large as an invocation can carry", () => {
  test("of events in plain text is split into parts, and every total is exact", async () => {
    const datas: string[] = [];
    let events = 0;
    // Base64 makes four bytes of three; each record has some hundred bytes around it.
    for (let bytes = 0; bytes < 4_400_000; bytes += datas.at(-1)?.length ?? 0) {
      datas.push(Array.from({ length: 500 }, () => sold(events++)).join("\n"));
    }
    const parts = await rolledUp(datas);
    expect(events).toBeGreaterThan(45_000);
    expect(parts).toHaveLength(2);
    expect([all("events", parts), all("counted", parts), all("rowsCount", parts)]).toEqual([
      events,
      events,
      2 * events,
    ]);
    expect(totalOf("all").count).toBe(events);
    expect(totalOf("sold")).toEqual({ count: events, sum: (events * (events - 1)) / 2 });
  });

  test("of compressed events is split where a part is full, each with all of the record that fills it", async () => {
    let events = 0;
    const datas = Array.from({ length: 20 }, (_, place) =>
      gzipSync(Array.from({ length: place === 0 ? 4_999 : 5_000 }, () => sold(events++)).join("\n")),
    );
    const parts = await rolledUp(datas);
    expect(parts.map((part) => part.events)).toEqual([49_999, 45_000, 5_000]);
    expect(parts.map((part) => part.ids)).toEqual([49_999, 45_000, 5_000]);
    expect(totalOf("sold")).toEqual({ count: events, sum: (events * (events - 1)) / 2 });
  });

  test("of records that unpack to the most is split by the bytes, and counts what is in them", async () => {
    const large = gzipSync(`${sold(1).replace('"1"', "1")}${" ".repeat(recordLimits.unpackedBytesMax - 100)}`);
    const parts = await rolledUp([...Array<Buffer>(14).fill(large), sold(2)]);
    expect(parts.map(({ records }) => records)).toEqual([6, 6, 3]);
    expect(rejected).toBe(14);
    expect(totalOf("sold")).toEqual({ count: 1, sum: 2 });
  });

  test("of ten thousand records that are next to nothing is one part, and each of them is quarantined", async () => {
    const parts = await rolledUp(Array<string>(10_000).fill("{}"));
    expect(parts).toMatchObject([{ records: 10_000, events: 10_000, quarantined: 10_000, rows: 0 }]);
    expect(rejected).toBe(10_000);
  });
});
