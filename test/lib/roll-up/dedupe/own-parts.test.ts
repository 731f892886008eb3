import { describe, expect, test } from "vitest";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { IdMap } from "../../../../lib/roll-up/dedupe/id-map.ts";
import { newHead } from "../../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";
import { bytesOf, definitions, hourly, minuteMs, Shard } from "./item-by-item.ts";

describe("a process that counted parts itself", () => {
  test("reads nothing of them, whatever their order, and whether they have ids", async () => {
    const { shard, memory } = await hourly(2);
    const expected = [120];
    for (const [minute, ids] of [
      [122, [122]],
      [124, []],
      [121, [121, 5]],
      [126, [126]],
    ] as const) {
      expect(await shard.known(memory, minute)).toEqual(expected.toSorted((a, b) => a - b));
      shard.requests();
      const { from, to, part } = await shard.counted(minute, ids);
      memory.finished("s", from, to, part, bytesOf(ids));
      expected.push(...ids);
    }
    expect(await shard.known(memory, 127)).toEqual(expected.toSorted((a, b) => a - b));
    expect(shard.requests()).toBe(0);
  });

  test("reads the ids of what others have counted before and behind its own, and not those in between", async () => {
    const shard = new Shard();
    const memory = new DuplicateMemory(shard.ledger);
    const ownMinutes = Array.from({ length: 60 }, (_, index) => 101 + index);
    for (const minute of ownMinutes) {
      await shard.known(memory, minute, { dedupeWindowMs: 100 * minuteMs });
      const { from, to, part, ids } = await shard.counted(minute);
      memory.finished("s", from, to, part, ids);
    }
    await shard.counted(100);
    await shard.counted(161);
    const known = await shard.known(memory, 162, { dedupeWindowMs: 100 * minuteMs });
    expect(known).toEqual([100, ...ownMinutes, 161]);
    // The part out of order, and the one behind it; the furthest, what is new, and that there is no more; the ids of one, and of the other.
    expect(shard.requests()).toBe(2 + 3 + 2 + 2);
  });

  test("does not believe that it knows what others have opened in between", async () => {
    const { shard, memory } = await hourly(2);
    await shard.known(memory, 121);
    await shard.counted(122);
    const { from, to, part, ids } = await shard.counted(123);
    memory.finished("s", from, to, part, ids);
    expect(await shard.known(memory, 124)).toEqual([120, 122, 123]);
  });

  test("keeps no parts that ended before the window, whether they have ids or not", async () => {
    const shard = new Shard();
    const memory = new DuplicateMemory(shard.ledger);
    for (let minute = 0; minute < 1_000; minute++) {
      await shard.known(memory, minute);
      const { from, to, part } = shard.moved(minute, []);
      memory.finished("s", from, to, part, bytesOf([]));
    }
    // An empty map, and the parts of forty minutes with an eighth more in a table that grows by a half; all are 36,000.
    expect(memory.bytes).toBeLessThan(new IdMap(1_000).bytes + 36 * 1.5 * 60);
  });

  test("holds no more than the window, however long it goes on", async () => {
    const { shard, memory } = await hourly(1);
    const held: number[] = [];
    for (let minute = 61; minute < 361; minute += 3) {
      const own = Array.from({ length: 40 }, (_, index) => 2_000 + minute * 40 + index);
      await shard.known(memory, minute);
      const { from, to, part } = await shard.counted(minute, own);
      memory.finished("s", from, to, part, bytesOf(own));
      held.push(memory.bytes);
    }
    const early = Math.max(...held.slice(20, 50));
    expect(Math.max(...held.slice(50))).toBeLessThanOrEqual(1.25 * early);
    // Some 25 parts within reach, 40 ids each, and as much again for those that come and go.
    expect(Math.max(...held)).toBeLessThan(2 * (25 * (40 * 28 + 36) + 16_000));
  });
});

/** Counts a part of a shard in a ledger of several: at the minute, with these ids. */
async function countedIn(ledger: TableLedger, shard: string, minute: number, ids: readonly number[]): Promise<void> {
  const name = `${shard}${minute}`;
  const part = { ...new Shard().part(minute), id: name, idsName: name, ids: ids.length };
  await ledger.keepIds(shard, part, bytesOf(ids));
  await ledger.commit(shard, part);
}

test("what is further back in one shard is not taken for what is there in another", async () => {
  const ledger = new TableLedger();
  for (const [shard, id] of [
    ["a", 1],
    ["b", 2],
  ] as const) {
    for (const minute of [60, 600]) await countedIn(ledger, shard, minute, [id]);
  }
  const memory = new DuplicateMemory(ledger);
  const known = async (shard: string, minute: number): Promise<number[]> => {
    const { firstSequence, lastSequence, firstArrivalMs } = new Shard().part(minute);
    const place = { number: 9, firstSequence, lastSequence, anchorMs: firstArrivalMs, views: {} };
    const ids = await memory.before(shard, place, { ...newHead, revision: 8 }, definitions);
    return [1, 2].filter((id) => ids.has(id, id));
  };
  for (const minute of [610, 65, 65, 611]) {
    expect(await known("a", minute)).toEqual([1]);
    expect(await known("b", minute)).toEqual([2]);
  }
});

test("a process makes room for the ids of a shard before it reads them", async () => {
  const ledger = new TableLedger();
  for (const [shard, count] of [
    ["a", 500],
    ["b", 5_000],
  ] as const) {
    await countedIn(
      ledger,
      shard,
      60,
      Array.from({ length: count }, (_, index) => index + 1),
    );
  }
  const memory = new DuplicateMemory(ledger, 150_000);
  const { firstSequence, lastSequence, firstArrivalMs } = new Shard().part(65);
  const ask = (shard: string) => {
    const place = { number: 9, firstSequence, lastSequence, anchorMs: firstArrivalMs, views: {} };
    return memory.before(shard, place, { ...newHead, revision: 8 }, { ...definitions, dedupeIdsMax: 10_000 });
  };
  await ask("a");
  const held = memory.bytes;
  expect(held).toBeGreaterThan(10_000);
  const { ids } = ledger;
  const before: number[] = [];
  ledger.ids = (...asked) => {
    before.push(memory.bytes);
    return ids.apply(ledger, asked);
  };
  expect((await ask("b")).has(5_000, 5_000)).toBe(true);
  // 28 bytes for each of 5,000 ids are 140,000: with what the other holds it is too much.
  expect(before).toHaveLength(1);
  expect(before[0]).toBeLessThan(held);
});
