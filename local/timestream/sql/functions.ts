import { type FunctionRule, macro, same } from "./function-rule.ts";
import { dividing, failing, filledIn, SPACE, SUBSTRING, sequenceBy, shifted } from "./macro-bodies.ts";
import { OPERATORS } from "./operators.ts";

/**
 * The functions of Timestream SQL that run here (developer guide, "Query language reference"); any other name is
 * refused, so that a query that passes here does not lean on a function only DuckDB has.
 */
export const FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  // Aggregates and window functions. These are renamed and never macros: a macro takes no FILTER and no OVER.
  ...same("count", "sum", "avg", "min", "max", "max_by", "min_by", "arbitrary", "array_agg", "count_if", "bool_and"),
  ...same("bool_or", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "corr", "covar_pop"),
  ...same("covar_samp", "kurtosis", "skewness", "regr_intercept", "regr_slope"),
  ...same("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile"),
  ...same("lag", "lead", "first_value", "last_value", "nth_value"),
  every: { as: "bool_and" },
  geometric_mean: { as: "geomean" },
  approx_distinct: { as: "approx_count_distinct" },
  approx_percentile: { as: "approx_quantile", decimals: true },

  // Conditional expressions.
  ...same("coalesce", "nullif", "if", "try", "greatest", "least"),

  // Mathematics.
  ...same("abs", "degrees", "radians", "pi", "round", "atan", "atan2", "cosh", "sinh", "tanh"),
  ceil: macro("x", "cast_to_type(ceil(x), x)"),
  ceiling: macro("x", "cast_to_type(ceil(x), x)"),
  floor: macro("x", "cast_to_type(floor(x), x)"),
  sign: macro("x", "cast_to_type(sign(x), x)"),
  sqrt: { as: "ts_sqrt" },
  ln: { as: "ts_ln" },
  log2: { as: "ts_log2" },
  log10: { as: "ts_log10" },
  log: { as: "ts_log" },
  acos: { as: "ts_acos" },
  asin: { as: "ts_asin" },
  cos: { as: "ts_cos" },
  sin: { as: "ts_sin" },
  tan: { as: "ts_tan" },
  exp: { as: "ts_exp" },
  cbrt: { as: "ts_cbrt" },
  pow: { as: "ts_power" },
  power: { as: "ts_power" },
  mod: macro("a, b", dividing("%")),
  truncate: { as: "trunc" },
  random: {
    macro: {
      "": "random()",
      n: "CAST(floor(random() * n) AS BIGINT)",
      "m, n": "m + CAST(floor(random() * (n - m)) AS BIGINT)",
    },
  },
  rand: macro("", "random()"),
  is_nan: { as: "isnan" },
  is_finite: { as: "isfinite" },
  is_infinite: { as: "isinf" },
  e: macro("", "exp(1)"),
  nan: macro("", "CAST('NaN' AS DOUBLE)"),
  infinity: macro("", "CAST('Infinity' AS DOUBLE)"),
  to_base: { as: "ts_to_base" },
  from_base: { as: "ts_from_base" },
  bitwise_and: macro("a, b", "CAST(a AS BIGINT) & CAST(b AS BIGINT)"),
  bitwise_or: macro("a, b", "CAST(a AS BIGINT) | CAST(b AS BIGINT)"),
  bitwise_xor: macro("a, b", "xor(CAST(a AS BIGINT), CAST(b AS BIGINT))"),
  bitwise_not: macro("a", "~CAST(a AS BIGINT)"),
  bit_count: macro(
    "x, n",
    `CAST(bit_count(CASE WHEN n >= 64 THEN CAST(x AS BIGINT)
       ELSE CAST(x AS BIGINT) & ((CAST(1 AS BIGINT) << n) - 1) END) AS BIGINT)`,
  ),

  // Text.
  ...same("chr", "concat", "length", "lower", "upper", "lpad", "rpad", "reverse", "strpos", "starts_with", "position"),
  ltrim: { macro: { s: `ltrim(s, ${SPACE})`, "s, c": "ltrim(s, c)" } },
  rtrim: { macro: { s: `rtrim(s, ${SPACE})`, "s, c": "rtrim(s, c)" } },
  trim: { macro: { s: `trim(s, ${SPACE})`, "s, c": "trim(s, c)" } },
  substr: { macro: SUBSTRING },
  substring: { macro: SUBSTRING },
  strrpos: macro(
    "s, f",
    "CASE WHEN strpos(s, f) = 0 THEN 0 ELSE length(s) - length(f) - strpos(reverse(s), reverse(f)) + 2 END",
  ),
  split_part: macro(
    "s, d, i",
    `CASE WHEN i < 1 THEN ts_fail('Index must be greater than zero')
     WHEN i > len(string_split(s, d)) THEN NULL ELSE split_part(s, d, i) END`,
  ),
  codepoint: { as: "unicode" },
  levenshtein_distance: { as: "levenshtein" },
  hamming_distance: { as: "hamming" },
  split: {
    macro: {
      "s, d": "string_split(s, d)",
      "s, d, n": `CASE WHEN len(string_split(s, d)) <= n THEN string_split(s, d)
        ELSE list_append(string_split(s, d)[:n - 1], array_to_string(string_split(s, d)[n:], d)) END`,
    },
  },
  replace: { macro: { "s, f": "replace(s, f, '')", "s, f, t": "replace(s, f, t)" } },
  regexp_like: macro("s, p", "regexp_matches(s, ts_pattern(p))"),
  regexp_extract: {
    macro: {
      "s, p": "CASE WHEN regexp_matches(s, ts_pattern(p)) THEN regexp_extract(s, ts_pattern(p)) END",
      "s, p, g": "CASE WHEN regexp_matches(s, ts_pattern(p)) THEN regexp_extract(s, ts_pattern(p), g) END",
    },
  },
  regexp_extract_all: {
    macro: {
      "s, p": "regexp_extract_all(s, ts_pattern(p))",
      "s, p, g": "regexp_extract_all(s, ts_pattern(p), g)",
    },
  },
  regexp_replace: {
    macro: {
      "s, p": "regexp_replace(s, ts_pattern(p), '', 'g')",
      "s, p, r": "regexp_replace(s, ts_pattern(p), ts_replacement(p, r), 'g')",
    },
  },
  regexp_split: macro("s, p", "string_split_regex(s, ts_pattern(p))"),

  // Arrays.
  ...same("flatten"),
  array_sort: { as: "list_sort" },
  array_distinct: macro("a", "list_filter(a, lambda x, i: i = list_position(a, x))"),
  array_intersect: macro(
    "a, b",
    "list_filter(a, lambda x, i: i = list_position(a, x) AND list_position(b, x) IS NOT NULL)",
  ),
  array_except: macro("a, b", "list_filter(a, lambda x, i: i = list_position(a, x) AND list_position(b, x) IS NULL)"),
  array_union: macro("a, b", "list_filter(a || b, lambda x, i: i = list_position(a || b, x))"),
  array_remove: macro("a, e", "list_filter(a, lambda x: x IS NULL OR x <> e)"),
  arrays_overlap: { as: "list_has_any" },
  cardinality: macro("a", "CAST(len(a) AS BIGINT)"),
  contains: { as: "list_contains" },
  element_at: macro("a, i", `CASE WHEN i = 0 THEN ${failing("'SQL array indices start at 1'", "a[i]")} ELSE a[i] END`),
  array_max: macro("a", "CASE WHEN len(list_filter(a, lambda x: x IS NULL)) > 0 THEN NULL ELSE list_max(a) END"),
  array_min: macro("a", "CASE WHEN len(list_filter(a, lambda x: x IS NULL)) > 0 THEN NULL ELSE list_min(a) END"),
  array_position: macro(
    "a, e",
    "CASE WHEN a IS NOT NULL AND e IS NOT NULL THEN CAST(coalesce(list_position(a, e), 0) AS BIGINT) END",
  ),
  array_join: {
    macro: {
      "a, d": "array_to_string(list_transform(list_filter(a, lambda x: x IS NOT NULL), lambda x: ts_varchar(x)), d)",
      "a, d, n": "array_to_string(list_transform(a, lambda x: coalesce(ts_varchar(x), n)), d)",
    },
  },
  repeat: macro("e, n", "list_transform(range(n), lambda i: e)"),
  sequence: {
    macro: { "a, b": sequenceBy("(CASE WHEN a <= b THEN 1 ELSE -1 END)"), "a, b, s": sequenceBy("s") },
  },
  slice: macro(
    "a, s, n",
    `CASE WHEN s = 0 THEN ${failing("'SQL array indices start at 1'", "a")}
     WHEN n < 0 THEN ${failing("'length must be greater than or equal to 0'", "a")}
     WHEN s < -len(a) THEN a[:0] WHEN s < 0 THEN list_slice(a, len(a) + s + 1, len(a) + s + n)
     ELSE list_slice(a, s, s + n - 1) END`,
  ),

  // Time series ("Time-series functions"). Outside its points a series has no value to fill in.
  create_time_series: macro("t, v", "list({'ts_time': t, 'ts_value': v} ORDER BY t) FILTER (WHERE t IS NOT NULL)"),
  interpolate_linear: macro("s, t", filledIn("linear", "")),
  interpolate_locf: macro("s, t", filledIn("locf", "")),
  interpolate_fill: macro("s, t, v", filledIn("fill", ", v")),

  // Date and time ("Date / time functions"). Bins start at the epoch.
  bin: { macro: { "x, n": "x - ((x % n) + n) % n" }, ofInterval: "bin_time" },
  bin_time: macro("x, i", "time_bucket(i, x, TIMESTAMP '1970-01-01')"),
  now: { macro: { n: "n" }, clock: true },
  ago: { macro: { "n, i": "n - i" }, clock: true },
  current_timezone: macro("", "'UTC'"),
  date: macro("x", "CAST(x AS DATE)"),
  date_trunc: macro("u, x", "cast_to_type(date_trunc(u, x), x)"),
  date_add: macro(
    "u, n, x",
    `CASE WHEN lower(u) = 'nanosecond' THEN cast_to_type(make_timestamp_ns(epoch_ns(x) + CAST(n AS BIGINT)), x)
     ELSE ${shifted("(x + n * CAST('1 ' || CASE WHEN lower(u) = 'nanosecond' THEN 'second' ELSE u END AS INTERVAL))", "x")} END`,
  ),
  // DuckDB's date_diff counts the boundaries between the two; date_sub the whole units, as Trino's does.
  date_diff: { as: "date_sub" },
  date_format: macro("x, f", "ts_format_time(epoch_ns(CAST(x AS TIMESTAMP_NS)), f)"),
  date_parse: macro("x, f", "make_timestamp_ns(ts_parse_time(x, f))"),
  from_milliseconds: macro("x", "make_timestamp_ms(CAST(x AS BIGINT))"),
  from_nanoseconds: macro("x", "make_timestamp_ns(CAST(x AS BIGINT))"),
  from_unixtime: macro("x", "make_timestamp(CAST(CAST(x AS DOUBLE) * 1000000 AS BIGINT))"),
  from_iso8601_timestamp: macro("x", "make_timestamp_ns(ts_iso_time(x))"),
  from_iso8601_date: macro("x", "CAST(make_timestamp_ns(ts_iso_time(x)) AS DATE)"),
  to_milliseconds: { as: "epoch_ms" },
  to_nanoseconds: { as: "epoch_ns" },
  to_unixtime: macro("x", "CAST(epoch_ns(x) AS DOUBLE) / 1e9"),
  to_iso8601: macro("x", "ts_iso_text(typeof(x), CAST(x AS VARCHAR))"),
  last_day_of_month: { as: "last_day" },
  ...same("year", "quarter", "month", "week", "day", "hour", "minute", "second"),
  millisecond: macro("x", "millisecond(x) % 1000"),
  week_of_year: { as: "week" },
  day_of_month: { as: "day" },
  // Monday is 1, as in ISO 8601.
  day_of_week: { as: "isodow" },
  dow: { as: "isodow" },
  day_of_year: { as: "dayofyear" },
  doy: { as: "dayofyear" },
  year_of_week: { as: "isoyear" },
  yow: { as: "isoyear" },
};

