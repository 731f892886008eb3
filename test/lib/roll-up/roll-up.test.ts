import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Definitions } from "../../../lib/config/definitions.ts";
import { rollUpTimeoutSeconds } from "../../../lib/limits.ts";
import { after, baseMs, before, type Fault, recordOf, refolded, sequence, shard, sold, World } from "./world.ts";

/** Totals of each metric over all groups, buckets and definitions. */
function metricTotals(world: World): Record<string, { count: number; sum: number }> {
  const totals: Record<string, { count: number; sum: number }> = {};
  for (const [key, { count, sum }] of world.store.totals()) {
    const metric = key.slice(0, key.indexOf("|"));
    const total = totals[metric] ?? { count: 0, sum: 0 };
    totals[metric] = { count: total.count + count, sum: total.sum + sum };
  }
  return totals;
}

const worldOf = (records: number, eventsPerRecord = 2): World =>
  new World(
    Array.from({ length: records }, (_, index) =>
      recordOf(
        index,
        Array.from({ length: eventsPerRecord }, (_, place) => sold(index * eventsPerRecord + place)),
      ),
    ),
  );

/** What all records of `worldOf(records)` must come to. */
function expected(records: number, eventsPerRecord = 2): Record<string, { count: number; sum: number }> {
  const events = records * eventsPerRecord;
  return { all: { count: events, sum: 0 }, sales: { count: events, sum: (events * (events - 1)) / 2 } };
}

describe("a batch", () => {
  test("becomes one part whose rows and ledger agree", async () => {
    const world = worldOf(3);
    const report = await world.invoke(0, 3);
    expect(metricTotals(world)).toEqual(expected(3));
    expect(report).toMatchObject({ promisesKept: 0, conflicts: 0 });
    const [part, ...others] = world.ledger.parts.get(shard) ?? [];
    expect(others).toEqual([]);
    expect(part).toMatchObject({
      firstSequence: sequence(0),
      lastSequence: sequence(2),
      records: 3,
      events: 6,
      counted: 6,
      duplicate: 0,
      quarantined: 0,
      late: 0,
      rowsCount: 12,
      firstBucketMs: baseMs,
      lastBucketMs: baseMs + 120_000,
    });
    expect((await world.ledger.head(shard)).open).toEqual([]);
  });

  test("that comes again changes nothing", async () => {
    const world = worldOf(3);
    await world.invoke(0, 3);
    const report = await world.invoke(0, 3);
    expect(report?.parts).toEqual([]);
    expect(metricTotals(world)).toEqual(expected(3));
  });

  test("that overlaps what is covered counts only what is not", async () => {
    const world = worldOf(9);
    await world.invoke(2, 4);
    await world.invoke(5, 7);
    const report = await world.invoke(0, 9);
    expect(report?.parts.map(({ records }) => records)).toEqual([2, 1, 2]);
    expect(metricTotals(world)).toEqual(expected(9));
  });

  test("is cut into several parts where one would be too large", async () => {
    const world = worldOf(12, 4_900);
    const report = await world.invoke(0, 12);
    expect(report?.parts.map(({ events }) => events)).toEqual([49_000, 9_800]);
    expect(metricTotals(world)).toEqual(expected(12, 4_900));
  });
});

describe("a promise that an earlier invocation could not keep", () => {
  const opened: Fault[] = [{ call: 11, kind: "dies before" }];

  test("is kept by the next with exactly its records, whatever edges that one has", async () => {
    const world = worldOf(6);
    expect(await world.invoke(1, 4, before, opened)).toBeUndefined();
    expect((await world.ledger.head(shard)).open).toHaveLength(1);
    const report = await world.invoke(3, 6);
    expect(report?.parts.map(({ firstSequence, lastSequence }) => [firstSequence, lastSequence])).toEqual([
      [sequence(1), sequence(3)],
      [sequence(4), sequence(5)],
    ]);
    expect(report?.promisesKept).toBe(1);
  });

  test("stays open where the stream no longer has its records, and the batch comes again", async () => {
    const world = worldOf(6);
    await world.invoke(1, 4, before, opened);
    const later = new World(world.records.slice(3));
    Object.assign(later, { ledger: world.ledger, store: world.store });
    await expect(later.invoke(0, 3)).rejects.toThrow("Expected records");
    expect((await world.ledger.head(shard)).open).toHaveLength(1);
  });

  test("made under a definition that has changed since waits for its first writer, then takes its rows back", async () => {
    const world = worldOf(4);
    expect(await world.invoke(0, 4, before, [{ call: 12, kind: "dies after" }])).toBeUndefined();
    expect(metricTotals(world).sales?.count).toBe(8);
    expect(await world.invoke(0, 4, after)).toBeUndefined();
    world.nowMs += timeLimitMs;
    await world.invoke(0, 4, after);
    expect(metricTotals(world)).toEqual(expected(4));
    const sales = [...world.store.rows.values()].filter(({ row }) => row.metric === "sales" && row.count > 0);
    expect(sales.every(({ row }) => row.dimensions.length === 2)).toBe(true);
  });
});

