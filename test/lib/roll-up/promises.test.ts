import { describe, expect, test, vi } from "vitest";
import { type Definitions, definitionsOf } from "../../../lib/config/definitions.ts";
import { count, defineConfig, track } from "../../../lib/config.ts";
import { rollUpTimeoutSeconds } from "../../../lib/limits.ts";
import { PromiseHeld, reportBefore } from "../../../lib/roll-up/roll-up.ts";
import type { OpenPart } from "../../../lib/store/ledger/ledger.ts";
import { after, baseMs, before, type Fault, recordOf, sequence, shard, sold, World } from "./world.ts";

const withoutSales = definitionsOf(defineConfig({ metrics: { all: { on: track(), measure: count() } } }));
const timeLimitMs = rollUpTimeoutSeconds * 1_000;
const diesOpen: Fault[] = [{ of: "write", call: 0, kind: "dies before" }];

/** Records of one event each, whose ids are these. */
const worldOf = (ids: readonly number[], reshardedAfter: readonly number[] = []): World =>
  new World(
    ids.map((id, index) => recordOf(index, [sold(id)])),
    reshardedAfter,
  );
const distinct = (records: number): World => worldOf([...Array(records).keys()]);
const openOf = async (world: World) => (await world.ledger.head(shard)).open;
const rangesOf = (parts: readonly Pick<OpenPart, "firstSequence" | "lastSequence">[] = []) =>
  parts.map(({ firstSequence, lastSequence }) => [firstSequence, lastSequence]);
const between = (first: number, last: number) => [sequence(first), sequence(last)];
const tallies = (world: World) =>
  [...world.ledger.parts.values()]
    .flat()
    .map(({ counted, duplicate, quarantined }) => [counted, duplicate, quarantined]);
const countOf = (world: World): number =>
  [...world.store.rows.values()].reduce((sum, { row }) => sum + (row.metric === "all" ? row.count : 0), 0);

describe("promises of several parts", () => {
  /** With the first two records in one open part, and the next two in another. */
  async function withTwo(): Promise<World> {
    const world = distinct(6);
    await world.invoke(0, 2, before, diesOpen);
    await world.invoke(2, 4, before, diesOpen);
    return world;
  }

  test("are kept in the order in which they were made", async () => {
    const world = await withTwo();
    const report = await world.invoke(1, 5);
    expect(rangesOf(report?.parts)).toEqual([between(0, 1), between(2, 3), between(4, 4)]);
    expect(report?.promisesKept).toBe(2);
    expect(await openOf(world)).toEqual([]);
  });

  test("are kept in that order although one of them was reopened after the other", async () => {
    const world = await withTwo();
    const head = await world.ledger.head(shard);
    await world.ledger.moveHead(shard, head, { ...head, open: head.open.toReversed() });
    expect(rangesOf((await world.invoke(0, 4))?.parts)).toEqual([between(0, 1), between(2, 3)]);
  });

  test("stay as they are where they have nothing of the batch", async () => {
    const world = await withTwo();
    const open = await openOf(world);
    const report = await world.invoke(4, 6);
    expect(rangesOf(report?.parts)).toEqual([between(4, 5)]);
    expect(report?.promisesKept).toBe(0);
    expect(await openOf(world)).toEqual(open);
  });

  test("are taken over by other definitions one by one", async () => {
    const world = await withTwo();
    world.nowMs += timeLimitMs;
    await world.invoke(0, 2, after, diesOpen);
    expect((await openOf(world)).map(({ definitions }) => definitions)).toEqual([
      [before.hash, after.hash],
      [before.hash],
    ]);
  });
});

describe("a promise made under other definitions", () => {
  test.each([
    ["is left to who made it until that one must be gone", timeLimitMs - 1, 1],
    ["is taken over from then on", timeLimitMs, 0],
  ])("%s", async (_, heldMs, stillOpen) => {
    const world = distinct(2);
    await world.invoke(0, 2, before, diesOpen);
    world.nowMs += heldMs;
    const report = await world.invoke(0, 2, after);
    expect(await openOf(world)).toHaveLength(stillOpen);
    expect(report?.promisesKept).toBe(stillOpen === 1 ? undefined : 1);
  });

  test("says for how long it has been held, and by what", () => {
    const error = new PromiseHeld({ id: "abc", definitions: ["d1", "d2"] } as unknown as OpenPart, 2_001);
    expect(String(error)).toBe(
      "PromiseHeld: Expected part abc to be free, got one opened 3 s ago under definitions d2",
    );
  });

  test("counts no message that it could not when it was made: a later part may have", async () => {
    const dear = { ...sold(7, { price: "dear" }) };
    const world = new World([recordOf(0, [dear]), recordOf(1, [sold(7)])]);
    await world.invoke(0, 1, before, diesOpen);
    await world.invoke(1, 2);
    world.nowMs += timeLimitMs;
    await world.invoke(0, 1, withoutSales);
    expect(tallies(world)).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
    expect(countOf(world)).toBe(1);
  });

  test("takes back no rows but those that they can have made: a duplicate made none", async () => {
    const world = new World([recordOf(0, [sold(1)]), recordOf(1, [sold(1, { shop: "elsewhere" }), sold(2)])]);
    await world.invoke(0, 1);
    await world.invoke(1, 2, before, [{ of: "write", call: 1, kind: "dies after" }]);
    world.nowMs += timeLimitMs;
    await world.invoke(1, 2, after);
    const takenBack = [...world.store.rows.values()].filter(({ row }) => row.count === 0);
    expect(takenBack.map(({ row }) => row.dimensions)).toEqual([[["shop", "s0"]]]);
  });
});