/** Names of the rewrite's own that no query can call. */
const INTERNAL: ReadonlySet<string> = new Set(["bin_time"]);

/** The rule for a name as a query writes it, in lower case. */
export function ruleOf(name: string): FunctionRule | undefined {
  return Object.hasOwn(FUNCTIONS, name) && !INTERNAL.has(name) ? FUNCTIONS[name] : undefined;
}

/** The name under which a Timestream function is called on DuckDB. */
export function duckdbName(name: string): string {
  const rule = FUNCTIONS[name];
  return rule?.macro ? `ts_${name}` : (rule?.as ?? name);
}

/** What DuckDB's parser makes of operators, literals and special syntax. */
const SYNTAX = [
  ...["+", "-", "*", "/", "%", "||", "~~", "!~~", "like_escape", "not_like_escape"],
  ...["count_star", "date_part", "list_value", "row", "struct_extract", "array_extract", "unnest", "timezone"],
  ...["trim", "ltrim", "rtrim", "substring"],
  ...["to_years", "to_months", "to_weeks", "to_days", "to_hours", "to_minutes", "to_seconds"],
];

/** Every function a rewritten query may call, by DuckDB's name. */
export const CALLABLE: ReadonlySet<string> = new Set([...Object.keys(FUNCTIONS).map(duckdbName), ...SYNTAX]);

/** DuckDB's own names, which a query must not call itself. */
export const DUCKDB_ONLY: ReadonlySet<string> = new Set(
  [...CALLABLE].filter((name) => !ruleOf(name) && name !== "row" && name !== "unnest"),
);

/** The macros a DuckDB instance needs before it can run rewritten queries. */
export function macroStatements(): string[] {
  return Object.entries({ ...OPERATORS, ...FUNCTIONS }).flatMap(([name, { macro }]) => {
    if (!macro) return [];
    const overloads = Object.entries(macro).map(([parameters, body]) => `(${parameters}) AS (${body})`);
    return [`CREATE OR REPLACE MACRO ts_${name} ${overloads.join(", ")}`];
  });
}
