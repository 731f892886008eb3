import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDecimal, timesRounded, toNumber } from "../../../cli/recording/decimal.ts";

describe("a decimal times a whole number", () => {
  it("is rounded to hundredths as on paper, half away from zero", () => {
    const decimals = fc.record({
      negative: fc.boolean(),
      whole: fc.integer({ min: 0, max: 99_999 }),
      fraction: fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 6 }),
    });
    fc.assert(
      fc.property(decimals, fc.integer({ min: -90_000, max: 90_000 }), ({ negative, whole, fraction }, factor) => {
        const text = `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
        const decimal = parseDecimal(text);
        if (decimal === undefined) throw new Error(`expected ${text} to be a decimal`);
        expect(toNumber(decimal)).toBe(Number(text));
        // The same in exact numbers: hundred-millionths are enough for six digits and two more.
        const exact = BigInt(`${whole}${fraction.padEnd(8, "0")}`) * BigInt(factor) * (negative ? -1n : 1n);
        const magnitude = exact < 0n ? -exact : exact;
        const hundredths = (magnitude + 500_000n) / 1_000_000n;
        expect(timesRounded(factor, decimal)).toBe(
          (Number(hundredths) / 100) * (exact < 0n && hundredths > 0n ? -1 : 1),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("has no negative zero, and is refused where it could not be exact", () => {
    expect(Object.is(timesRounded(-3, { units: 0, scale: 1 }), 0)).toBe(true);
    expect(Object.is(timesRounded(-1, { units: 1, scale: 3 }), 0)).toBe(true);
    expect(timesRounded(999_999_999, { units: 999_999_999, scale: 0 })).toBeUndefined();
  });

  it("is read only from plain digits", () => {
    for (const text of ["", "1e3", " 1", "1.", ".5", "0x1", "1,5", "1234567890", "NaN"])
      expect(parseDecimal(text)).toBeUndefined();
  });
});
