import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import { nothingKnown, PartFold } from "../../../../lib/roll-up/fold/part-fold.ts";
import { rowKey } from "../../../../lib/store/rows/row.ts";
import { arrivalMs, config, countOf, definitions, folded, order, record, rowsOf } from "./shop.ts";

describe("groups over the cap", () => {
  const capped = (groupsPerBucket: number) =>
    definitionsOf({ ...config, limits: { groupsPerBucket, dimensionBytes: 64 } });

  it("go to (other), at most one more than the cap, and totals stay exact", () => {
    const countries = fc.array(fc.integer({ min: 0, max: 12 }).map(String), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(countries, fc.integer({ min: 1, max: 6 }), (values, cap) => {
        const events = values.map((country, index) =>
          order({ context: { geo: { country } }, properties: { revenue: index, currency: country } }),
        );
        const fold = folded([record(events)], capped(cap));
        const rows = rowsOf(fold, "orders");
        expect(rows.length).toBeLessThanOrEqual(cap + 1);
        expect(countOf(fold, "orders")).toBe(values.length);
        expect(rowsOf(fold, "revenue").reduce((total, { numbers }) => total + (numbers?.sum ?? 0), 0)).toBe(
          (values.length * (values.length - 1)) / 2,
        );
        // Whoever comes first has a group of its own, with all its events.
        const first = [...new Set(values)].slice(0, cap);
        for (const country of first) {
          const row = rows.find(({ dimensions }) => dimensions[0]?.[1] === country);
          expect(row?.count).toBe(values.filter((value) => value === country).length);
        }
        expect(new Set(rows.map(rowKey)).size).toBe(rows.length);
      }),
    );
  });

  it("are counted for each metric and each minute by themselves", () => {
    const events = [0, 1, 2].flatMap((minute) =>
      ["DE", "FR"].map((country) =>
        order({ timestamp: new Date(arrivalMs - minute * 60_000).toISOString(), context: { geo: { country } } }),
      ),
    );
    const fold = folded([record(events)], capped(2));
    expect(rowsOf(fold, "orders").map(({ dimensions }) => dimensions[0]?.[1])).not.toContain("(other)");
    expect(rowsOf(fold, "revenue")).toHaveLength(3);
  });

  it("share the group with values that are (other) by themselves", () => {
    const countries = ["(other)", { no: "text" }, "DE", "FR", "x".repeat(65)];
    const fold = folded([record(countries.map((country) => order({ context: { geo: { country } } })))], capped(2));
    expect(rowsOf(fold, "orders").map(({ dimensions, count }) => [dimensions[0]?.[1], count])).toEqual([
      ["(other)", 4],
      ["DE", 1],
    ]);
  });
});

describe("the values of a group", () => {
  const page = (path: string, country: string) => ({
    type: "page",
    timestamp: new Date(arrivalMs).toISOString(),
    context: { page: { path }, geo: { country } },
  });
  const groupsOf = (fold: PartFold) =>
    rowsOf(fold, "page_views").map(({ dimensions, count }) => [...dimensions.map(([, value]) => value), count]);

  it("are never taken from one value that looks like several", () => {
    const split = page("/", "DE");
    expect(groupsOf(folded([record([split, page("/x", "DE\u0000/"), split])]))).toEqual([
      ["DE", "/", 2],
      ["DE\ufffd/", "/x", 1],
    ]);
  });

  it("are all (other) over the cap", () => {
    const capped = definitionsOf({ ...config, limits: { groupsPerBucket: 1, dimensionBytes: 64 } });
    const pages = [page("/", "DE"), page("/x", "DE"), page("/", "FR")];
    expect(groupsOf(folded([record(pages)], capped))).toEqual([
      ["DE", "/", 1],
      ["(other)", "(other)", 2],
    ]);
  });

  it("are empty for a metric without dimensions", () => {
    const told: (readonly string[])[] = [];
    const fold = new PartFold(definitions, nothingKnown, ({ definition }, { values }) => {
      if (definition.name === "paid") told.push(values);
    });
    fold.add(record([order({ properties: { plan: "pro" } })]));
    expect(told).toEqual([[]]);
    expect(rowsOf(fold, "paid")).toMatchObject([{ dimensions: [], count: 1 }]);
  });
});

describe("a sum", () => {
  const revenue = (values: readonly number[]) => {
    const records = values.map((value, index) => record([order({ properties: { revenue: value } })], index));
    return rowsOf(folded(records), "revenue")[0]?.numbers;
  };

  it("of ten thousand prices is right to the cent, and to the last digit of a double", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -9_999_999, max: 9_999_999 }), { minLength: 10_000, maxLength: 10_000 }),
        (cents) => {
          const exact = cents.reduce((total, cent) => total + cent, 0);
          const { sum } = revenue(cents.map((cent) => cent / 100)) ?? { sum: Number.NaN };
          expect(Math.round(sum * 100)).toBe(exact);
          // Each price is off by half a unit in its last place before anything is added.
          expect(Math.abs(sum - exact / 100)).toBeLessThan(1e-7);
        },
      ),
      { numRuns: 3 },
    );
    expect(revenue(Array<number>(10_000).fill(0.1))?.sum).toBe(1_000);
    // Whichever term is larger, the sum so far or the new value.
    expect(revenue([1e15, 0.001, -1e15])?.sum).toBe(0.001);
    expect(revenue([0.001, 1e15, -1e15])?.sum).toBe(0.001);
  });

  it("keeps the smallest and the largest, of which all three are finite", () => {
    const double = fc.double({ min: -1e15, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(fc.array(double, { minLength: 1, maxLength: 20 }), (values) => {
        // JSON has no -0.
        const numbers = revenue(values);
        expect(numbers?.min).toBe(Math.min(...values.map((value) => value + 0)));
        expect(numbers?.max).toBe(Math.max(...values.map((value) => value + 0)));
        expect(Number.isFinite(numbers?.sum)).toBe(true);
      }),
    );
    expect(Number.isFinite(revenue(Array<number>(1_000).fill(1e15))?.sum)).toBe(true);
  });
});