describe("records of a promise", () => {
  test("are not read again where the batch has all of them", async () => {
    const world = distinct(4);
    await world.invoke(1, 3, before, diesOpen);
    await world.invoke(0, 4);
    expect(world.reads).toEqual([]);
    expect(countOf(world)).toBe(4);
  });

  test("are read again, all of them, where it lacks one", async () => {
    const world = distinct(4);
    await world.invoke(1, 3, before, diesOpen);
    await world.invoke(2, 4);
    expect(world.reads).toEqual([between(1, 2)]);
  });
});

describe("a message that comes again", () => {
  test("in a later batch counts once", async () => {
    const world = worldOf([1, 2, 1]);
    await world.invoke(0, 2);
    await world.invoke(2, 3);
    expect(tallies(world)).toEqual([
      [2, 0, 0],
      [0, 1, 0],
    ]);
  });

  test("in a child of the shard counts once", async () => {
    const world = worldOf([1, 2, 1, 3], [2]);
    await world.invoke(0, 2);
    await world.invoke(2, 4);
    expect(tallies(world)).toEqual([
      [2, 0, 0],
      [1, 1, 0],
    ]);
  });

  test("in a shard that is counted later than its child counts once", async () => {
    const world = worldOf([1, 2, 1, 3], [2]);
    await world.invoke(2, 4);
    await world.invoke(0, 2);
    expect(tallies(world).toSorted()).toEqual([
      [1, 1, 0],
      [2, 0, 0],
    ]);
  });

  test("in a child counts once too where a part of the child is begun, and has not noted what it sees of the parent", async () => {
    const world = worldOf([1, 1], [1]);
    // The child's head: made known to the parent, born, opened, sealed.
    const child = world.invoke(1, 2, before, [{ of: "moveHead", call: 3, kind: "sleeps before" }]);
    await world.settle();
    await world.invoke(0, 1);
    world.wake();
    expect(await child).toMatchObject({ conflicts: 1, parts: [{ duplicate: 1 }] });
    expect(countOf(world)).toBe(1);
    expect(tallies(world).toSorted()).toEqual([
      [0, 1, 0],
      [1, 0, 0],
    ]);
  });
});

test("a part says at its opening what it holds as if its relatives had nothing: what they have is not settled yet", async () => {
  const [zero, one] = [0, 1].map((id) => sold(id));
  const world = new World([recordOf(0, [zero, one]), recordOf(1, [one])], [1]);
  await world.invoke(1, 2);
  await world.invoke(0, 1, before, diesOpen);
  expect(await openOf(world)).toMatchObject([{ rows: 4, firstBucketMs: baseMs, lastBucketMs: baseMs + 60_000 }]);
  const report = await world.invoke(0, 1);
  expect(report?.parts).toMatchObject([{ counted: 1, duplicate: 1, rows: 2, lastBucketMs: baseMs }]);
});

describe("a part whose shard's head is changed while it is written", () => {
  const mark = (place: number) => ({ sequenceNumber: sequence(place), kills: false });
  /** Somebody else's change: a mark on a record further on. */
  async function change(world: World, place: number): Promise<void> {
    const head = await world.ledger.head(shard);
    await world.ledger.moveHead(shard, head, { ...head, skipped: [...head.skipped, mark(place)] });
  }

  test("is closed all the same, and nothing else of the head is touched", async () => {
    const world = distinct(4);
    await world.invoke(2, 4, before, diesOpen);
    const others = await openOf(world);
    // Born and opened by the one before: opening, closing, and closing again.
    const counting = world.invoke(0, 2, before, [
      { of: "moveHead", call: 1, kind: "sleeps before" },
      { of: "moveHead", call: 2, kind: "sleeps before" },
    ]);
    for (const place of [8, 9]) {
      await world.settle();
      await change(world, place);
      world.wake();
    }
    const report = await counting;
    expect(report).toMatchObject({ conflicts: 1, promisesKept: 0, parts: [{ records: 2 }] });
    const head = await world.ledger.head(shard);
    expect(head).toMatchObject({ open: others, skipped: [mark(8), mark(9)] });
    expect(countOf(world)).toBe(2);
  });

  test("gives up where it may take no more time, and says why", async () => {
    const world = distinct(2);
    world.deadlineMs = world.nowMs;
    await expect(world.invoke(0, 2)).rejects.toThrow(
      `Expected the ledger of ${shard} to itself once before the time limit, got 0 conflicts`,
    );
    world.deadlineMs++;
    expect((await world.invoke(0, 2))?.parts).toHaveLength(1);
  });
});

