import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { rollUpChain } from "../../handlers/roll-up.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { count, defineConfig, sum, track } from "../../lib/config.ts";
import { DuplicateMemory } from "../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { Ports } from "../../lib/roll-up/ports.ts";
import type { Rejected } from "../../lib/store/quarantine/quarantine.ts";
import type { BatchEvent } from "../../lib/stream/batch.ts";
import { TableLedger } from "../fakes/ledger-table.ts";
import { MemoryStore } from "../memory/memory-store.ts";
import { kinesisEvent, lambdaContext } from "./kinesis-event.ts";

const arrivalMs = Date.UTC(2026, 4, 1, 12, 0, 30);
const definitions = definitionsOf(
  defineConfig({
    metrics: {
      sold: { on: track("Sold"), measure: sum("properties.price"), by: { shop: "properties.shop" } },
      all: { on: track(), measure: count() },
    },
  }),
);

let ledger: TableLedger;
let store: MemoryStore;
let rejected: Rejected[];
let chain: ReturnType<typeof rollUpChain>;
let printed: string[];

beforeEach(() => {
  ledger = new TableLedger();
  store = new MemoryStore();
  rejected = [];
  printed = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  }
  const ports: Ports = {
    ledger,
    memory: new DuplicateMemory(ledger),
    store,
    quarantine: { put: async (_shard, _place, found) => void rejected.push(...found) },
    agedAfterMs: Number.POSITIVE_INFINITY,
    stream: { read: async () => [], ancestry: async () => ({ ancestors: [], forgotten: [] }) },
    clock: { now: () => arrivalMs, sleep: async () => {} },
  };
  chain = rollUpChain(definitions, () => ports);
});
afterEach(() => vi.restoreAllMocks());

const sold = (messageId: string, price: unknown, more: object = {}): string =>
  JSON.stringify({
    type: "track",
    event: "Sold",
    messageId,
    userId: "jane@example.com",
    timestamp: new Date(arrivalMs).toISOString(),
    properties: { price, shop: "Bremen" },
    ...more,
  });

const invoke = (datas: readonly (Buffer | string)[]) =>
  chain(kinesisEvent(datas, arrivalMs) as BatchEvent, lambdaContext);

describe("the roll-up function", () => {
  test("answers with what became of the events", async () => {
    const answer = await invoke([sold("a", 2), `${sold("b", 3)}\n${sold("b", 3)}`, "garbage", sold("c", "NaN")]);
    expect(answer).toEqual({ parts: 1, events: 5, counted: 2, duplicate: 1, quarantined: 2, late: 0 });
    expect(store.totals().get(`sold|${Date.UTC(2026, 4, 1, 12)}|Bremen`)).toEqual({ count: 2, sum: 5 });
  });

  test("publishes it as metrics, and prints nothing of the events", async () => {
    await invoke([sold("a", 2), "garbage jane@example.com"]);
    const metrics = printed.flatMap((line) =>
      line.includes('"service":"millrace-roll-up"') && line.includes('"_aws"')
        ? [JSON.parse(line) as Record<string, unknown>]
        : [],
    );
    expect(metrics[0]).toMatchObject({ EventsCounted: 1, EventsQuarantined: 1, Parts: 1, Rows: 2, PromisesKept: 0 });
    expect(metrics[0]).toMatchObject({ RowsAlreadyThere: 0, RowsDoubled: 0 });
    expect(printed.join()).not.toContain("jane@example.com");
  });

  test("knows shard and stream of the records, and refuses records of two shards", async () => {
    await invoke([sold("a", 2)]);
    expect([...ledger.heads.keys()]).toEqual(["lambda-stream/shardId-000000000006"]);
    const mixed = kinesisEvent([sold("a", 2), sold("b", 2)], arrivalMs);
    Object.assign(mixed.Records[1] ?? {}, { eventID: "shardId-000000000007:1" });
    await expect(chain(mixed as BatchEvent, lambdaContext)).rejects.toThrow("one shard");
  });

  test("takes records that come out of order, or twice in one event, in the shard's order and each once", async () => {
    const event = kinesisEvent([sold("a", 2), sold("b", 3), sold("c", 4)], arrivalMs);
    const [a, b, c] = event.Records;
    const mixed = { Records: [c, a, b, a] } as typeof event;
    expect(await chain(mixed as BatchEvent, lambdaContext)).toMatchObject({ parts: 1, events: 3, counted: 3 });
    const [part] = ledger.parts.get("lambda-stream/shardId-000000000006") ?? [];
    expect(part).toMatchObject({
      firstSequence: a?.kinesis.sequenceNumber,
      lastSequence: c?.kinesis.sequenceNumber,
      records: 3,
    });
    expect(await chain(event as BatchEvent, lambdaContext)).toMatchObject({ parts: 0 });
  });

  test("publishes what it counted before it failed: when the batch comes again, that is counted already", async () => {
    const write = store.write.bind(store);
    const parts = new Set<string>();
    store.write = async (part, version, rows) => {
      if (parts.add(part).size > 1) throw new Error("down");
      return write(part, version, rows);
    };
    const event = kinesisEvent([sold("a", 2), sold("b", 3)], arrivalMs);
    // Further apart than a part reaches.
    Object.assign(event.Records[1]?.kinesis ?? {}, { approximateArrivalTimestamp: arrivalMs / 1_000 + 901 });
    await expect(chain(event as BatchEvent, lambdaContext)).rejects.toThrow("down");
    const metrics = printed.flatMap((line) => (line.includes('"Parts"') ? [JSON.parse(line) as object] : []));
    expect(metrics).toMatchObject([{ EventsCounted: 1, Parts: 1 }]);
  });

  test("throws what the store throws, so that Lambda brings the batch again", async () => {
    store.write = async () => {
      throw new Error("down");
    };
    await expect(invoke([sold("a", 2)])).rejects.toThrow("down");
  });
});

