import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withoutDust } from "../../../../lib/store/rows/without-dust.ts";

describe("a sum", () => {
  it.each<[sum: number, shown: number]>([
    [0.1 + 0.2, 0.3],
    [0.1 + 0.7, 0.8],
    [1.1 + 2.2, 3.3],
    [-0.1 - 0.2, -0.3],
    [1.005 * 1_000, 1_005],
    [0.1 + 0.2 - 0.3, 0.1 + 0.2 - 0.3],
    [1_234_567_890.12 + 0.1 - 0.1, 1_234_567_890.12],
    [0.123456789012 + 2 ** -56, 0.123456789012],
    [0.1234567890123 + 2 ** -56, 0.1234567890123 + 2 ** -56],
    [1.5 + 3 * 2 ** -52, 1.5],
    [1.5 + 4 * 2 ** -52, 1.5 + 4 * 2 ** -52],
    [Array.from({ length: 1_000 }, () => 0.1).reduce((sum, each) => sum + each, 0), 99.9999999999986],
  ])("%d is shown as %d", (sum, shown) => expect(withoutDust(sum)).toBe(shown));

  it.each([
    0,
    1,
    -1,
    1e15 + 1,
    1e15 + 3,
    2 ** 53 - 1,
    2 ** 53,
    1e21,
    12345678901234.56,
    98765432109876.55,
    20000000000000.51,
    123456789012.34,
    1234567890123.456,
    999999999999.99,
    0.1,
    0.3,
    1 / 3,
    2 / 3,
    1e-7,
    1.5e-300,
    19.99,
    5e-324,
    0.123456789012,
    Number.MAX_VALUE,
    Number.POSITIVE_INFINITY,
    Number.NaN,
  ])("%d is exact", (sum) => expect(withoutDust(sum)).toBe(sum));

  it("of a price in cents is exact up to four trillion, whatever one rounding has made of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4e14 }), fc.constantFrom(0, 1, -1), (cents, roundings) => {
        const price = cents / 100;
        const rounding = 2 ** (Math.floor(Math.log2(price)) - 52);
        expect(withoutDust(price + roundings * rounding)).toBe(price);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is exact where it is a number of fifteen digits, wherever its point is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e15 - 1 }), fc.integer({ min: 0, max: 12 }), (digits, decimals) => {
        const value = Number(`${digits}e-${decimals}`);
        expect(withoutDust(value)).toBe(value);
      }),
      { numRuns: 5_000 },
    );
  });

  it("is never further away than some roundings", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Math.abs(withoutDust(value) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -50);
      }),
      { numRuns: 2_000 },
    );
  });
});
