import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PartTable } from "../../../../lib/roll-up/dedupe/part-table.ts";
import type { NumberedPart } from "../../../../lib/roll-up/dedupe/recall.ts";
import type { Views } from "../../../../lib/store/ledger/ledger.ts";

const seen = "events/shardId-0";
const part = (number: number, more: Partial<NumberedPart & { views: Views | undefined }> = {}) => ({
  ...{ id: `p${number}`, idsName: `p${number}`, firstSequence: "1", lastSequence: "2" },
  ...{
    number,
    firstArrivalMs: number * 10,
    lastArrivalMs: number * 10 + 5,
    ids: number % 3,
    views: undefined,
    ...more,
  },
});

/** All that a table says of its parts, row by row. */
const told = (table: PartTable) =>
  Array.from({ length: table.length }, (_, row) => ({
    number: table.number[row],
    firstArrivalMs: table.firstArrivalMs[row],
    lastArrivalMs: table.lastArrivalMs[row],
    ids: table.ids[row],
    place: table.placeOf(row),
  }));

const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("add" as const), number: fc.nat({ max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("hold" as const), number: fc.nat({ max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("release" as const), number: fc.nat({ max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const), number: fc.integer({ min: 2, max: 9 }) }) },
);

test("a table is a list of parts in the order of their numbers, whatever is added, held, released and dropped", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 120 }), fc.boolean(), (changes, isSeeing) => {
      const table = isSeeing ? new PartTable(seen) : new PartTable();
      const model = new Map<number, { block: number; offset: number } | undefined>();
      for (const [index, { kind, number }] of changes.entries()) {
        const row = table.rowOf(number);
        expect(row === -1).toBe(!model.has(number));
        if (kind === "add") {
          expect(table.add(part(number))).toBe(!model.has(number));
          if (!model.has(number)) model.set(number, undefined);
        } else if (kind === "drop") {
          table.filter((row) => (table.number[row] ?? 0) % number !== 0);
          for (const known of model.keys()) if (known % number === 0) model.delete(known);
        } else if (row !== -1) {
          const place = kind === "hold" ? { block: index, offset: index * 8 } : undefined;
          table.hold(row, place);
          model.set(number, place);
        }
      }
      const inOrder = [...model].sort(([a], [b]) => a - b);
      const expected = inOrder.map(([number, place]) => {
        const { firstArrivalMs, lastArrivalMs, ids } = part(number);
        return { number, firstArrivalMs, lastArrivalMs, ids, place };
      });
      expect(told(table)).toEqual(expected);
      for (const [row, [number, place]] of inOrder.entries()) {
        expect(table.rowOf(number)).toBe(row);
        expect(table.isHeld(row)).toBe(place !== undefined);
        expect(table.isAtHand(row)).toBe(place !== undefined || part(number).ids === 0);
      }
    }),
  );
});

test("a part that was dropped from the end is not there any more, and may be added again", () => {
  const table = new PartTable();
  for (const number of [1, 2, 3]) table.add(part(number));
  table.filter((row) => row < 2);
  expect(table.rowOf(3)).toBe(-1);
  expect(table.add(part(3, { ids: 9 }))).toBe(true);
  expect([table.rowOf(3), table.ids[2], table.length]).toEqual([2, 9, 3]);
  expect(table.add(part(3))).toBe(false);
});

describe("what a part sees", () => {
  test("is not known before it is sealed, and is then what its views say of the one shard", () => {
    const table = new PartTable(seen);
    for (const [number, views] of [undefined, { [seen]: 7 }, { "events/shardId-9": 3 }].entries()) {
      table.add(part(number, { views }));
    }
    expect([...table.sees.subarray(0, 3)]).toEqual([Number.NaN, 7, 0]);
    table.see(0, { [seen]: 4 });
    expect([...table.sees.subarray(0, 3)]).toEqual([4, 7, 0]);
  });

  test("moves with the part, where others come before it or are dropped", () => {
    const table = new PartTable(seen);
    for (let number = 40; number > 0; number--) table.add(part(number, { views: { [seen]: number * 2 } }));
    table.filter((row) => (table.number[row] ?? 0) % 2 === 0);
    expect([...table.sees.subarray(0, table.length)]).toEqual(
      Array.from({ length: 20 }, (_, index) => (index + 1) * 4),
    );
  });

  test("takes no memory where it is not asked for", () => {
    const [with_, without] = [new PartTable(seen), new PartTable()];
    for (const table of [with_, without]) {
      for (let number = 0; number < 1_000; number++) table.add(part(number, { views: { [seen]: 1 } }));
    }
    expect(without.sees).toHaveLength(0);
    expect(with_.bytes - without.bytes).toBe(8 * with_.sees.length);
  });
});

test("a part takes 36 bytes, and half as many again for parts to come", () => {
  const table = new PartTable();
  expect(table.bytes).toBe(0);
  const each: number[] = [];
  for (let number = 1; number <= 10_000; number++) {
    table.add(part(number));
    each.push(table.bytes / number);
  }
  expect(Math.min(...each)).toBe(36);
  expect(Math.max(...each.slice(16))).toBeLessThanOrEqual(36 * 1.5);
  // A table of sixteen to begin with.
  expect(each[0]).toBe(36 * 16);
});
