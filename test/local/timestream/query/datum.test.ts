import fc from "fast-check";
import { expect, test } from "vitest";
import { doubleText, timestampText } from "../../../../local/timestream/query/datum.ts";

test.each([
  [0, "0.0"],
  [-0, "-0.0"],
  [1, "1.0"],
  [-2.5, "-2.5"],
  [0.001, "0.001"],
  [0.00099, "9.9E-4"],
  [9999999, "9999999.0"],
  [10000000, "1.0E7"],
  [1.5e300, "1.5E300"],
  [Number.NaN, "NaN"],
  [Number.NEGATIVE_INFINITY, "-Infinity"],
])("the double %d is written %s, as Java writes it", (value, text) => {
  expect(doubleText(value)).toBe(text);
});

test("a double read back from its text is the same", () => {
  fc.assert(fc.property(fc.double(), (value) => Object.is(Number(doubleText(value)), value)));
});

test("a timestamp shows all nine digits, before 1970, too", () => {
  expect(timestampText(1n)).toBe("1970-01-01 00:00:00.000000001");
  expect(timestampText(-1n)).toBe("1969-12-31 23:59:59.999999999");
});
