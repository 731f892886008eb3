import { describe, expect, test, vi } from "vitest";
import type { Definitions } from "../../../../lib/config/definitions.ts";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { IdMap } from "../../../../lib/roll-up/dedupe/id-map.ts";
import type { NumberedPart } from "../../../../lib/roll-up/dedupe/recall.ts";
import {
  type CommittedPart,
  type Head,
  newHead,
  type OpenPart,
  type Views,
} from "../../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";
import { before } from "../world.ts";

const minuteMs = 60_000;
const [own, parent, child] = ["s/own", "s/parent", "s/child"] as const;
const definitions: Definitions = { ...before, dedupeWindowMs: 30 * minuteMs, dedupeIdsMax: 80 };

const bytesOf = (ids: readonly number[]): Buffer => {
  const map = new IdMap();
  for (const id of ids) map.add(id, id, 1);
  return map.toBytes();
};

/** Shards with their parts: a part is of one minute, and has these ids. */
class Family {
  readonly ledger = new TableLedger();
  readonly heads = new Map<string, Head>();

  part(shard: string, number: number, minute: number, ids: readonly number[], views: Views | undefined = {}) {
    const range = { firstArrivalMs: minute * minuteMs, lastArrivalMs: minute * minuteMs + 1 };
    const sequence = String(1_000_000 + minute);
    const name = `${shard}-${number}`;
    return {
      ...{ id: name, idsName: name, number, firstSequence: sequence, lastSequence: sequence, ...range },
      ...{ ids: ids.length, views, definitions: ["d"] },
    } as unknown as OpenPart & CommittedPart;
  }

  async counted(shard: string, number: number, minute: number, ids: readonly number[], views?: Views): Promise<void> {
    const part = this.part(shard, number, minute, ids, views);
    await this.ledger.keepIds(shard, part, bytesOf(ids));
    await this.ledger.commit(shard, part);
    const { furthest } = this.head(shard);
    const isFurther = part.lastSequence > furthest;
    this.move(shard, { revision: number + 1, ...(isFurther ? { furthest: part.lastSequence } : {}) });
  }

  async opened(shard: string, number: number, minute: number, ids: readonly number[], views?: Views): Promise<void> {
    const part = { ...this.part(shard, number, minute, ids), views };
    await this.ledger.keepIds(shard, part, bytesOf(ids));
    const { open } = this.head(shard);
    this.move(shard, { revision: number, open: [...open, part], furthest: part.lastSequence });
  }

  /** Requests to the ledger since it was last asked. */
  requests(): () => number {
    let before = this.ledger.table.consumed.requests;
    return () => {
      const since = this.ledger.table.consumed.requests - before;
      before += since;
      return since;
    };
  }

  head(shard: string): Head {
    return this.heads.get(shard) ?? newHead;
  }

  move(shard: string, more: Partial<Head>): void {
    this.heads.set(shard, { ...this.head(shard), ...more });
    this.ledger.table.putHead(shard, this.head(shard));
  }

  /** What a part remembers that has this number, begins with this minute and sees so much. */
  async asked(
    memory: DuplicateMemory,
    number: number,
    minute: number,
    views: Views = {},
    more: Partial<Definitions> = {},
  ) {
    const { firstSequence, lastSequence, firstArrivalMs } = this.part(own, number, minute, []);
    const place = { number, firstSequence, lastSequence, anchorMs: firstArrivalMs, views };
    const known = await memory.before(own, place, this.head(own), { ...definitions, ...more });
    return {
      ids: Array.from({ length: 30 }, (_, id) => id).filter((id) => known.has(id, id)),
      windowMs: known.windowMs,
    };
  }

  async known(memory: DuplicateMemory, number: number, minute: number, views: Views = {}): Promise<number[]> {
    return (await this.asked(memory, number, minute, views)).ids;
  }
}

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

describe("of a shard that came from its own, a part remembers", () => {
  async function withChild(): Promise<Family> {
    const family = new Family();
    family.move(own, { descendants: [child], revision: 9 });
    await family.counted(child, 1, 100, [1], { [own]: 4 });
    await family.counted(child, 3, 101, [2, 3], { [own]: 5 });
    await family.counted(child, 5, 102, [5], { [own]: 6 });
    return family;
  }

  test.each([
    [4, []],
    [5, [1]],
    [6, [1, 2, 3]],
    [7, [1, 2, 3, 5]],
  ])("as number %i the parts that did not see it: ids %j", async (number, ids) => {
    const family = await withChild();
    const memory = new DuplicateMemory(family.ledger);
    for (let times = 0; times < 2; times++) expect(await family.known(memory, number, 99)).toEqual(ids);
  });

  test("no part that sees nothing of it yet, and each as soon as it does", async () => {
    const family = await withChild();
    await family.opened(child, 7, 103, [7]);
    const memory = new DuplicateMemory(family.ledger);
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5]);
    const [open] = family.head(child).open;
    family.move(child, { revision: 8, open: [{ ...(open as OpenPart), views: { [own]: 9 } }] });
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5, 7]);
    expect(await family.known(memory, 9, 99)).toEqual([1, 2, 3, 5]);
  });

  test("a part that was sealed and counted since it was seen open, by what the ledger says of it", async () => {
    const family = await withChild();
    await family.opened(child, 7, 103, [7]);
    const memory = new DuplicateMemory(family.ledger);
    await family.known(memory, 20, 99);
    family.move(child, { open: [] });
    await family.counted(child, 7, 103, [7], { [own]: 12 });
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5, 7]);
    expect(await family.known(memory, 12, 99)).toEqual([1, 2, 3, 5]);
  });

  test("a part that was sealed and counted between others that are open still", async () => {
    const family = await withChild();
    await family.opened(child, 7, 103, [7]);
    await family.opened(child, 9, 104, [9]);
    const memory = new DuplicateMemory(family.ledger);
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5]);
    const [, later] = family.head(child).open;
    family.move(child, { open: [later as OpenPart] });
    await family.counted(child, 7, 103, [7], { [own]: 12 });
    family.move(child, { revision: 10 });
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5, 7]);
    family.move(child, { revision: 11, open: [{ ...(later as OpenPart), views: { [own]: 15 } }] });
    expect(await family.known(memory, 20, 99)).toEqual([1, 2, 3, 5, 7, 9]);
    expect(await family.known(memory, 15, 99)).toEqual([1, 2, 3, 5, 7]);
  });

  test("what was counted there since, and reads no more than that", async () => {
    const family = await withChild();
    const memory = new DuplicateMemory(family.ledger);
    await family.known(memory, 20, 99);
    const requests = family.requests();
    await family.known(memory, 21, 99);
    // Its head: whether there is anything new.
    expect(requests()).toBe(1);
    await family.counted(child, 9, 104, [9], { [own]: 9 });
    requests();
    expect(await family.known(memory, 22, 99)).toEqual([1, 2, 3, 5, 9]);
    expect(requests()).toBe(3);
  });

  test("what each of several has", async () => {
    const family = await withChild();
    family.move(own, { descendants: [child, "s/other"] });
    await family.counted("s/other", 1, 101, [2, 8], { [own]: 1 });
    expect(await family.known(new DuplicateMemory(family.ledger), 20, 99)).toEqual([1, 2, 3, 5, 8]);
  });
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
