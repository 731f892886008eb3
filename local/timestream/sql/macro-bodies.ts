/** An expression that fails with a message, of the type of another expression. */
export function failing(message: string, type: string): string {
  return `cast_to_type(ts_fail(${message}), ${type})`;
}

export const cannotCast = "'Cannot cast ''' || CAST(x AS VARCHAR) || ''' to '";

/** Trino's division and remainder: by zero an error for whole numbers, Infinity or NaN for doubles. DuckDB gives NULL. */
export function dividing(operator: "//" | "%"): string {
  const result = `a ${operator} b`;
  const double = (x: string) => `CAST(CAST(${x} AS VARCHAR) AS DOUBLE)`;
  const ofDoubles = operator === "%" ? "'NaN'" : `CAST(ts_quotient(${double("a")}, ${double("b")}) AS VARCHAR)`;
  return `CASE WHEN b <> 0 OR a IS NULL OR b IS NULL THEN ${result}
    WHEN typeof(${result}) IN ('DOUBLE', 'FLOAT') THEN cast_to_type(${ofDoubles}, ${result})
    ELSE ${failing("'Division by zero'", result)} END`;
}

/** A date or time that an interval was added to: a date stays one, and the nanoseconds that DuckDB drops come back. */
export function shifted(sum: string, x: string): string {
  return `CASE WHEN typeof(${x}) = 'DATE' AND CAST(${sum} AS VARCHAR) NOT LIKE '% 00:00:00' AND typeof(${sum}) <> 'DATE'
      THEN ${failing("'Cannot add hour, minutes or seconds to a date'", x)}
    WHEN typeof(${x}) = 'TIMESTAMP_NS' AND epoch_ns(${x}) % 1000 <> 0
      THEN cast_to_type(make_timestamp_ns(epoch_ns(${sum}) + epoch_ns(${x}) % 1000), ${x})
    ELSE cast_to_type(${sum}, ${x}) END`;
}

/** What a cast to a whole number is made of: doubles are rounded half up; a text must be digits. */
export function whole(otherwise: string): string {
  return `CASE WHEN typeof(x) IN ('DOUBLE', 'FLOAT')
      THEN cast_to_type(round(CAST(CAST(x AS VARCHAR) AS DOUBLE)), x)
    WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(CAST(x AS VARCHAR), '[+-]?[0-9]+') THEN ${otherwise} ELSE x END`;
}

export function truth(otherwise: string): string {
  return `CASE WHEN typeof(x) = 'VARCHAR' AND lower(CAST(x AS VARCHAR)) NOT IN ('t', 'true', '1', 'f', 'false', '0')
    THEN ${otherwise} ELSE x END`;
}

/** As a time of nanoseconds DuckDB would also take the digits of a whole number. */
export function time(otherwise: string): string {
  return `CASE WHEN typeof(x) = 'VARCHAR' AND x IS NOT NULL AND TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP) IS NULL
    THEN ${otherwise} ELSE x END`;
}

/** Trino's SequenceFunction makes no more of them. */
const entriesMax = 10_000;

/** A sequence must be led to its end by its step, and have a bounded number of entries: it is made as a whole. */
export function sequenceBy(step: string): string {
  const as = (x: string, type: string) => `TRY_CAST(CAST(${x} AS VARCHAR) AS ${type})`;
  const steps = `coalesce(
    (${as("b", "DOUBLE")} - ${as("a", "DOUBLE")}) / ${as(step, "DOUBLE")},
    (epoch(${as("b", "TIMESTAMP")}) - epoch(${as("a", "TIMESTAMP")})) / epoch(${as(step, "INTERVAL")}))`;
  const rule =
    "sequence stop value should be greater than or equal to start value if step is greater than zero" +
    " otherwise stop should be less than or equal to start";
  return `CASE WHEN a + ${step} = a THEN ${failing("'step must not be zero'", "[a]")}
    WHEN a <> b AND (a + ${step} > a) <> (b > a) THEN ${failing(`'${rule}'`, "[a]")}
    WHEN ${steps} >= ${entriesMax}
      THEN ${failing(`'result of sequence function must not have more than ${entriesMax} entries'`, "[a]")}
    ELSE generate_series(a, b, ${step}) END`;
}

/** A series at the times of an array. */
export function filledIn(kind: "linear" | "locf" | "fill", more: string): string {
  return `list_transform(t, lambda x: {'ts_time': x, 'ts_value': ts_${kind}_value(s, x${more})})`;
}

/** What `trim` takes away: white space of every kind, where DuckDB's takes blanks alone. */
export const SPACE = String.raw`E' \t\n\r\f\x0B'`;

/** From 1 on, or from the end with a minus; outside the text there is nothing. */
export const SUBSTRING = {
  "s, f": "CASE WHEN f = 0 OR abs(f) > length(s) THEN left(s, 0) ELSE substr(s, f) END",
  "s, f, n": "CASE WHEN f = 0 OR n <= 0 OR abs(f) > length(s) THEN left(s, 0) ELSE substr(s, f, n) END",
};