test("every kind of bad input beside good events: the good ones count, nothing is lost, and the ledger adds up", async () => {
  const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
  const truncated = gzipSync(Buffer.from(sold("t", 1))).subarray(0, 20);
  const bad: (Buffer | string)[] = [
    Buffer.from([0, 255, 254, 1]),
    "",
    truncated,
    gzipSync(Buffer.alloc(64 * 1024 * 1024)),
    zstdCompressSync(Buffer.alloc(64 * 1024 * 1024)),
    '{"type":',
    "[1, null, []]",
    '"text"',
    Array.from({ length: 10_000 }, () => "{}").join("\n"),
    sold("big", 1, { padding: "x".repeat(2 * 1024 * 1024) }).slice(0, 900_000),
    sold("padded", 1, { padding: "x".repeat(40_000) }),
    sold("when", 1, { timestamp: "yesterday" }),
    sold("old", 1, { timestamp: "1001-01-01T00:00:00Z" }),
    sold("far", 1, { timestamp: "9999-12-31T23:59:59Z" }),
    sold("nan", "NaN"),
    sold("infinite", 1).replace('"price":1', '"price":1e999'),
    `{"__proto__":{"type":"track"},"constructor":1}`,
    deep,
  ];
  const good = [
    sold("now", 1, { timestamp: undefined }),
    sold("long", 1, { properties: { price: 1, shop: "y".repeat(5_000) } }),
    sold("odd", 1, { properties: { price: 1, shop: "'\"\u0000😀\ud800" } }),
    sold("none", 1, { properties: { price: 1 } }),
    sold("proto", 1).replace('"shop"', '"__proto__":{"shop":"x"},"toString":1,"shop"'),
  ];
  const answer = await invoke([...bad, ...good]);
  const [part] = ledger.parts.get("lambda-stream/shardId-000000000006") ?? [];
  expect(answer).toMatchObject({ counted: good.length, late: 1 });
  expect(part).toMatchObject({ counted: good.length, rowsCount: 2 * good.length, records: bad.length + good.length });
  expect(part?.events).toBe(good.length + rejected.length);
  // Each bad record is in quarantine, with a reason.
  expect(new Set(rejected.map(({ record }) => record.sequenceNumber)).size).toBe(bad.length);
  const shops = [...store.totals().keys()].filter((key) => key.startsWith("sold|")).map((key) => key.split("|")[2]);
  expect(shops.sort()).toEqual(["'\"\ufffd😀\ufffd", "(none)", "(other)", "Bremen"]);
});