describe("events that the store refuses", () => {
  test("as out of retention are late, in the ledger and in quarantine, and the rest is counted", async () => {
    const world = worldOf(3);
    world.store.refuse = (row) => (row.bucketMs === baseMs ? { reason: "late", detail: "too old" } : undefined);
    const report = await world.invoke(0, 3);
    expect(report?.parts[0]).toMatchObject({ events: 6, counted: 4, late: 2, quarantined: 0, rowsCount: 8 });
    const [rejected] = [...world.rejected.values()];
    expect(rejected?.map(({ record, index }) => [record.sequenceNumber, index])).toEqual([
      [sequence(0), 0],
      [sequence(1), 1],
    ]);
  });

  test("for another reason are quarantined", async () => {
    const world = worldOf(3);
    world.store.refuse = (row) => (row.metric === "sales" ? { reason: "refused", detail: "no" } : undefined);
    const report = await world.invoke(0, 3);
    expect(report?.parts[0]).toMatchObject({ events: 6, counted: 0, quarantined: 6, rowsCount: 6 });
  });

  test.each([
    ["all", "sales"],
    ["sales", "all"],
  ])("in %s for their age and in %s for another reason are late, and both metrics are named", async (aged) => {
    const world = worldOf(1);
    world.store.refuse = ({ metric }) =>
      metric === aged ? { reason: "late", detail: "too old" } : { reason: "refused", detail: "no" };
    const report = await world.invoke(0, 1);
    expect(report?.parts[0]).toMatchObject({ events: 2, counted: 0, late: 2, quarantined: 0 });
    const [rejected] = [...world.rejected.values()];
    expect(rejected?.map(({ problem }) => problem)).toEqual(
      Array(2).fill({
        reason: "late",
        detail: 'all, sales: expected the store to take the row, got "too old"',
        byStore: true,
      }),
    );
  });
});

test("a writer that wakes up when its rows are too old leaves a part as another counted it", async () => {
  const world = worldOf(1);
  const asleep = world.invoke(0, 1, undefined, [{ of: "write", call: 1, kind: "sleeps before" }]);
  await world.settle();
  expect(await world.invoke(0, 1)).toMatchObject({ parts: [{ counted: 2, late: 0 }] });
  world.store.refuse = () => ({ reason: "late", detail: "too old" });
  world.wake();
  await asleep;
  expect(world.ledger.parts.get(shard)).toMatchObject([{ counted: 2, late: 0, rowsCount: 4 }]);
  expect([...world.rejected.values()]).toEqual([]);
});

test("two invocations at once: one waits its turn, and nothing counts twice", async () => {
  const world = worldOf(8);
  const reports = await Promise.all([world.invoke(0, 6), world.invoke(2, 8)]);
  expect(reports.reduce((sum, report) => sum + (report?.conflicts ?? 0), 0)).toBeGreaterThan(0);
  expect(metricTotals(world)).toEqual(expected(8));
});

const timeLimitMs = rollUpTimeoutSeconds * 1_000;
const records = 12;
const fault = fc.record({
  call: fc.nat({ max: 32 }),
  kind: fc.constantFrom<Fault["kind"]>("dies before", "dies after", "sleeps before"),
});
const stepUnder = (...deployed: Definitions[]) =>
  fc.record({
    from: fc.nat({ max: records - 1 }),
    length: fc.integer({ min: 1, max: records }),
    definitions: fc.constantFrom(...deployed),
    faults: fc.array(fault, { maxLength: 2 }),
    wakesFirst: fc.boolean(),
    container: fc.option(fc.nat({ max: 1 }), { nil: undefined }),
    laterMs: fc.constantFrom(0, 60_000, timeLimitMs),
  });
type Step = ReturnType<typeof stepUnder> extends fc.Arbitrary<infer Value> ? Value : never;

