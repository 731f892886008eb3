import { describe, expect, test } from "vitest";
import { DuplicateMemory } from "../../../lib/dedupe/duplicate-memory.ts";
import { IdMap } from "../../../lib/dedupe/id-map.ts";
import type { Definitions } from "../../../lib/definitions.ts";
import { type CommittedPart, type Head, newHead, type OpenPart } from "../../../lib/ledger/ledger.ts";
import { orderAtOpening } from "../../../lib/roll-up/part-order.ts";
import { LedgerTable, TableLedger } from "../../fakes/ledger-table.ts";
import { before } from "../roll-up/world.ts";

const minuteMs = 60_000;
const definitions: Definitions = { ...before, dedupeWindowMs: 30 * minuteMs, dedupeIdsMax: 1_000 };
const bytesOf = (ids: readonly number[]): Buffer => {
  const map = new IdMap();
  for (const id of ids) map.add(id, id, 1);
  return map.toBytes();
};

/** A shard whose parts are of one minute each, in a ledger that answers item by item: each item read is a request. */
class Shard {
  readonly ledger = new TableLedger(new LedgerTable({ pageItems: 1 }));
  head: Head = newHead;
  #requests = 0;

  part(minute: number, ids: readonly number[] = [minute]): OpenPart & CommittedPart {
    const firstArrivalMs = minute * minuteMs;
    const sequence = String(1_000_000 + minute);
    return {
      ...{ id: `p${minute}`, idsName: `p${minute}`, number: this.head.revision + 1, definitions: ["d"], views: {} },
      ...{ firstSequence: sequence, lastSequence: sequence, firstArrivalMs, lastArrivalMs: firstArrivalMs + 1 },
      ids: ids.length,
    } as unknown as OpenPart & CommittedPart;
  }

  /** Opens the part of a minute, and counts it unless it is to stay open. What it was, for a process that did it itself. */
  async counted(minute: number, ids: readonly number[] = [minute], staysOpen = false) {
    const [from, part] = [this.head, this.part(minute, ids)];
    const { ofPart, ofHead } = orderAtOpening(from, part, part.number);
    const opened = { ...part, ...ofPart };
    await this.ledger.keepIds("s", part, bytesOf(ids));
    if (!staysOpen) await this.ledger.commit("s", opened);
    const open = staysOpen ? [...from.open, opened] : from.open;
    this.head = { ...from, ...ofHead, open, revision: part.number + (staysOpen ? 0 : 1) };
    this.requests();
    return { from, to: this.head, part: opened, ids: bytesOf(ids) };
  }

  /** Of the ids up to 1,000 those that a part of the minute must not count again. */
  async known(memory: DuplicateMemory, minute: number, more: Partial<Definitions> = {}): Promise<number[]> {
    const { number, firstSequence, lastSequence, firstArrivalMs } = this.part(minute);
    const place = { number, firstSequence, lastSequence, anchorMs: firstArrivalMs, views: {} };
    const known = await memory.before("s", place, this.head, { ...definitions, ...more });
    return Array.from({ length: 1_000 }, (_, id) => id).filter((id) => known.has(id, id));
  }

  /** Requests since it was last asked. */
  requests(): number {
    const { requests } = this.ledger.table.consumed;
    const since = requests - this.#requests;
    this.#requests = requests;
    return since;
  }
}

/** With a part every hour, whose id is its minute, and what one process knows of it, whose key is read already. */
async function hourly(hours: number): Promise<{ shard: Shard; memory: DuplicateMemory }> {
  const shard = new Shard();
  for (let hour = 1; hour <= hours; hour++) await shard.counted(hour * 60);
  const memory = new DuplicateMemory(shard.ledger);
  await memory.nothing();
  shard.requests();
  return { shard, memory };
}

