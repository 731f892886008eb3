/** How one function of Timestream SQL runs on DuckDB. */
export interface FunctionRule {
  /** DuckDB's name; the function's own where left out. */
  readonly as?: string;
  /** Body of a DuckDB macro that stands for the function, by parameter list (one entry per number of arguments). */
  readonly macro?: Readonly<Record<string, string>>;
  /** The macro's first parameter is the current time, which the query does not pass. */
  readonly clock?: true;
  /** Decimal literals among the arguments stay decimal. */
  readonly decimals?: true;
  /** Literals with a `%` among the arguments are formats in MySQL's letters. */
  readonly format?: true;
  /** Another rule holds where the second argument has an interval in it. */
  readonly ofInterval?: string;
}

const same = (...names: string[]): Record<string, FunctionRule> => Object.fromEntries(names.map((name) => [name, {}]));
const macro = (parameters: string, body: string): FunctionRule => ({ macro: { [parameters]: body } });

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
  ...same("abs", "cbrt", "ceil", "ceiling", "degrees", "radians", "exp", "floor", "ln", "log2", "log10", "mod", "pi"),
  ...same("pow", "power", "round", "sign", "sqrt", "random", "acos", "asin", "atan", "atan2", "cos", "sin", "tan"),
  truncate: { as: "trunc" },
  rand: { as: "random" },
  is_nan: { as: "isnan" },
  is_finite: { as: "isfinite" },
  is_infinite: { as: "isinf" },
  e: macro("", "exp(1)"),
  nan: macro("", "CAST('NaN' AS DOUBLE)"),
  infinity: macro("", "CAST('Infinity' AS DOUBLE)"),

  // Text.
  ...same(
    "chr",
    "concat",
    "length",
    "lower",
    "upper",
    "lpad",
    "rpad",
    "ltrim",
    "rtrim",
    "trim",
    "reverse",
    "split_part",
  ),
  ...same("strpos", "substr", "substring", "starts_with", "position", "regexp_extract_all"),
  codepoint: { as: "unicode" },
  levenshtein_distance: { as: "levenshtein" },
  split: { as: "string_split" },
  replace: { macro: { "s, f": "replace(s, f, '')", "s, f, t": "replace(s, f, t)" } },
  regexp_like: { as: "regexp_matches" },
  regexp_extract: {
    macro: {
      "s, p": "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p) END",
      "s, p, g": "CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END",
    },
  },
  regexp_replace: {
    macro: { "s, p": "regexp_replace(s, p, '', 'g')", "s, p, r": "regexp_replace(s, p, r, 'g')" },
  },

  // Arrays.
  ...same("array_distinct", "array_intersect", "flatten"),
  cardinality: { as: "len" },
  contains: { as: "list_contains" },
  element_at: { as: "list_extract" },
  array_max: { as: "list_max" },
  array_min: { as: "list_min" },
  array_sort: { as: "list_sort" },
  array_position: { as: "list_position" },
  array_join: { as: "array_to_string" },
  sequence: { as: "generate_series" },
  slice: macro("a, s, n", "list_slice(a, s, s + n - 1)"),

  // Date and time ("Date / time functions"). Bins start at the epoch.
  bin: { macro: { "x, n": "x - ((x % n) + n) % n" }, ofInterval: "bin_time" },
  bin_time: macro("x, i", "time_bucket(i, x, TIMESTAMP '1970-01-01')"),
  now: { macro: { n: "n" }, clock: true },
  ago: { macro: { "n, i": "n - i" }, clock: true },
  current_timezone: macro("", "'UTC'"),
  date: macro("x", "CAST(x AS DATE)"),
  date_trunc: {},
  date_add: macro("u, n, x", "x + n * CAST('1 ' || u AS INTERVAL)"),
  // DuckDB's date_diff counts the boundaries between the two; date_sub the whole units, as Trino's does.
  date_diff: { as: "date_sub" },
  date_format: { as: "strftime", format: true },
  date_parse: { as: "strptime", format: true },
  from_milliseconds: macro("x", "make_timestamp_ms(CAST(x AS BIGINT))"),
  from_nanoseconds: macro("x", "make_timestamp_ns(CAST(x AS BIGINT))"),
  from_unixtime: macro("x", "make_timestamp(CAST(CAST(x AS DOUBLE) * 1000000 AS BIGINT))"),
  from_iso8601_timestamp: macro("x", "CAST(CAST(x AS TIMESTAMPTZ) AS TIMESTAMP)"),
  from_iso8601_date: macro("x", "CAST(x AS DATE)"),
  to_milliseconds: { as: "epoch_ms" },
  to_nanoseconds: { as: "epoch_ns" },
  to_unixtime: { as: "epoch" },
  to_iso8601: macro("x", "strftime(CAST(x AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%f') || '000Z'"),
  last_day_of_month: { as: "last_day" },
  ...same("year", "quarter", "month", "week", "day", "hour", "minute", "second"),
  millisecond: macro("x", "epoch_ms(x) % 1000"),
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
  ...["count_star", "date_part", "list_value", "row", "struct_extract", "array_extract", "unnest"],
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
  return Object.entries(FUNCTIONS).flatMap(([name, { macro }]) => {
    if (!macro) return [];
    const overloads = Object.entries(macro).map(([parameters, body]) => `(${parameters}) AS (${body})`);
    return [`CREATE OR REPLACE MACRO ts_${name} ${overloads.join(", ")}`];
  });
}
