import { describe, expect, test } from "vitest";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { hourly, minuteMs, Shard } from "./item-by-item.ts";

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
    // Nothing behind it; five parts before it; the ids of four, and that there are no more.
    expect(shard.requests()).toBe(1 + 5 + 5);
    expect(await shard.known(memory, 485)).toEqual([480]);
    expect(await shard.known(memory, 485, { dedupeWindowMs: 100 * minuteMs })).toEqual([420, 480]);
  });

  test("lets go of nothing for a shorter window, an earlier part, or a place further back", async () => {
    const { shard, memory } = await hourly(8);
    const { number } = shard.part(450);
    await shard.counted(450);
    await shard.counted(530);
    expect(await shard.known(memory, 485)).toEqual([450, 480, 530]);
    shard.requests();
    expect(await shard.known(memory, 485, { dedupeWindowMs: minuteMs })).toEqual([480]);
    expect(await shard.known(memory, 485, { number })).toEqual([480]);
    expect(await shard.known(memory, 470, { dedupeWindowMs: 15 * minuteMs })).toEqual([450, 480]);
    expect(await shard.known(memory, 485)).toEqual([450, 480, 530]);
    expect(shard.requests()).toBe(0);
  });

  test("reads nothing at the end of the shard for a place further back", async () => {
    const { shard, memory } = await hourly(8);
    await shard.known(memory, 485);
    expect(await shard.known(memory, 90)).toEqual([60, 120]);
    await shard.counted(490);
    expect(await shard.known(memory, 90)).toEqual([60, 120]);
    expect(shard.requests()).toBe(0);
  });

  test("holds no more for having been asked about many places", async () => {
    const shard = new Shard();
    for (let hour = 1; hour <= 8; hour++) {
      await shard.counted(
        hour * 60,
        Array.from({ length: 500 }, (_, index) => 2_000 + hour * 500 + index),
      );
    }
    const memory = new DuplicateMemory(shard.ledger);
    const places = [485, 90, 210, 330];
    for (const minute of places) await shard.known(memory, minute);
    const { bytes } = memory;
    for (let round = 0; round < 5; round++) for (const minute of places) await shard.known(memory, minute);
    expect(memory.bytes).toBeLessThanOrEqual(1.2 * bytes);
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
    await shard.counted(492);
    expect(await shard.known(memory, 493)).toEqual([1, 480, 486, 487, 492]);
    // Nothing of what it knows already, for the furthest is open still.
    expect(shard.requests()).toBe(2 + 2);
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
