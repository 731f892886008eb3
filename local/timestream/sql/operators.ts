import { type FunctionRule, macro } from "./function-rule.ts";
import { cannotCast, dividing, failing, sequenceBy, shifted, time, truth, whole } from "./macro-bodies.ts";

/** Macros that stand for operators and casts; no query can call them by name. */
export const OPERATORS: Readonly<Record<string, FunctionRule>> = {
  divide: macro("a, b", dividing("//")),
  shift: macro("x, y", shifted("y", "x")),
  unless: macro("c, x", "CASE WHEN c THEN NULL ELSE x END"),
  varchar: macro(
    "x",
    `CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT', 'INTERVAL', 'TIME') OR typeof(x) LIKE 'TIMESTAMP%'
     THEN ts_text(typeof(x), CAST(x AS VARCHAR)) ELSE CAST(x AS VARCHAR) END`,
  ),
  whole: macro("x, t", whole(failing(`${cannotCast} || t`, "x"))),
  whole_or_null: macro("x, t", whole("NULL")),
  time: macro("x", time(failing(`${cannotCast} || 'timestamp'`, "x"))),
  time_or_null: macro("x", time("NULL")),
  truth: macro("x", truth(failing(`${cannotCast} || 'boolean'`, "x"))),
  truth_or_null: macro("x", truth("NULL")),
  subscript: macro(
    "a, i",
    `CASE WHEN i = 0 THEN ${failing("'SQL array indices start at 1'", "a[i]")}
     WHEN i < 0 THEN ${failing("'Array subscript is negative: ' || i", "a[i]")}
     WHEN i > len(a) THEN
       ${failing("'Array subscript must be less than or equal to array length: ' || i || ' > ' || len(a)", "a[i]")}
     ELSE a[i] END`,
  ),
  days_between: macro("a, b", "to_days(CAST(a - b AS INTEGER))"),
  sequence_of_dates: macro("a, b, s", `list_transform(${sequenceBy("s")}, lambda x: CAST(x AS DATE))`),
  linear_at: macro(
    "p, n, t",
    `CASE WHEN p.ts_time = t THEN CAST(p.ts_value AS DOUBLE)
     WHEN n.ts_time IS NOT NULL AND p.ts_time IS NOT NULL THEN p.ts_value + (CAST(n.ts_value AS DOUBLE) - p.ts_value)
       * (epoch_ns(t) - epoch_ns(p.ts_time)) / CAST(epoch_ns(n.ts_time) - epoch_ns(p.ts_time) AS DOUBLE) END`,
  ),
  linear_value: macro(
    "s, t",
    "ts_linear_at(list_filter(s, lambda p: p.ts_time <= t)[-1], list_filter(s, lambda p: p.ts_time > t)[1], t)",
  ),
  locf_value: macro("s, t", "list_filter(s, lambda p: p.ts_time <= t)[-1].ts_value"),
  fill_value: macro("s, t, v", "coalesce(list_filter(s, lambda p: p.ts_time = t)[1].ts_value, v)"),
};
