import { describe, expect, test, vi } from "vitest";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { NumberedPart } from "../../../../lib/roll-up/dedupe/recall.ts";
import { bytesOf, Family, minuteMs, own, parent } from "./family.ts";

describe("of the shard that its own came from, a part remembers", () => {
  async function withParent(): Promise<Family> {
    const family = new Family();
    await family.counted(parent, 1, 100, [1]);
    await family.counted(parent, 3, 101, [3, 2]);
    await family.counted(parent, 5, 102, [5]);
    family.move(own, { ancestors: [parent], revision: 9 });
    return family;
  }

  test.each([
    [0, []],
    [1, [1]],
    [2, [1]],
    [3, [1, 2, 3]],
    [5, [1, 2, 3, 5]],
  ])("what was opened up to the number that it sees, %i: %j", async (seen, ids) => {
    const family = await withParent();
    expect(await family.known(new DuplicateMemory(family.ledger), 20, 105, { [parent]: seen })).toEqual(ids);
  });

  test("nothing, and reads nothing, where it sees nothing of it", async () => {
    const family = await withParent();
    const [ranges, head] = [vi.spyOn(family.ledger, "ranges"), vi.spyOn(family.ledger, "head")];
    for (const views of [{}, { [parent]: 0 }]) await family.known(new DuplicateMemory(family.ledger), 20, 105, views);
    expect([...ranges.mock.calls, ...head.mock.calls].filter(([shard]) => shard === parent)).toEqual([]);
  });

  test("what it has in its own shard too", async () => {
    const family = await withParent();
    await family.counted(own, 10, 103, [7]);
    const memory = new DuplicateMemory(family.ledger);
    expect(await family.known(memory, 12, 105, { [parent]: 3 })).toEqual([1, 2, 3, 7]);
    expect(await family.known(memory, 12, 105)).toEqual([7]);
  });

  test("what the window reaches, and says so where that is less than its own", async () => {
    const family = await withParent();
    const memory = new DuplicateMemory(family.ledger);
    expect((await family.asked(memory, 20, 105, { [parent]: 5 })).windowMs).toBe(30 * minuteMs);
    expect(await family.known(memory, 20, 1_000, { [parent]: 5 })).toEqual([]);
    // An eighth of 16: the newest of one id, and not the two before it.
    const few = await family.asked(memory, 21, 105, { [parent]: 5 }, { dedupeIdsMax: 16 });
    expect(few).toEqual({ ids: [5], windowMs: 4 * minuteMs - 1 });
  });

  test("the same as long as nothing was opened there, without reading it again, and else what is new", async () => {
    const family = await withParent();
    const memory = new DuplicateMemory(family.ledger);
    await family.known(memory, 20, 105, { [parent]: 6 });
    const requests = family.requests();
    expect(await family.known(memory, 21, 106, { [parent]: 6 })).toEqual([1, 2, 3, 5]);
    expect(requests()).toBe(0);
    await family.counted(parent, 7, 103, [8]);
    requests();
    expect(await family.known(memory, 22, 106, { [parent]: 7 })).toEqual([1, 2, 3, 5, 8]);
    // Its head, the parts behind the furthest, and the ids of the new one.
    expect(requests()).toBe(3);
  });

  test("what every shard has that it came from, the nearest first, within half of what it may remember", async () => {
    const family = new Family();
    const ancestors = ["s/a", "s/b", "s/c", "s/d", "s/e"];
    for (const [index, ancestor] of ancestors.entries())
      await family.counted(ancestor, 1, 100, [3 * index, 3 * index + 1]);
    family.move(own, { ancestors, revision: 9 });
    const views = Object.fromEntries(ancestors.map((ancestor) => [ancestor, 2]));
    const asked = async (dedupeIdsMax: number) =>
      (await family.asked(new DuplicateMemory(family.ledger), 20, 105, views, { dedupeIdsMax })).ids;
    expect(await asked(48)).toEqual([0, 1, 3, 4, 6, 7, 9, 10, 12, 13]);
    // Two each, and no more than eight together: the first four.
    expect(await asked(16)).toEqual([0, 1, 3, 4, 6, 7, 9, 10]);
    // Below that, no shard's two fit into an eighth.
    expect(await asked(15)).toEqual([]);
  });
});

test("of an odd limit the half that relatives share is rounded down", async () => {
  const family = new Family();
  const ancestors = ["s/a", "s/b", "s/c", "s/d", "s/e"];
  for (const [index, ancestor] of ancestors.entries()) await family.counted(ancestor, 1, 100, [index]);
  family.move(own, { ancestors, revision: 9 });
  const views = Object.fromEntries(ancestors.map((ancestor) => [ancestor, 2]));
  const { ids } = await family.asked(new DuplicateMemory(family.ledger), 20, 105, views, { dedupeIdsMax: 9 });
  expect(ids).toEqual([0, 1, 2, 3]);
});

describe("what a part left in the ledger when it was opened", () => {
  test("is what it claims, and nothing else", async () => {
    const family = new Family();
    const ids = [3, 5];
    const part: NumberedPart = family.part(own, 1, 100, ids);
    await family.ledger.keepIds(own, part, bytesOf(ids));
    const claimed = await new DuplicateMemory(family.ledger).claimedBy(own, part);
    expect([2, 3, 4, 5].map((id) => claimed.has(id, id))).toEqual([false, true, false, true]);
  });

  test("is not read where there is nothing", async () => {
    const family = new Family();
    const claimed = await new DuplicateMemory(family.ledger).claimedBy(own, family.part(own, 1, 100, []));
    expect(claimed.has(1, 1)).toBe(false);
    expect(family.ledger.table.consumed.requests).toBe(0);
  });
});

test("a part whose past is not settled remembers nothing, and hashes as all others do", async () => {
  const family = new Family();
  const memory = new DuplicateMemory(family.ledger);
  const messageKey = vi.spyOn(family.ledger, "messageKey");
  const nothing = await memory.nothing();
  expect(nothing.has(1, 1)).toBe(false);
  expect(nothing.windowMs).toBe(0);
  expect((await memory.nothing()).hasher).toBe(nothing.hasher);
  expect(messageKey).toHaveBeenCalledTimes(1);
});
