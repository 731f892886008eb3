import { describe, expect, it } from "vitest";
import { metric, problemsOf, withBy } from "./problems.ts";

const wide = (dimensions: number, prefix = "d") =>
  Object.fromEntries(Array.from({ length: dimensions }, (_, index) => [`${prefix}${index}`, `properties.p${index}`]));

describe("metrics that share one table", () => {
  it("may not have aliases that differ in case only", () => {
    const metrics = { a: { ...metric, by: { country: "x" } }, b: { ...metric, by: { Country: "y" } } };
    expect(problemsOf({ metrics })).toEqual([
      { path: "metrics.b.by.Country", expected: 'the same capitals as "country" elsewhere', received: '"Country"' },
    ]);
    expect(problemsOf(withBy({ shop: "x", SHOP: "y" }))).toHaveLength(1);
  });

  it("may use one alias in many metrics, and 126 different ones in all", () => {
    const metricsOf = (aliases: number) =>
      Object.fromEntries(
        Array.from({ length: aliases }, (_, index) => [
          `m${index}`,
          { ...metric, by: { [`d${index}`]: "x", same: "y" } },
        ]),
      );
    expect(problemsOf({ metrics: metricsOf(125) })).toEqual([]);
    expect(problemsOf({ metrics: metricsOf(126) })).toEqual([
      { path: "metrics", expected: "at most 126 different aliases in all", received: "127" },
    ]);
  });

  it("are at most 1,000", () => {
    const metricsOf = (length: number) =>
      Object.fromEntries(Array.from({ length }, (_, index) => [`m${index}`, metric]));
    expect(problemsOf({ metrics: metricsOf(1_000) })).toEqual([]);
    expect(problemsOf({ metrics: metricsOf(1_001) })).toMatchObject([{ path: "metrics", received: "1001" }]);
  });

  it("have rows of at most 2,048 bytes when every value is as long as it may be", () => {
    expect(problemsOf(withBy(wide(7)))).toEqual([]);
    expect(problemsOf(withBy(wide(8)))).toEqual([
      {
        path: "metrics.m.by",
        expected: "rows of at most 2048 bytes (fewer dimensions, or a smaller limits.dimensionBytes)",
        received: expect.stringMatching(/^"8 dimensions, \d+ bytes"$/),
      },
    ]);
    expect(problemsOf({ ...withBy(wide(8)), limits: { dimensionBytes: 64 } })).toEqual([]);
  });
});