describe("a process that knows nothing of a shard", () => {
  test("reads back to the first part that is out of reach, and the ids of those within", async () => {
    const { shard, memory } = await hourly(8);
    expect(await shard.known(memory, 485)).toEqual([480]);
    // Nothing behind it; the parts of 480 and 420; the ids of one, and that there are no more.
    expect(shard.requests()).toBe(1 + 2 + 2);
  });

  test("reads around a place that is further back: as far as a later part may begin, and no further", async () => {
    const { shard, memory } = await hourly(8);
    expect(await shard.known(memory, 210)).toEqual([180, 240]);
    // 180 and 120 before it, 240 and 300 behind it, and in one query the ids of both, and that there are no more.
    expect(shard.requests()).toBe(2 + 2 + 3);
  });
});

describe("a process that was asked about a shard before", () => {
  test("reads nothing for the same question, a shorter window, and one a little further on", async () => {
    const { shard, memory } = await hourly(8);
    await shard.known(memory, 485);
    shard.requests();
    expect(await shard.known(memory, 485)).toEqual([480]);
    expect(await shard.known(memory, 485, { dedupeWindowMs: minuteMs })).toEqual([480]);
    expect(await shard.known(memory, 500)).toEqual([480]);
    expect(await shard.known(memory, 525)).toEqual([]);
    expect(shard.requests()).toBe(0);
  });

  test("reads again where the window is longer now", async () => {
    const { shard, memory } = await hourly(8);
    await shard.known(memory, 485);
    shard.requests();
    expect(await shard.known(memory, 485, { dedupeWindowMs: 180 * minuteMs })).toEqual([300, 360, 420, 480]);
    expect(shard.requests()).toBeGreaterThan(4);
    expect(await shard.known(memory, 485)).toEqual([480]);
    expect(await shard.known(memory, 485, { dedupeWindowMs: 100 * minuteMs })).toEqual([420, 480]);
  });

  test("keeps what it has of the end of the shard while it is asked about places further back", async () => {
    const { shard, memory } = await hourly(8);
    await shard.known(memory, 485);
    for (const [minute, ids] of [
      [210, [180, 240]],
      [270, [240, 300]],
      [90, [60, 120]],
    ] as const) {
      expect(await shard.known(memory, minute)).toEqual(ids);
    }
    shard.requests();
    expect(await shard.known(memory, 490)).toEqual([480]);
    expect(shard.requests()).toBe(0);
  });

  test("reads what others have counted since, and what is open", async () => {
    const { shard, memory } = await hourly(8);
    await shard.known(memory, 485);
    await shard.counted(486);
    await shard.counted(487, [487, 1], true);
    expect(await shard.known(memory, 490)).toEqual([1, 480, 486, 487]);
    // The furthest that it knew, that of 486, and nothing behind it; in one query the ids of both, and that there are no more.
    expect(shard.requests()).toBe(3 + 3);
    expect(await shard.known(memory, 491)).toEqual([1, 480, 486, 487]);
    expect(shard.requests()).toBe(0);
  });

  test("reads what others have counted between older parts", async () => {
    const { shard, memory } = await hourly(8);
    await shard.known(memory, 485);
    await shard.counted(470);
    await shard.counted(490);
    await shard.counted(460, [460], true);
    expect(await shard.known(memory, 491)).toEqual([460, 470, 480, 490]);
  });

  test("is right where ids come again in parts of lower and of greater numbers, whichever leave the window first", async () => {
    const { shard, memory } = await hourly(1);
    await shard.counted(100, [1, 2]);
    expect(await shard.known(memory, 101)).toEqual([1, 2]);
    await shard.counted(70, [2, 5]);
    expect(await shard.known(memory, 101)).toEqual([1, 2, 5]);
    await shard.counted(102, [3, 4]);
    expect(await shard.known(memory, 105)).toEqual([1, 2, 3, 4, 5]);
    // The part of 70, with a greater number than that of 100, is out of reach: 2 stays, for the other has it.
    expect(await shard.known(memory, 111)).toEqual([1, 2, 3, 4]);
    expect(await shard.known(memory, 141)).toEqual([3, 4]);
    expect(await shard.known(memory, 143)).toEqual([]);
    expect(await shard.known(memory, 141)).toEqual([3, 4]);
    expect(await shard.known(memory, 105)).toEqual([1, 2, 3, 4, 5]);
  });
});

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
