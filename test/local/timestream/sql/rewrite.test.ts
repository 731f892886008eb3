import fc from "fast-check";
import { expect, test } from "vitest";
import { CALLABLE, duckdbName, FUNCTIONS, ruleOf } from "../../../../local/timestream/sql/functions.ts";
import { identifier, literal } from "../../../../local/timestream/sql/quoting.ts";
import { rewrite } from "../../../../local/timestream/sql/rewrite.ts";
import { tokenize } from "../../../../local/timestream/sql/token.ts";

const context = {
  nowMs: Date.UTC(2026, 0, 1),
  hasTable: (database: string, table: string) => database === "d" && table === "t",
};
const rewritten = (sql: string) => rewrite(tokenize(sql), context);

test("strings and quoted names come out as they went in, wherever they stand", () => {
  const text = fc.string({ unit: "binary" }).filter((one) => !one.includes("\0"));
  fc.assert(
    fc.property(text, text, fc.constantFrom("", "abs(", "bin(", "ago(", "max_by(x, "), (string, name, before) => {
      const sql = `SELECT ${before}${literal(string)}, ${identifier(name)}${before && ")"} -- '\n`;
      const kept = (query: string) =>
        tokenize(query).filter(
          ({ kind, value }) => (kind === "string" && !value.startsWith("2026-01-01 00")) || kind === "quoted",
        );
      expect(kept(rewritten(sql)).map(({ text }) => text)).toEqual([literal(string), identifier(name)]);
    }),
  );
});

test("what has nothing of Timestream's own stays as it is", () => {
  for (const sql of ["SELECT a , b FROM x WHERE c = 'y' AND d >= 5", "SELECT count ( * ) , x . y FROM z x"]) {
    expect(rewritten(sql)).toBe(sql);
  }
});

test.each([
  ['"d"."t"', '"db:d"."t"'],
  ["d.t.c", '"db:d"."t" . c'],
  ["D.t", "D . t"],
  ["x.d.t", "x . d . t"],
  ["measure_value::double", '"measure_value::double"'],
  ["v.measure_value::bigint", 'v . "measure_value::bigint"'],
  ["15m", "INTERVAL '15 minutes'"],
  ["2w", "INTERVAL '2 weeks'"],
  ["1500ns", "INTERVAL '1 microseconds'"],
  ["now()", "ts_now ( TIMESTAMP '2026-01-01 00:00:00.000'  )"],
  ["ago(1h)", "ts_ago ( TIMESTAMP '2026-01-01 00:00:00.000' , INTERVAL '1 hours' )"],
  ["bin(t, 5m)", "ts_bin_time ( t , INTERVAL '5 minutes' )"],
  ["bin(f(a, 5m), 5)", "ts_bin ( f ( a , INTERVAL '5 minutes' ) , 5 )"],
  ["1.5", "1.5e0"],
  ["approx_percentile(x, 0.5) + 0.5", "approx_quantile ( x , 0.5 ) + 0.5e0"],
  ["pivot", '"pivot"'],
  ["date_format(x, '%i%%i')", "ts_date_format ( x , '%i%%i' )"],
])("%s becomes %s", (sql, expected) => {
  expect(rewritten(sql).replaceAll(/\s+/g, " ")).toBe(expected.replaceAll(/\s+/g, " "));
});

test("every function of the table can be called, and none by a name of its stand-in", () => {
  for (const name of Object.keys(FUNCTIONS)) expect(CALLABLE.has(duckdbName(name))).toBe(true);
  expect(ruleOf("bin_time")).toBeUndefined();
  expect(ruleOf("constructor")).toBeUndefined();
});
