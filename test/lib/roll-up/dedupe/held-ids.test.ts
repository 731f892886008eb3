import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesPerId, HeldIds } from "../../../../lib/roll-up/dedupe/held-ids.ts";
import { IdMap, idBytes } from "../../../../lib/roll-up/dedupe/id-map.ts";
import { PartTable } from "../../../../lib/roll-up/dedupe/part-table.ts";

const universe = Array.from({ length: 30 }, (_, index) => index + 1);
const bytesOf = (ids: readonly number[]): Buffer => {
  const map = new IdMap();
  for (const id of ids) map.add(id, id * 7, 1);
  return map.toBytes();
};
const numbered = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

/** A table of parts, the ids of those that are at hand, and what the parts have. */
class Rig {
  readonly parts = new PartTable();
  readonly held = new HeldIds(this.parts);
  readonly idsOf = new Map<number, readonly number[]>();

  /** Adds a part with the next number, whose ids are not at hand. */
  add(ids: readonly number[]): number {
    const number = this.idsOf.size + 1;
    this.idsOf.set(number, ids);
    this.parts.add({
      ...{ id: "", idsName: "", firstSequence: "", lastSequence: "", number, ids: ids.length },
      ...{ firstArrivalMs: 1_000 - number, lastArrivalMs: number },
    });
    return this.parts.rowOf(number);
  }

  hold(ids: readonly number[]): number {
    const row = this.add(ids);
    this.held.hold(row, bytesOf(ids));
    return row;
  }

  /** Brings them to hand, as if they were read; fails after `most`. */
  async holdAll(rows: readonly number[], most = Number.POSITIVE_INFINITY): Promise<void> {
    const { parts, idsOf } = this;
    async function* read(): AsyncGenerator<[{ number: number }, Buffer]> {
      for (const [index, row] of rows.entries()) {
        if (index === most) throw new Error("throttled");
        const number = parts.number[row] ?? 0;
        yield [{ number }, bytesOf(idsOf.get(number) ?? [])];
      }
    }
    await this.held.holdAll(rows, read());
  }

  get rows(): number[] {
    return numbered(0, this.parts.length);
  }

  /** Ids that the map has with the number of a part at hand, or a greater one. */
  get found(): number[] {
    const heldRows = this.rows.filter((row) => this.parts.isHeld(row));
    const oldest = Math.min(...heldRows.map((row) => this.parts.number[row] ?? 0));
    return universe.filter((id) => this.held.map.get(id, id * 7) >= oldest);
  }

  /** Ids of the parts at hand. */
  get expected(): number[] {
    const ids = this.rows.filter((row) => this.parts.isHeld(row)).flatMap((row) => this.idsOf.get(row + 1) ?? []);
    return universe.filter((id) => ids.includes(id));
  }
}

const some = fc.uniqueArray(fc.constantFrom(...universe), { maxLength: 5 });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("hold" as const), ids: some }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("add" as const), ids: some }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("read" as const), among: fc.array(fc.nat({ max: 20 })) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("keep" as const), among: fc.array(fc.nat({ max: 20 })) }) },
);

test("the map tells just the ids of the parts at hand, by their numbers, whatever was let go of and read again", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const rig = new Rig();
      for (const step of steps) {
        if (step.kind === "hold") rig.hold(step.ids);
        else if (step.kind === "add") rig.add(step.ids);
        else {
          const rows = [...new Set(step.among)].sort((a, b) => a - b).filter((row) => row < rig.parts.length);
          if (step.kind === "read") await rig.holdAll(rows.filter((row) => !rig.parts.isAtHand(row)));
          else {
            const remembered = rows.filter((row) => rig.parts.isHeld(row));
            const oldest = rig.parts.number[remembered[0] ?? -1] ?? Number.POSITIVE_INFINITY;
            const others = rig.held.beside(remembered.toReversed());
            expect(others).toEqual(rig.rows.filter((row) => rig.parts.isHeld(row) && !remembered.includes(row)));
            rig.held.letGo(
              others,
              oldest,
              others.every((row) => (rig.parts.number[row] ?? 0) < oldest),
            );
            expect(rig.rows.filter((row) => rig.parts.isHeld(row))).toEqual(remembered);
          }
        }
        expect(rig.found).toEqual(rig.expected);
      }
    }),
    { numRuns: 200 },
  );
});

