import { describe, expect, test } from "vitest";
import { rollUpTimeoutSeconds } from "../../../lib/limits.ts";
import { partId } from "../../../lib/roll-up/part.ts";
import type { Row } from "../../../lib/store/rows/row.ts";
import type { Refusal } from "../../../lib/store/rows/store.ts";
import { after, baseMs, before, type Fault, recordOf, sequence, shard, sold, World } from "./world.ts";

/** Two records of two events each. */
const newWorld = (): World => new World([0, 1].map((index) => recordOf(index, [sold(2 * index), sold(2 * index + 1)])));
const thePart = partId(shard, { firstSequence: sequence(0), lastSequence: sequence(1) });
const committed = (world: World) => world.ledger.parts.get(shard)?.[0];
const timeLimitMs = rollUpTimeoutSeconds * 1_000;
const diesAfterRows: Fault = { of: "write", call: 1, kind: "dies after" };

/** A row of the metric `all` in the first minute, which has two of the four events. */
const firstMinute = (count: number): Row => ({
  metric: "all",
  def: before.metrics.find(({ name }) => name === "all")?.def ?? "",
  bucketMs: baseMs,
  dimensions: [],
  count,
  numbers: undefined,
});

/** Puts a row into the store that nobody in the world wrote. */
const plant = (world: World, version: number, row: Row): unknown => world.store.write(thePart, version, [row]);

describe("rows that the store has before anybody could write them", () => {
  test("are noted in the part, whose rows do not add up then", async () => {
    const world = newWorld();
    await plant(world, 1, firstMinute(5));
    await world.invoke(0, 2);
    expect(committed(world)).toMatchObject({ existing: 1, rowsCount: 8 });
    expect(world.store.rowsOf(thePart).reduce((sum, { count }) => sum + count, 0)).toBe(8 + 5 - 2);
  });

  test("are none where all is as it should be", async () => {
    const world = newWorld();
    await world.invoke(0, 2);
    expect(committed(world)).not.toHaveProperty("existing");
  });

  test("are none in a promise: who made it may have written them", async () => {
    const world = newWorld();
    await world.invoke(0, 2, before, [diesAfterRows]);
    expect((await world.invoke(0, 2))?.promisesKept).toBe(1);
    expect(committed(world)).not.toHaveProperty("existing");
  });

  test("are noted in a promise too where it is taken over, and has a version of its own", async () => {
    const world = newWorld();
    await world.invoke(0, 2, before, [diesAfterRows]);
    await plant(world, 2, firstMinute(5));
    world.nowMs += timeLimitMs;
    await world.invoke(0, 2, after);
    expect(committed(world)).toMatchObject({ existing: 1 });
  });
});

describe("rows whose time the store takes no more", () => {
  const late: Omit<Refusal, "row"> = { reason: "late", detail: "too old" };
  const inFirstMinute = ({ bucketMs }: Row): boolean => bucketMs === baseMs;

  test.each<[string, Omit<Refusal, "row">, number]>([
    ["are not in it where it says so at once", late, 0],
    ["may be in it where an attempt had no answer", { ...late, mayBeStored: true }, 3],
    ["are another matter than rows that it never takes", { ...late, reason: "refused" }, 0],
  ])("%s", async (_, refusal, doubled) => {
    const world = newWorld();
    world.store.refuse = (row) => (inFirstMinute(row) ? refusal : undefined);
    await world.invoke(0, 2);
    expect(committed(world)).toMatchObject({ events: 4, counted: 2, doubled });
  });

  test("may be in it where an earlier invocation made the promise", async () => {
    const world = newWorld();
    await world.invoke(0, 2, before, [diesAfterRows]);
    world.store.refuse = (row) => (inFirstMinute(row) ? late : undefined);
    await world.invoke(0, 2);
    expect(committed(world)).toMatchObject({ late: 2, rows: 4, doubled: 3 });
    // They are: what the ledger calls late is in the totals.
    expect(world.store.rowsOf(thePart)).toHaveLength(7);
  });

  test("are not in it where it never takes them, whoever tried before", async () => {
    const world = newWorld();
    await world.invoke(0, 2, before, [{ of: "write", call: 0, kind: "dies before" }]);
    world.store.refuse = (row) => (inFirstMinute(row) ? { ...late, reason: "refused" } : undefined);
    await world.invoke(0, 2);
    expect(committed(world)).toMatchObject({ quarantined: 2, doubled: 0 });
  });

  test("are doubted together with those that cannot be taken back, and those that nobody can name", async () => {
    const world = newWorld();
    await world.invoke(0, 2, before, [diesAfterRows]);
    world.nowMs += timeLimitMs;
    const head = await world.ledger.head(shard);
    const killer = { sequenceNumber: sequence(1), kills: true };
    await world.ledger.moveHead(shard, head, { ...head, skipped: [killer] });
    world.store.refuse = (row) => (row.metric === "all" || row.count === 0 ? late : undefined);
    await world.invoke(0, 2, after);
    const [all, takenBack] = [2, 2];
    expect(committed(world)).toMatchObject({ doubled: all + takenBack + 1 });
  });
});

describe("the sums of a part's rows", () => {
  test("are in the ledger, without their signs and as a text, whatever their size", async () => {
    const world = new World(
      Array.from({ length: 20 }, (_, index) => recordOf(index, [sold(index, { price: (-1) ** index * 1e15 })])),
    );
    await world.invoke(0, 20);
    expect(committed(world)?.rowsSum).toBe("20000000000000000");
    const small = new World([3, -5].map((price, index) => recordOf(index, [sold(index, { price })])));
    await small.invoke(0, 2);
    expect(committed(small)?.rowsSum).toBe("8");
  });

  test("are not there where no row has one", async () => {
    const world = new World([recordOf(0, [{ type: "track", event: "Viewed", messageId: "v" }])]);
    await world.invoke(0, 1);
    expect(committed(world)).not.toHaveProperty("rowsSum");
  });
});

test("a part arrived between the earliest and the latest of its records, in whatever order they are", async () => {
  const arrivals = [30, 10, 40, 20];
  const world = new World(arrivals.map((ms, index) => ({ ...recordOf(index, [sold(index)]), arrivalMs: baseMs + ms })));
  await world.invoke(0, 4);
  expect(committed(world)).toMatchObject({ firstArrivalMs: baseMs + 10, lastArrivalMs: baseMs + 40 });
});
