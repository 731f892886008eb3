import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IdLog } from "../../../../lib/roll-up/dedupe/id-log.ts";
import { idBytes } from "../../../../lib/roll-up/dedupe/id-map.ts";

const kib = 1_024;
const idsOf = (count: number, fill: number): Buffer => Buffer.alloc(count * idBytes, fill);

test("ids stay as they were until they are released, whatever comes and goes around them", () => {
  const step = fc.record({ ids: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(2_000)), leaves: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const log = new IdLog();
      const held: { place: ReturnType<IdLog["add"]>; ids: number; fill: number }[] = [];
      for (const [fill, { ids, leaves }] of steps.entries()) {
        const given = idsOf(ids, fill);
        held.push({ place: log.add(given), ids, fill });
        // The log has bytes of its own.
        given.fill(0xff);
        if (leaves % 3 === 0) {
          const [gone] = held.splice(leaves % held.length, 1);
          if (gone !== undefined) log.release(gone.place, gone.ids);
        }
        expect(held.every(({ place, ids, fill }) => log.at(place, ids).equals(idsOf(ids, fill)))).toBe(true);
      }
      for (const { place, ids } of held) log.release(place, ids);
      expect(log.bytes).toBe(0);
    }),
  );
});

describe("the memory of a log", () => {
  test("is a few kilobytes where it holds little, and one block for parts that fit into it", () => {
    const log = new IdLog();
    expect(log.bytes).toBe(0);
    const places = Array.from({ length: 32 }, () => log.add(idsOf(16, 1)));
    expect(log.bytes).toBe(4 * kib);
    expect(new Set(places.map(({ block }) => block)).size).toBe(1);
    log.add(idsOf(1, 1));
    expect(log.bytes).toBe(8 * kib);
  });

  test("grows by an eighth at a time, by 256 KiB at most, and by more only for a part that is larger", () => {
    const log = new IdLog();
    let before = 0;
    for (let part = 0; part < 4_000; part++) {
      log.add(idsOf(100, 1));
      const grown = log.bytes - before;
      if (grown > 0) expect(grown).toBe(Math.min(256 * kib, Math.max(4 * kib, Math.ceil(before / 8))));
      before = log.bytes;
    }
    log.add(idsOf(50_000, 1));
    expect(log.bytes - before).toBe(400_000);
  });

  test("is given back block by block, and a block's place is taken by the next", () => {
    const log = new IdLog();
    const places = Array.from({ length: 3 }, () => log.add(idsOf(512, 1)));
    expect(places.map(({ block }) => block)).toEqual([0, 1, 2]);
    log.release({ block: 1, offset: 0 }, 511);
    expect(log.bytes).toBe(12 * kib);
    log.release({ block: 1, offset: 511 * idBytes }, 1);
    expect(log.bytes).toBe(8 * kib);
    expect(log.add(idsOf(512, 2)).block).toBe(1);
    expect(log.bytes).toBe(12 * kib);
  });
});

test("ids that were released are not there any more, and may be released again", () => {
  const log = new IdLog();
  const place = log.add(idsOf(1, 1));
  log.release(place, 1);
  log.release(place, 1);
  expect(log.bytes).toBe(0);
  expect(() => log.at(place, 1)).toThrow("No block 0 in the log of message ids");
});
