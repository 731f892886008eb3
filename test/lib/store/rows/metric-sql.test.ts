import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { metricSql } from "../../../../lib/store/rows/metric-sql.ts";
import type { MetricQuestion } from "../../../../lib/store/rows/store.ts";
import { anyText } from "../../any-text.ts";
import { sqlTokens } from "./sql-tokens.ts";

const question: MetricQuestion = {
  metric: "revenue",
  def: "0123456789ab",
  measure: "sum",
  fromMs: 1_769_860_800_000,
  toMs: 1_769_864_400_000,
  every: "5m",
  by: ["country"],
  where: [["currency", "EUR"]],
  order: { column: "time", descending: false },
  limit: 1_000,
};
const sqlOf = (changes: Partial<MetricQuestion> = {}): string =>
  metricSql({ ...question, ...changes }, "millrace", "metrics_1m");
const literals = (sql: string): string[] =>
  sqlTokens(sql)
    .filter(({ kind }) => kind === "text")
    .map(({ value }) => value);
const skeleton = (sql: string): string[] => sqlTokens(sql).map(({ kind, value }) => (kind === "text" ? "?" : value));

describe("the SQL of a question", () => {
  it("adds up parts, of the definition in force, and leaves out rows that were taken back", () => {
    expect(sqlOf()).toBe(
      `SELECT to_milliseconds(bin(time, 5m)) AS t, COALESCE("country", '(none)') AS d0, sum("sum") AS v ` +
        `FROM "millrace"."metrics_1m" ` +
        `WHERE measure_name = 'revenue' AND "def" = '0123456789ab' AND "count" > 0 ` +
        `AND time >= from_milliseconds(1769860800000) AND time < from_milliseconds(1769864400000) ` +
        `AND COALESCE("currency", '(none)') = 'EUR' ` +
        `GROUP BY bin(time, 5m), COALESCE("country", '(none)') ORDER BY 1 ASC, 2 LIMIT 1000`,
    );
  });

  it("has one row for all of the time where no bucket is asked for, and none where there is nothing", () => {
    expect(sqlOf({ every: undefined, by: [], where: [] })).toMatch(
      /^SELECT 1769860800000 AS t, sum\("sum"\) AS v .* HAVING count\(\*\) > 0 ORDER BY 1 ASC LIMIT 1000$/,
    );
    expect(sqlOf({ every: undefined })).toMatch(/ GROUP BY COALESCE\("country", '\(none\)'\) ORDER BY 1 ASC, 2 LIMIT/);
  });

  it("settles ties by the other columns, in any order that is asked for", () => {
    expect(sqlOf({ order: { column: "value", descending: true } })).toContain(" ORDER BY 3 DESC, 1, 2 LIMIT");
    expect(sqlOf({ order: { column: "time", descending: true }, by: ["a", "b"] })).toContain(
      " ORDER BY 1 DESC, 2, 3 LIMIT",
    );
    expect(sqlOf({ order: { column: "value", descending: false }, by: [] })).toContain(" ORDER BY 2 ASC, 1 LIMIT");
  });

  it("takes values of one dimension as alternatives, and conditions on several dimensions together", () => {
    const where = [
      ["country", "DE"],
      ["currency", "EUR"],
      ["country", "FR"],
      ["country", "FR"],
    ] as const;
    expect(sqlOf({ where })).toContain(
      ` AND COALESCE("country", '(none)') IN ('DE', 'FR', 'FR') AND COALESCE("currency", '(none)') = 'EUR' GROUP BY`,
    );
  });

  it("has the values of a question in literals only, whatever they are", () => {
    const plain = sqlOf({
      where: [
        ["currency", "EUR"],
        ["country", "DE"],
      ],
    });
    const hostile = fc.oneof(
      anyText,
      fc.constantFrom("'", "' OR 1=1 --", "\\' OR ''='", '"; DROP TABLE x', "/*", "\u0000'", "\ud800'"),
      fc.array(fc.constantFrom("'", '"', "\\", "-", ";", "\n")).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (currency, country, metric, def) => {
        const sql = sqlOf({
          where: [
            ["currency", currency],
            ["country", country],
          ],
          metric,
          def,
        });
        expect(skeleton(sql)).toEqual(skeleton(plain));
        const none = "(none)";
        const values = [metric, def, none, currency, none, country].map((value) => value.toWellFormed());
        expect(literals(sql)).toEqual([none, ...values, none]);
      }),
      { numRuns: 500 },
    );
  });

  it("is not made of a number that is not whole", () => {
    for (const fromMs of [Number.NaN, Number.POSITIVE_INFINITY, 0.5, 2 ** 53]) {
      expect(() => sqlOf({ fromMs })).toThrow(/^Expected a whole number in a query, got /);
    }
  });
});