describe("what a roll-up reports", () => {
  test("is what it had done too where it fails in the end", async () => {
    const world = distinct(3);
    await world.invoke(1, 2);
    const down = new Error("down");
    world.store.refuse = ({ bucketMs }) => {
      if (bucketMs === baseMs + 120_000) throw down;
      return undefined;
    };
    await expect(world.invoke(0, 3)).rejects.toBe(down);
    expect(rangesOf(reportBefore(down)?.parts)).toEqual([between(0, 0)]);
    expect(reportBefore(new Error("another"))).toBeUndefined();
  });

  test("is nothing where what was thrown is no error, which goes on as it is", async () => {
    const world = distinct(1);
    world.store.write = () => Promise.reject("down");
    await expect(world.invoke(0, 1)).rejects.toBe("down");
  });

  test("is of which parts the memory of message ids was cut short, and how far it reached", async () => {
    const world = distinct(4);
    const few: Definitions = { ...before, dedupeIdsMax: 1 };
    expect((await world.invoke(0, 2, few))?.shortWindowsMs).toEqual([]);
    expect((await world.invoke(2, 4, few))?.shortWindowsMs).toEqual([1]);
  });
});

describe("what a part leaves behind", () => {
  test("is no file where nothing is rejected, and else one that goes by its first record", async () => {
    const world = new World([recordOf(0, [sold(0)]), recordOf(1, [sold(1)]), recordOf(2, ["?"])]);
    await world.invoke(0, 1);
    expect(world.rejectedFiles.size).toBe(0);
    await world.invoke(1, 3);
    expect([...world.rejectedAtMs.values()]).toEqual([baseMs + 1]);
  });

  test("is no item for message ids where it has none", async () => {
    const world = new World([recordOf(0, ["?"]), recordOf(1, [sold(1)])]);
    const kept = () => world.ledger.table.partitions.get(shard)?.keys.filter((key) => key.startsWith("ids#")).length;
    await world.invoke(0, 1);
    expect(kept()).toBe(0);
    await world.invoke(1, 2);
    expect(kept()).toBe(1);
  });

  test("is a record in quarantine that is marked in the head, under its name", async () => {
    const world = distinct(3);
    await world.invoke(0, 1);
    const head = await world.ledger.head(shard);
    await world.ledger.moveHead(shard, head, { ...head, skipped: [{ sequenceNumber: sequence(2), kills: false }] });
    await world.invoke(1, 3);
    expect(tallies(world)).toEqual([
      [1, 0, 0],
      [1, 0, 1],
    ]);
    expect(world.ledger.parts.get(shard)?.at(-1)?.definitions).toEqual([`${before.hash},${sequence(2)}`]);
  });
});

test("a shard whose head is full begins no part, and leaves nothing of it", async () => {
  const world = distinct(2);
  await world.invoke(0, 1);
  const head = await world.ledger.head(shard);
  const [part] = world.ledger.parts.get(shard) ?? [];
  const open = Array.from({ length: 700 }, (_, index) => {
    const place = sequence(1_000 + index);
    return { ...part, number: head.revision, firstSequence: place, lastSequence: place, openedMs: 0 } as OpenPart;
  });
  world.ledger.table.putHead(shard, { ...head, open });
  const keys = () => world.ledger.table.partitions.get(shard)?.keys.length;
  const before = keys();
  await expect(world.invoke(1, 2)).rejects.toThrow("with 701 open parts: they have to be swept first");
  expect(keys()).toBe(before);
});

test("a process that stays warm reads nothing again of what it counted itself", async () => {
  const world = distinct(4);
  await world.invoke(0, 1, before, [], 0);
  const [ranges, ids] = [vi.spyOn(world.ledger, "ranges"), vi.spyOn(world.ledger, "ids")];
  await world.invoke(1, 2, before, [], 0);
  await world.invoke(2, 4, before, [], 0);
  expect(ranges).not.toHaveBeenCalled();
  expect(ids).not.toHaveBeenCalled();
  await world.invoke(2, 4, before, [], 1);
  expect(countOf(world)).toBe(4);
});