/** Records of events whose ids come from a small pool: many are repeated, in the same record and in others. */
const repeating = fc.array(fc.array(fc.nat({ max: 19 }), { minLength: 1, maxLength: 4 }), {
  minLength: records,
  maxLength: records,
});
const reshards = fc.array(fc.integer({ min: 1, max: records - 1 }), { maxLength: 2 });

interface History {
  /** Of the events of each record. */
  readonly ids: readonly (readonly number[])[];
  readonly steps: readonly Step[];
  /** Deployed in the end. */
  readonly last: Definitions;
  readonly reshardedAfter: readonly number[];
}

/** A world in which all of it has happened, and all records came again when nothing went wrong any more. */
async function played({ ids, steps, last, reshardedAfter }: History): Promise<World> {
  const datas = ids.map((own, index) =>
    recordOf(
      index,
      own.map((id) => sold(id)),
    ),
  );
  const world = new World(datas, reshardedAfter);
  const all = async (container: number): Promise<void> => {
    for (const [from, to] of world.shards) {
      world.nowMs += timeLimitMs;
      await world.invoke(from, to, last, [], container);
    }
  };
  for (const { from, length, definitions, faults, wakesFirst, container, laterMs } of steps) {
    world.nowMs += laterMs;
    if (wakesFirst) world.wake();
    void world.invoke(from, Math.min(records, from + length), definitions, faults, container);
    await world.settle();
  }
  await all(0);
  // Whoever was thought dead comes back last.
  world.wake();
  await world.settle();
  await all(1);
  return world;
}

/** Whatever happened: each record is in one part, each event has one fate, nothing is left open. The parts. */
function expectParts(world: World, ids: History["ids"]) {
  const parts = [...world.ledger.parts.values()].flat();
  expect(parts.reduce((total, part) => total + part.records, 0)).toBe(records);
  expect(parts.reduce((total, part) => total + part.duplicate, 0)).toBe(ids.flat().length - new Set(ids.flat()).size);
  expect([...world.ledger.heads.values()].flatMap(({ open }) => open)).toEqual([]);
  for (const part of parts) expect(part.counted + part.duplicate + part.quarantined + part.late).toBe(part.events);
  return parts;
}

function expectedOf(ids: History["ids"]): Record<string, { count: number; sum: number }> {
  const distinct = [...new Set(ids.flat())];
  const sum = distinct.reduce((total, id) => total + id, 0);
  return { all: { count: distinct.length, sum: 0 }, sales: { count: distinct.length, sum } };
}

test("totals are exact after any history of deaths, redeliveries, other edges, sleepers, changed definitions and reshards", async () => {
  const steps = fc.array(stepUnder(before, before, after), { maxLength: 8 });
  const history = fc.record({ ids: repeating, steps, last: fc.constantFrom(before, after), reshardedAfter: reshards });
  await fc.assert(
    fc.asyncProperty(history, async (happened) => {
      const world = await played(happened);
      expect(metricTotals(world)).toEqual(expectedOf(happened.ids));
      for (const { id, rowsCount, doubled } of expectParts(world, happened.ids)) {
        expect(world.store.rowsOf(id).reduce((total, { count }) => total + count, 0)).toBe(rowsCount);
        expect(doubled).toBe(0);
      }
    }),
    { numRuns: 500 },
  );
});

test("a change of the fold's code blocks no shard, and no row counts twice that the ledger does not speak of", async () => {
  const steps = fc.array(stepUnder(before, after, refolded), { maxLength: 8 });
  const last = fc.constantFrom(before, after, refolded);
  const history = fc.record({ ids: repeating, steps, last, reshardedAfter: reshards });
  await fc.assert(
    fc.asyncProperty(history, async (happened) => {
      const world = await played(happened);
      // The same rows under all of them.
      expect(metricTotals(world).all).toEqual(expectedOf(happened.ids).all);
      for (const { id, rows, rowsCount, doubled, definitions } of expectParts(world, happened.ids)) {
        const found = world.store.rowsOf(id);
        expect(found.length - rows).toBeGreaterThanOrEqual(0);
        expect(found.length - rows).toBeLessThanOrEqual(doubled);
        if (doubled === 0) expect(found.reduce((total, { count }) => total + count, 0)).toBe(rowsCount);
        else expect(definitions).toContain(refolded.hash);
      }
    }),
    { numRuns: 200 },
  );
});
