import { describe, expect, test } from "vitest";
import { type Definitions, definitionsOf } from "../../../lib/config/definitions.ts";
import { count, defineConfig, track } from "../../../lib/config.ts";
import { rollUpTimeoutSeconds } from "../../../lib/limits.ts";
import { after, before, type Fault, recordOf, refolded, sequence, shard, sold, World } from "./world.ts";

const withoutSales = definitionsOf(defineConfig({ metrics: { all: { on: track(), measure: count() } } }));
const timeLimitMs = rollUpTimeoutSeconds * 1_000;

/** Two records of two events each. */
const newWorld = (): World => new World([0, 1].map((index) => recordOf(index, [sold(2 * index), sold(2 * index + 1)])));

/** Invokes with all records once the last writer of the part is gone. */
function later(world: World, definitions: Definitions, faults: readonly Fault[] = []) {
  world.nowMs += timeLimitMs;
  return world.invoke(0, 2, definitions, faults);
}

/** The counts of a metric's rows, by the number of their dimensions. */
function counted(world: World, metric: string): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { row } of world.store.rows.values()) {
    if (row.metric !== metric || row.count === 0) continue;
    counts[row.dimensions.length] = (counts[row.dimensions.length] ?? 0) + row.count;
  }
  return counts;
}

const wroteRows: Fault = { of: "write", call: 1, kind: "dies after" };
const committed = (world: World) => world.ledger.parts.get(shard)?.[0];
const openPart = async (world: World) => (await world.ledger.head(shard)).open[0];

describe("a part that was taken over", () => {
  test("takes back the rows of all the definitions that it was written under, not only of the last", async () => {
    const world = newWorld();
    await later(world, before, [wroteRows]);
    expect(counted(world, "sales")).toEqual({ 1: 4 });
    await later(world, after, [{ of: "write", call: 0, kind: "dies before" }]);
    await later(world, withoutSales);
    expect(counted(world, "sales")).toEqual({});
    expect(counted(world, "all")).toEqual({ 0: 4 });
    expect(committed(world)).toMatchObject({ counted: 4, rowsCount: 4, doubled: 0 });
  });

  test("takes rows back with all the measures that they had, at nothing", async () => {
    const world = newWorld();
    await later(world, before, [wroteRows]);
    const other = { on: track("Viewed"), measure: count() };
    await later(world, definitionsOf(defineConfig({ metrics: { other } })));
    const stored = [...world.store.rows.values()].map(({ row }) => [row.metric, row.count, row.numbers]);
    const nothing = { sum: 0, min: 0, max: 0 };
    expect(stored.filter(([metric]) => metric === "sales")).toEqual(Array(4).fill(["sales", 0, nothing]));
    expect(stored.filter(([metric]) => metric === "all")).toEqual(Array(3).fill(["all", 0, undefined]));
  });

  test.each<[string, boolean, "first" | "then", number]>([
    ["that ends the process now, and did not then", true, "then", 1],
    ["that ended the process then already: nothing was written of it", true, "first", 0],
    ["that is only stepped over now: what it made can be taken back", false, "then", 0],
  ])("doubts the rows of a record %s", async (_, kills, when, doubled) => {
    const world = newWorld();
    const mark = async () => {
      const head = await world.ledger.head(shard);
      await world.ledger.moveHead(shard, head, { ...head, skipped: [{ sequenceNumber: sequence(1), kills }] });
    };
    await world.invoke(0, 1, before, [{ of: "keepIds", call: 0, kind: "dies before" }]);
    if (when === "first") await mark();
    await later(world, before, [wroteRows]);
    if (when === "then") await mark();
    await later(world, after);
    expect(committed(world)).toMatchObject({ counted: 2, quarantined: 1, doubled });
  });

  test("stays open when the one that it was taken from commits and closes it", async () => {
    const world = newWorld();
    void later(world, before, [{ of: "moveHead", call: 2, kind: "sleeps before" }]);
    await world.settle();
    expect(committed(world)).toMatchObject({ counted: 4 });
    await later(world, after, [{ of: "write", call: 0, kind: "dies after" }]);
    // Only the rows that are taken back are written.
    expect(counted(world, "sales")).toEqual({});
    world.wake();
    await world.settle();
    expect((await openPart(world))?.definitions).toEqual([before.hash, after.hash]);
    await later(world, after);
    expect(counted(world, "sales")).toEqual({ 2: 4 });
    expect(await openPart(world)).toBeUndefined();
    expect(committed(world)?.definitions).toEqual([before.hash, after.hash]);
  });

  test("leaves an empty file where the earlier definitions rejected something", async () => {
    const world = new World([recordOf(0, [{ ...sold(1, { price: "dear" }), messageId: undefined }])]);
    await later(world, before, [{ of: "put", call: 0, kind: "dies after" }]);
    await later(world, withoutSales);
    expect([...world.rejectedFiles].map(([file, rejected]) => [file.split(".")[1], rejected.length])).toEqual([
      ["1", 1],
      ["2", 0],
    ]);
  });
});

describe("a part that was begun by another version of the fold's code", () => {
  test.each([
    ["newer", after, refolded],
    ["older, after a deployment was taken back", refolded, after],
  ])("is finished by the %s one, and its rows take the place of the same rows", async (_, first, then) => {
    const world = newWorld();
    await later(world, first, [wroteRows]);
    await later(world, then);
    expect(await openPart(world)).toBeUndefined();
    expect([counted(world, "sales"), counted(world, "all")]).toEqual([{ 2: 4 }, { 0: 4 }]);
    expect(committed(world)).toMatchObject({ counted: 4, definitions: [first.hash, then.hash] });
  });

  test("says how many rows of the other code may count beside its own", async () => {
    const world = newWorld();
    // With other dimensions, they stand for rows that only the other code makes.
    await later(world, before, [wroteRows]);
    await later(world, refolded);
    expect(counted(world, "sales")).toEqual({ 1: 4, 2: 4 });
    // As many as they are: four of sales and three of all, which take the place of the same rows.
    expect(committed(world)).toMatchObject({ events: 4, rows: 7, doubled: 7 });
  });

  test("doubts a row of each metric for each of its events where nobody has said how many rows it had", async () => {
    const world = newWorld();
    await later(world, before, [wroteRows]);
    const head = await world.ledger.head(shard);
    const open = head.open.map(({ rows: _, ...part }) => part);
    await world.ledger.moveHead(shard, head, { ...head, open });
    await later(world, refolded);
    expect(committed(world)).toMatchObject({ events: 4, doubled: 8 });
  });

  test("doubts as many too of code that has taken it over: what that made is not known", async () => {
    const world = newWorld();
    await later(world, after, [wroteRows]);
    await later(world, before, [{ of: "write", call: 0, kind: "dies before" }]);
    await later(world, refolded);
    expect(committed(world)).toMatchObject({ events: 4, doubled: 7 + 8 });
  });

  test("takes back all rows once the code that made them is deployed again", async () => {
    const world = newWorld();
    await later(world, before, [wroteRows]);
    await later(world, refolded, [wroteRows]);
    await later(world, after);
    expect(counted(world, "sales")).toEqual({ 2: 4 });
    expect(committed(world)?.doubled).toBe(8);
  });
});

test("a part whose earlier definitions the ledger has forgotten is finished, and says what it may count twice", async () => {
  const world = newWorld();
  await later(world, before, [wroteRows]);
  world.ledger.definitions = async (hash) => (hash === before.hash ? undefined : after);
  await later(world, after);
  expect(await openPart(world)).toBeUndefined();
  expect(committed(world)).toMatchObject({ counted: 4, doubled: 7 });
});
