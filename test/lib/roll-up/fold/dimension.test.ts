import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dimensionValue } from "../../../../lib/roll-up/fold/dimension.ts";
import { noValue, otherValue } from "../../../../lib/store/rows/row.ts";
import { anyUnit } from "../../any-text.ts";

describe("the value of a dimension", () => {
  it("is the text as it came, where it is printable and short enough", () => {
    for (const text of ["DE", "a b", " ", "'; DROP TABLE x; --", '"', "(none)", "Straße", "東京", "😀", "é", "1e5"]) {
      expect(dimensionValue(text, 64)).toBe(text);
    }
  });

  it("is a number's or a boolean's text", () => {
    expect(dimensionValue(17, 64)).toBe("17");
    expect(dimensionValue(-0, 64)).toBe("0");
    expect(dimensionValue(0.1, 64)).toBe("0.1");
    expect(dimensionValue(1_234_567_890_123_456, 16)).toBe("1234567890123456");
    expect(dimensionValue(Number.POSITIVE_INFINITY, 64)).toBe("Infinity");
    expect(dimensionValue(false, 64)).toBe("false");
  });

  it("is (none) for what is missing, null or empty", () => {
    for (const value of [undefined, null, ""]) expect(dimensionValue(value, 64)).toBe(noValue);
  });

  it("is (other) for a list, an object, and what is over the cap in UTF-8", () => {
    for (const value of [[], {}, ["DE"], "x".repeat(5_000), "é".repeat(33), "東".repeat(22)]) {
      expect(dimensionValue(value, 64)).toBe(otherValue);
    }
    expect(dimensionValue("x".repeat(64), 64)).toHaveLength(64);
    expect(dimensionValue("é".repeat(32), 64)).toHaveLength(32);
    expect(dimensionValue(-1.23456789012345e-300, 16)).toBe(otherValue);
  });

  it("is one and the same for two texts that are the same bytes in the store", () => {
    expect(dimensionValue("a\ud800", 64)).toBe(dimensionValue("a\udfff", 64));
    expect(dimensionValue("a\u0000", 64)).toBe(dimensionValue("a\ufffd", 64));
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff)), fc.array(fc.nat(0xffff)), (first, second) => {
        const [a, b] = [
          dimensionValue(String.fromCharCode(...first), 64),
          dimensionValue(String.fromCharCode(...second), 64),
        ];
        expect(Buffer.from(a).equals(Buffer.from(b))).toBe(a === b);
      }),
    );
  });

  it("is well-formed, of at least one character, without control characters, and within the cap, whatever comes", () => {
    const anything = fc.oneof(
      fc.jsonValue({ stringUnit: anyUnit }),
      fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes)),
    );
    fc.assert(
      fc.property(anything, fc.integer({ min: 16, max: 1_024 }), (value, bytesMax) => {
        const text = dimensionValue(value, bytesMax);
        expect(text).toMatch(/^[^\p{Cc}]+$/u);
        expect(text.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytesMax);
      }),
      { numRuns: 500 },
    );
  });
});