describe("ids that are read", () => {
  test("are in the map as far as they came before an error", async () => {
    for (const before of [0, 3]) {
      const rig = new Rig();
      for (const id of numbered(20, before)) rig.hold([id]);
      const rows = [1, 2, 3].map((id) => rig.add([id, id + 3]));
      await expect(rig.holdAll(rows, 2)).rejects.toThrow("throttled");
      expect(rig.expected).toEqual([1, 2, 4, 5, ...numbered(20, before)]);
      expect(rig.found).toEqual(rig.expected);
      await rig.holdAll(rows.slice(2));
      expect(rig.found).toEqual([1, 2, 3, 4, 5, 6, ...numbered(20, before)]);
    }
  });

  test("are told apart from those of a part that was let go of, although they have its number now", async () => {
    const rig = new Rig();
    const first = rig.add([1]);
    rig.hold([2]);
    const third = rig.hold([3]);
    rig.held.letGo(rig.held.beside([third]), 3, true);
    await rig.holdAll([first]);
    expect(rig.held.map.get(2, 14)).toBeLessThan(1);
    expect(rig.found).toEqual([1, 3]);
  });

  test("are told apart too where another part is read with them that is newer than all that was let go of", async () => {
    const rig = new Rig();
    const first = rig.add([1]);
    rig.hold([2]);
    const third = rig.hold([3]);
    rig.held.letGo(rig.held.beside([third]), 3, true);
    await rig.holdAll([first, rig.add([4])]);
    expect(rig.found).toEqual([1, 3, 4]);
  });

  test("are in a map that was made for them where they are many, and added to it where they are few", async () => {
    const rig = new Rig();
    const many = rig.add(numbered(1, 20_000));
    await rig.holdAll([many]);
    const made = rig.held.map;
    expect(made.bytes / 20_000).toBeLessThan(21);
    const few = rig.add(numbered(50_000, 10));
    await rig.holdAll([few]);
    expect(rig.held.map).toBe(made);
    expect(made.size).toBe(20_010);
  });
});

describe("the memory of ids at hand", () => {
  test("is what is said of it: the log and the map, at most as much for an id as is foreseen", async () => {
    const rig = new Rig();
    const rows = numbered(0, 20).map((part) => rig.add(numbered(1 + part * 1_000, 1_000)));
    await rig.holdAll(rows);
    const log = rig.held.bytes - rig.held.map.bytes;
    expect(log).toBeGreaterThanOrEqual(20_000 * idBytes);
    expect(log).toBeLessThan(20_000 * idBytes * 1.25);
    expect(rig.held.bytes / 20_000).toBeLessThan(bytesPerId * 1.1);
  });

  test("goes with the parts that are let go of: at once from the log, and from the map before it would grow", async () => {
    const rig = new Rig();
    let most = 0;
    for (let part = 0; part < 100; part++) {
      rig.hold(numbered(1 + part * 500, 500));
      if (part >= 10) rig.held.letGo([part - 10], part - 8, true);
      most = Math.max(most, rig.held.map.size);
    }
    // Ten parts are at hand, and an eighth of their ids and a thousand more at most.
    expect(most).toBeLessThanOrEqual(5_000 * (1 + 2 / 8) + 1_000);
    expect(rig.held.bytes).toBeLessThan(200_000);
    for (const row of rig.held.beside([])) rig.held.release(row);
    rig.held.remap();
    expect(rig.held.bytes).toBe(new IdMap(1_000).bytes);
  });

  test("is none for a part without ids, and nothing is let go of that is not at hand", () => {
    const rig = new Rig();
    const row = rig.hold([]);
    expect(rig.parts.isHeld(row)).toBe(false);
    const before = rig.held.bytes;
    rig.held.release(row);
    expect(rig.held.bytes).toBe(before);
  });
});

test("a map of some rows has the ids of these alone, with their numbers", () => {
  const rig = new Rig();
  for (const ids of [[1, 2], [2, 3], [3, 4], []]) rig.hold(ids);
  rig.add([9]);
  const map = rig.held.mapOf([0, 1, 3, 4]);
  expect(universe.slice(0, 9).map((id) => map.get(id, id * 7))).toEqual([1, 2, 2, 0, 0, 0, 0, 0, 0]);
});

test("the times of the parts at hand are in order, and are of no others", () => {
  const rig = new Rig();
  for (const ids of [[1], [2], [3]]) rig.hold(ids);
  rig.add([4]);
  rig.held.release(1);
  expect([...rig.held.times]).toEqual([997, 999]);
});
