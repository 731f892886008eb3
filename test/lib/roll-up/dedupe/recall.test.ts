import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partLimits } from "../../../../lib/limits.ts";
import {
  disorderMs,
  idsOf,
  type NumberedPart,
  reachOf,
  recall,
  recallRows,
} from "../../../../lib/roll-up/dedupe/recall.ts";

const windowMs = 3_600_000;
const anchorMs = 1_000 * windowMs;
const limits = { dedupeWindowMs: windowMs, dedupeIdsMax: 10 };
const at = (number: number, fromMs: number, toMs: number, ids = 1): NumberedPart => ({
  ...{ id: `p${number}`, idsName: "", firstSequence: "", lastSequence: "", number, ids },
  ...{ firstArrivalMs: anchorMs + fromMs, lastArrivalMs: anchorMs + toMs },
});
const numbers = (parts: readonly NumberedPart[]) => recall(parts, { number: 9, anchorMs }, limits);

const [beforeMs, behindMs] = [windowMs + disorderMs, windowMs + partLimits.spanMs + disorderMs];

test("a part may remember what arrived in the window around its first record, and as much later as it may be long", () => {
  expect(reachOf(anchorMs, windowMs)).toEqual({ fromMs: anchorMs - beforeMs, toMs: anchorMs + behindMs });
});

describe("a part is remembered", () => {
  test.each([
    ["with its last record just in the window", -2 * beforeMs, -beforeMs, true],
    ["with its last record just before it", -2 * beforeMs, -beforeMs - 1, false],
    ["with its first record just in the window", behindMs, 2 * behindMs, true],
    ["with its first record just behind it", behindMs + 1, 2 * behindMs, false],
    ["that reaches over all of it", -2 * beforeMs, 2 * behindMs, true],
  ])("%s: from %i to %i, %s", (_, fromMs, toMs, isRemembered) => {
    expect(numbers([at(1, fromMs, toMs)]).parts).toHaveLength(isRemembered ? 1 : 0);
  });

  test("where its number is lower, and no other", () => {
    expect(numbers([at(8, 0, 0), at(9, 0, 0), at(10, 0, 0)]).parts.map(({ number }) => number)).toEqual([8]);
  });

  test("as the newest of those that there is room for, whatever fits behind the first that does not", () => {
    const parts = [at(1, -4, -4, 1), at(2, -3, -3, 7), at(3, -2, -2, 4), at(4, -1, -1, 6)];
    expect(numbers(parts)).toMatchObject({ parts: [{ number: 4 }, { number: 3 }], ids: 10, windowMs: 3 });
  });

  test("in any order of the list", () => {
    const parts = [at(3, -2, -2), at(1, -4, -4), at(2, -3, -3)];
    expect(numbers(parts).parts.map(({ number }) => number)).toEqual([3, 2, 1]);
  });

  test("only where it is asked for", () => {
    const columns = {
      ...{ length: 2, number: [1, 2], ids: [3, 4] },
      ...{ firstArrivalMs: [anchorMs, anchorMs], lastArrivalMs: [anchorMs, anchorMs] },
    };
    expect(recallRows(columns, { number: 9, anchorMs }, limits, (row) => row === 0)).toEqual({
      ...{ parts: [0], ids: 3, windowMs },
    });
  });
});

describe("what is forgotten for want of room", () => {
  const full = at(8, -windowMs, -windowMs, 10);

  test.each([
    ["ended before the part's first record", -500, -200, 200],
    ["began after it", 300, 700, 300],
    ["lies around it", -100, 100, 0],
    ["is further away than the window", -windowMs - 900, -windowMs - 800, windowMs],
  ])("shortens the window to where it is, where it %s", (_, fromMs, toMs, expected) => {
    expect(numbers([at(1, fromMs, toMs), full]).windowMs).toBe(expected);
  });

  test("shortens it to the nearest of several", () => {
    expect(numbers([at(1, -500, -400), at(2, -300, -200), at(3, 250, 260), full]).windowMs).toBe(200);
  });

  test("is nothing where a part has no ids, or where all fit in", () => {
    expect(numbers([at(1, -5, -5, 0), at(2, -9, -9, 1), full]).windowMs).toBe(9);
    expect(numbers([at(1, -5, -5, 0), at(8, -1, -1, 10)])).toMatchObject({ ids: 10, windowMs });
  });
});

test("ids are counted over parts", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 100 })), (each) => {
      expect(idsOf(each.map((ids) => ({ ids })))).toBe(each.reduce((sum, ids) => sum + ids, 0));
    }),
  );
});
