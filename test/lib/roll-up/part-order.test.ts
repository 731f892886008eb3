import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { orderAtOpening } from "../../../lib/roll-up/part-order.ts";
import type { CommittedPart, Head, PartPlace } from "../../../lib/store/ledger/ledger.ts";
import { sequence } from "./world.ts";

type Order = Pick<Head, "furthest" | "outOfOrder">;

const range = (first: number, last: number) => ({ firstSequence: sequence(first), lastSequence: sequence(last) });
const before: PartPlace = { number: 3, lastSequence: sequence(1) };

describe("a part that is opened", () => {
  test.each<[string, Order]>([
    ["as the first of its shard", { furthest: "" }],
    ["behind all others", { furthest: sequence(4) }],
    ["behind all others, of which some were out of order", { furthest: sequence(4), outOfOrder: before }],
  ])("%s is in order, and the furthest from now on", (_, head) => {
    expect(orderAtOpening(head, range(5, 8), 7)).toStrictEqual({ ofPart: {}, ofHead: { furthest: sequence(8) } });
  });

  test.each([
    ["before the furthest", 5],
    ["on the furthest", 4],
  ])("%s is out of order, and leaves the furthest as it is", (_, furthest) => {
    const outOfOrder = { number: 7, lastSequence: sequence(8) };
    expect(orderAtOpening({ furthest: sequence(furthest) }, range(4, 8), 7)).toStrictEqual({
      ofPart: {},
      ofHead: { outOfOrder },
    });
    expect(orderAtOpening({ furthest: sequence(furthest), outOfOrder: before }, range(4, 8), 7)).toStrictEqual({
      ofPart: { outOfOrderBefore: before },
      ofHead: { outOfOrder },
    });
  });
});

test("a reader who follows the head finds just the parts that did not lie after all that were opened before them", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 20 });
  const openings = lengths.chain((each) => fc.tuple(fc.constant(each), fc.shuffledSubarray([...each.keys()])));
  fc.assert(
    fc.property(openings, ([each, opened]) => {
      let head: Order = { furthest: "" };
      let furthest = -1;
      const parts = new Map<number, Pick<CommittedPart, "outOfOrderBefore">>();
      const expected: number[] = [];
      for (const [number, place] of opened.entries()) {
        const first = each.slice(0, place).reduce((sum, length) => sum + length, 0);
        const last = first + (each[place] ?? 0) - 1;
        const { ofPart, ofHead } = orderAtOpening(head, range(first, last), number);
        parts.set(number, ofPart);
        head = { ...head, ...ofHead };
        if (first < furthest) expected.unshift(number);
        furthest = Math.max(furthest, last);
      }
      const found: number[] = [];
      for (let place = head.outOfOrder; place !== undefined; place = parts.get(place.number)?.outOfOrderBefore) {
        found.push(place.number);
      }
      expect(found).toEqual(expected);
      expect(head.furthest).toBe(furthest < 0 ? "" : sequence(furthest));
    }),
  );
});
