import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CALLABLE, FUNCTIONS } from "../../../../local/timestream/sql/functions.ts";
import { LACKING } from "../../../../local/timestream/sql/lacking.ts";
import { type Emulator, started } from "../emulator.ts";

let emulator: Emulator;

beforeAll(async () => {
  emulator = await started();
});
afterAll(() => emulator.timestream.close());

/** Where it is written: a page of Timestream's developer guide, or of Trino's documentation where that is silent. */
type Row = readonly [expression: string, expected: unknown];
const sources: Readonly<Record<string, readonly Row[]>> = {
  "Trino, Mathematical functions and operators": [
    ["7 / 2", "3"],
    ["-7 / 2", "-3"],
    ["7e0 / 2", "3.5"],
    ["3e0 / 0", "Infinity"],
    ["-3e0 / 0", "-Infinity"],
    ["0e0 / 0", "NaN"],
    ["mod(-7, 3)", "-1"],
    ["mod(5e0, 0)", "NaN"],
    ["7.5 % 2", "1.5"],
    ["NULL / 0", null],
    ["sqrt(-1)", "NaN"],
    ["ln(0)", "-Infinity"],
    ["log2(-1)", "NaN"],
    ["log10(1000)", "3.0"],
    ["log(2, 8)", "3.0"],
    ["acos(2)", "NaN"],
    ["exp(1000)", "Infinity"],
    ["power(0, -1)", "Infinity"],
    ["cbrt(27)", "3.0"],
    ["round(2.5)", "3.0"],
    ["round(-2.5)", "-3.0"],
    ["round(3.14159, 2)", "3.14"],
    ["truncate(-1.7)", "-1.0"],
    ["sign(-3.5)", "-1.0"],
    ["ceiling(5)", "5"],
    ["floor(-1.2)", "-2.0"],
    ["to_base(255, 16)", "ff"],
    ["from_base('-ff', 16)", "-255"],
    ["random(1)", "0"],
    ["random(5, 6)", "5"],
  ],
  "Trino, Bitwise functions": [
    ["bit_count(9, 64)", "2"],
    ["bit_count(-7, 64)", "62"],
    ["bit_count(-7, 8)", "6"],
    ["bitwise_and(19, 25)", "17"],
    ["bitwise_or(19, 25)", "27"],
    ["bitwise_xor(19, 25)", "10"],
    ["bitwise_not(-12)", "11"],
  ],
  "Trino, Conversion functions": [
    ["cast(2.5 AS integer)", "3"],
    ["cast(-2.5 AS bigint)", "-3"],
    ["cast(2.4 AS smallint)", "2"],
    ["cast('42' AS bigint)", "42"],
    ["cast(true AS integer)", "1"],
    ["cast('t' AS boolean)", "true"],
    ["cast(2e0 AS boolean)", "true"],
    ["cast(1e7 AS varchar)", "1.0E7"],
    ["cast(1234567.5 AS varchar)", "1234567.5"],
    ["cast(1e-4 AS varchar)", "1.0E-4"],
    ["cast(0.001 AS varchar)", "0.001"],
    ["cast(nan() AS varchar)", "NaN"],
    ["cast(-infinity() AS varchar)", "-Infinity"],
    ["cast(9223372036854775807 AS varchar)", "9223372036854775807"],
    ["cast(true AS varchar)", "true"],
    ["try_cast('2.5' AS integer)", null],
    ["try_cast('yes' AS boolean)", null],
    ["try_cast('x' AS timestamp)", null],
    ["try_cast(1e7 AS varchar)", "1.0E7"],
    ["try(1 / 0)", null],
  ],
  "Timestream, Supported data types": [
    ["cast(TIMESTAMP '2022-06-07 09:05:03' AS varchar)", "2022-06-07 09:05:03.000000000"],
    ["cast(TIMESTAMP '2022-06-07 09:05:03.123456789' AS varchar)", "2022-06-07 09:05:03.123456789"],
    ["cast(DATE '2022-06-07' AS varchar)", "2022-06-07"],
    ["cast(TIME '10:20:30' AS varchar)", "10:20:30.000000000"],
    ["cast(1.5h AS varchar)", "0 01:30:00.000000000"],
    ["cast(interval '14' month AS varchar)", "1-2"],
    ["TIMESTAMP '2022-06-07 09:05:03.123456789'", "2022-06-07 09:05:03.123456789"],
  ],
  "Timestream, Date / time operators": [
    ["date '2022-05-21' + 2d", "2022-05-23"],
    ["2d + date '2022-05-21'", "2022-05-23"],
    ["date '2022-05-21' - interval '1' month", "2022-04-21"],
    ["date '2022-05-23' - date '2022-05-21'", "2 00:00:00.000000000"],
    ["timestamp '2022-05-21 10:00:00.123456789' + 1s", "2022-05-21 10:00:01.123456789"],
    ["timestamp '2022-05-21 10:00:00.123456789' - 1d", "2022-05-20 10:00:00.123456789"],
    ["time '10:00' + 2h", "12:00:00.000000000"],
    ["interval '2' day / 2", "1 00:00:00.000000000"],
    ["2 * interval '2' day", "4 00:00:00.000000000"],
  ],
  "Timestream, Date / time functions": [
    ["to_nanoseconds(TIMESTAMP '2022-06-17 10:20:33.123456789')", "1655461233123456789"],
    ["to_nanoseconds(from_iso8601_timestamp('2022-06-17T10:20:33.123456789Z'))", "1655461233123456789"],
    ["to_nanoseconds(from_nanoseconds(1655461233123456789))", "1655461233123456789"],
    ["to_milliseconds(TIMESTAMP '2022-06-17 10:20:33.123')", "1655461233123"],
    ["to_iso8601(from_nanoseconds(1655461233123456789))", "2022-06-17T10:20:33.123456789Z"],
    ["to_iso8601(DATE '2022-06-17')", "2022-06-17"],
    ["from_iso8601_timestamp('2022-06-17T08:04+02:00')", "2022-06-17 06:04:00.000000000"],
    ["date_trunc('month', DATE '2022-06-19')", "2022-06-01"],
    ["date_trunc('week', TIMESTAMP '2022-06-19 10:00:00')", "2022-06-13 00:00:00.000000000"],
    ["date_add('day', 1, DATE '2022-06-19')", "2022-06-20"],
    ["date_add('month', -1, TIMESTAMP '2022-03-31 10:00:00')", "2022-02-28 10:00:00.000000000"],
    ["date_add('nanosecond', 5, from_nanoseconds(1))", "1970-01-01 00:00:00.000000006"],
    ["date_diff('month', DATE '2022-01-31', DATE '2022-03-01')", "1"],
    ["millisecond(TIMESTAMP '2022-06-19 10:20:30.987654321')", "987"],
    ["localtime", "03:04:05.000000000"],
  ],
  "Trino, Date and time functions: extract": [
    ["extract(DOW FROM DATE '2022-06-19')", "7"],
    ["extract(DAY_OF_WEEK FROM DATE '2022-06-20')", "1"],
    ["extract(DOY FROM DATE '2022-02-01')", "32"],
    ["extract(YOW FROM DATE '2022-01-01')", "2021"],
    ["extract(WEEK FROM DATE '2022-01-01')", "52"],
    ["extract(QUARTER FROM DATE '2022-06-19')", "2"],
    ["extract(SECOND FROM TIMESTAMP '2022-06-19 10:20:30.9')", "30"],
  ],
  "Trino, MySQL date functions": [
    ...Object.entries({
      a: "Tue",
      b: "Jun",
      c: "6",
      d: "07",
      e: "7",
      f: "123456",
      H: "09",
      h: "09",
      I: "09",
      i: "05",
      j: "158",
      k: "9",
      l: "9",
      M: "June",
      m: "06",
      p: "AM",
      r: "09:05:03 AM",
      S: "03",
      s: "03",
      T: "09:05:03",
      v: "23",
      W: "Tuesday",
      x: "2022",
      Y: "2022",
      y: "22",
      "%": "%",
      q: "q",
    }).map(([letter, text]): Row => [`date_format(TIMESTAMP '2022-06-07 09:05:03.123456', '%${letter}')`, text]),
    ["date_format(TIMESTAMP '2022-01-01 12:00:00', '%x-%v %l %p')", "2021-52 12 PM"],
    ["date_format(DATE '2022-01-01', '%k|%l')", "0|12"],
    ["date_parse('2022/06/7 9:05:03 PM', '%Y/%m/%e %l:%i:%s %p')", "2022-06-07 21:05:03.000000000"],
    ["date_parse('20220607', '%Y%m%d')", "2022-06-07 00:00:00.000000000"],
    ["date_parse('7 June 2022', '%d %M %Y')", "2022-06-07 00:00:00.000000000"],
    ["date_parse('22-158', '%y-%j')", "2022-06-07 00:00:00.000000000"],
    ["date_parse('10:20:30.5', '%T.%f')", "1970-01-01 10:20:30.500000000"],
  ],
  "Trino, Regular expression functions": [
    ["regexp_replace('1a 2b 14m', '\\d+[ab] ')", "14m"],
    ["regexp_replace('1a 2b 14m', '(\\d+)([ab]) ', '3c$2 ')", "3ca 3cb 14m"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a group's name in SQL
    ["regexp_replace('new york', '(?<first>\\w)(\\w*)', '${first}-$2')", "n-ew y-ork"],
    ["regexp_replace('a.b', '\\.', '\\$')", "a$b"],
    ["regexp_replace('abc', '(b)', '[$0]')", "a[b]c"],
    ["regexp_replace('ab', '(a)', '\\1')", "1b"],
    ["regexp_extract('1a 2b 14m', '(\\d+)([a-z]+)', 2)", "a"],
    ["regexp_extract_all('1a 2b 14m', '\\d+')", ["1", "2", "14"]],
    ["regexp_split('1a 2b 14m', '\\s*[a-z]+\\s*')", ["1", "2", "14", ""]],
    ["regexp_like('1a 2b 14m', '\\d+b')", "true"],
  ],
  "Trino, String functions": [
    ["concat('a', 'b', 'c')", "abc"],
    ["concat('a', NULL)", null],
    ["'a' || NULL", null],
    ["substr('hello', 2, 3)", "ell"],
    ["substr('hello', -3, 2)", "ll"],
    ["substr('hello', 0)", ""],
    ["substr('hello', -9)", ""],
    ["substring('hello' FROM 2 FOR 2)", "el"],
    ["split_part('a,b', ',', 2)", "b"],
    ["split_part('a,b', ',', 3)", null],
    ["split('a,b,c', ',', 2)", ["a", "b,c"]],
    ["strpos('abc', 'z')", "0"],
    ["strrpos('abcabc', 'b')", "5"],
    ["trim(chr(9) || ' x ' || chr(10))", "x"],
    ["trim(BOTH 'a' FROM 'abca')", "bc"],
    ["lpad('abc', 2, 'x')", "ab"],
    ["hamming_distance('abc', 'abd')", "1"],
    ["position('b' IN 'abc')", "2"],
  ],
  "Trino, Comparison functions": [
    ["greatest(1, 3, 2)", "3"],
    ["greatest(1, NULL)", null],
    ["least(NULL, 'a')", null],
    ["least(3, 1, 2)", "1"],
  ],
  "Trino, Array functions and operators": [
    ["sequence(5, 1)", ["5", "4", "3", "2", "1"]],
    ["sequence(1, 10, 4)", ["1", "5", "9"]],
    ["sequence(0, 9000000000000000000, 9000000000000000000)", ["0", "9000000000000000000"]],
    ["cardinality(sequence(1, 10000))", "10000"],
    ["sequence(date '2022-01-01', date '2022-01-03')", ["2022-01-01", "2022-01-02", "2022-01-03"]],
    ["sequence(date '2022-01-02', date '2022-01-01', interval '-1' day)", ["2022-01-02", "2022-01-01"]],
    ["array_distinct(ARRAY[3, 1, 3, NULL, NULL])", ["3", "1", null]],
    ["array_union(ARRAY[3, 1], ARRAY[1, 2])", ["3", "1", "2"]],
    ["array_intersect(ARRAY[3, 1, 1], ARRAY[1, 2])", ["1"]],
    ["array_except(ARRAY[3, 1, 3], ARRAY[1])", ["3"]],
    ["array_remove(ARRAY[1, 2, 1], 1)", ["2"]],
    ["array_sort(ARRAY[3, NULL, 1])", ["1", "3", null]],
    ["array_max(ARRAY[1, NULL])", null],
    ["array_position(ARRAY['a', 'b'], 'z')", "0"],
    ["array_join(ARRAY[1, NULL, 2], ',')", "1,2"],
    ["array_join(ARRAY[1, NULL], ',', '?')", "1,?"],
    ["arrays_overlap(ARRAY[1, 2], ARRAY[2])", "true"],
    ["concat(ARRAY[1], ARRAY[2])", ["1", "2"]],
    ["slice(ARRAY[1, 2, 3, 4], -2, 2)", ["3", "4"]],
    ["repeat('x', 2)", ["x", "x"]],
    ["element_at(ARRAY[1, 2], -1)", "2"],
    ["element_at(ARRAY[1, 2], 3)", null],
    ["ARRAY[1, 2][2]", "2"],
  ],
};

describe.each(Object.entries(sources))("%s", (_, rows) => {
  test.each(rows)("%s", async (expression, expected) => {
    expect(await emulator.value(`SELECT ${expression}`)).toEqual(expected);
  });
});

describe("Refused, in Trino's words or our own", () => {
  test.each([
    ["3 / 0", "Division by zero"],
    ["mod(5, 0)", "Division by zero"],
    ["5 % 0", "Division by zero"],
    ["cast('x' AS bigint)", "Cannot cast 'x' to bigint"],
    ["cast('2.5' AS integer)", "Cannot cast '2.5' to integer"],
    ["cast('yes' AS boolean)", "Cannot cast 'yes' to boolean"],
    ["cast(nan() AS bigint)", "Out of range for bigint: nan"],
    ["cast(300 AS tinyint)", "Out of range for tinyint: 300"],
    ["cast(now() AS bigint)", "Cannot cast timestamp to bigint"],
    ["cast(1 AS foo)", "Unknown type: foo"],
    ["cast(1 AS hugeint)", "Unknown type: hugeint"],
    ["timestamp 'garbage'", "Cannot cast 'garbage' to timestamp"],
    ["timestamp '5'", "Cannot cast '5' to timestamp"],
    ["date '2022-13-01'", "Cannot cast '2022-13-01' to date"],
    ["date '2022-05-21' + 2h", "Cannot add hour, minutes or seconds to a date"],
    ["date '2022-05-21' + 1", "Cannot apply operator: date + integer"],
    ["extract(EPOCH FROM now())", "Invalid EXTRACT field: EPOCH"],
    ["date_format(now(), '%D')", "%D not supported in date format string"],
    ["date_parse('garbage', '%Y')", 'Invalid format: "garbage"'],
    ["date_parse('2022-02-30', '%Y-%m-%d')", 'Invalid format: "2022-02-30"'],
    ["date_trunc('foo', now())", "'foo' is not a valid field"],
    ["regexp_replace('ab', '(a)', '$2')", "Pattern has no group 2"],
    ["regexp_like('a', '(')", "The regular expression is not valid"],
    [
      "regexp_like('a', '(?=a)')",
      "(?= in a regular expression is part of Timestream SQL, but does not run on the laptop",
    ],
    ["split_part('a', ',', 0)", "Index must be greater than zero"],
    ["from_base('9', 8)", "Not a valid base-8 number: 9"],
    ["to_base(1, 37)", "Radix must be between 2 and 36"],
    ["sequence(1, 5, 0)", "step must not be zero"],
    ["sequence(1, 10001)", "result of sequence function must not have more than 10000 entries"],
    ["sequence(5, -20000, -2)", "result of sequence function must not have more than 10000 entries"],
    ["sequence(1, 9000000000000000000)", "result of sequence function must not have more than 10000 entries"],
    [
      "sequence(date '1900-01-01', date '2030-01-01')",
      "result of sequence function must not have more than 10000 entries",
    ],
    [
      "sequence(timestamp '2026-01-01 00:00:00', timestamp '2026-01-02 00:00:00', interval '1' second)",
      "result of sequence function must not have more than 10000 entries",
    ],
    [
      "sequence(1, 5, -1)",
      "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start",
    ],
    ["ARRAY[1, 2][0]", "SQL array indices start at 1"],
    ["ARRAY[1, 2][-1]", "Array subscript is negative: -1"],
    ["ARRAY[1, 2][5]", "Array subscript must be less than or equal to array length: 5 > 2"],
    ["slice(ARRAY[1], 0, 1)", "SQL array indices start at 1"],
    ["9223372036854775807 + 1", "bigint addition overflow: 9223372036854775807 + 1"],
    ["1e999", "Invalid numeric literal: 1e999"],
    ["'a' + 1", "Cannot apply operator: varchar + integer"],
    ["abs('x')", "Unexpected parameters (varchar) for function abs"],
    ["abs(1, 2)", "Unexpected parameters (integer, integer) for function abs"],
    ["sqrt()", "Unexpected parameters () for function sqrt"],
    ["date_add('day', 1)", "Unexpected parameters for function date_add"],
    ["row_number()", "Function row_number not registered"],
    ["coutn(1)", "Function coutn not registered"],
    ["zip(ARRAY[1], ARRAY[2])", "Function zip is part of Timestream SQL, but does not run on the laptop"],
    [
      "interpolate_spline_cubic(1, 2)",
      "Function interpolate_spline_cubic is part of Timestream SQL, but does not run on the laptop",
    ],
    ["filter(ARRAY[1], x -> x > 0)", "Function filter is part of Timestream SQL, but does not run on the laptop"],
    [
      "array_sort(ARRAY[1], (x, y) -> 1)",
      "Lambda expressions (->) are part of Timestream SQL, but do not run on the laptop",
    ],
    ["1 LIMIT -1", "LIMIT and OFFSET cannot be negative"],
    ["chr(-1)", "Not a valid Unicode code point: -1"],
    ["(SELECT x FROM (VALUES (1), (2)) AS t(x))", "Scalar sub-query has returned multiple rows"],
    [
      "x + sum(x) FROM (VALUES (1)) AS t(x)",
      "An expression that is selected must be an aggregate or appear in the GROUP BY clause",
    ],
    ["x FROM (VALUES (1)) AS t(x) WHERE sum(x) > 1", "WHERE clause cannot contain aggregates"],
    ["* FROM (VALUES (1)) AS t(a, b)", "Column alias list has 2 entries but 't' has 1 columns available"],
    ["1 UNION SELECT 1, 2", "The queries of a set operation have different numbers of columns"],
    ["approx_percentile(x, 2.0) FROM (VALUES (1)) AS t(x)", "Percentile must be between 0 and 1"],
  ])("%s", async (expression, message) => {
    expect(await emulator.refusal(`SELECT ${expression}`)).toBe(`ValidationException: ${message}`);
  });

  test("nothing that DuckDB says reaches a client", async () => {
    const phrases =
      /DuckDB|LINE \d|Candidate|Did you mean|explicit type cast|Error: |\bts_[a-z]|unsuccessful|INT\d|_LITERAL/;
    const arguments_ = ["", "'x'", "NULL", "ARRAY[1]", "1, 'x', now()", "*"];
    for (const name of Object.keys(FUNCTIONS).filter((one) => one !== "bin_time")) {
      for (const given of arguments_) {
        const { body } = await emulator.call("Query", { QueryString: `SELECT ${name}(${given})` });
        expect(body.message ?? "", `${name}(${given})`).not.toMatch(phrases);
        expect(body.__type ?? "ValidationException", `${name}(${given}): ${body.message}`).toBe("ValidationException");
      }
    }
  });

  test("no function both runs here and is lacking", () => {
    for (const name of LACKING) expect([name, Object.hasOwn(FUNCTIONS, name)]).toEqual([name, false]);
    expect([...CALLABLE].filter((name) => LACKING.has(name))).toEqual([]);
  });
});

describe("Time series (Timestream, Time-series functions)", () => {
  const points = `FROM (VALUES (timestamp '2022-01-01 00:02:00', 3e0), (timestamp '2022-01-01 00:00:00', 1e0)) AS x(t, v)`;
  const at = (minute: string) => `2022-01-01 00:0${minute}:00.000000000`;
  const seriesOf = async (expression: string) => {
    const { Rows, ColumnInfo } = await emulator.ok("Query", {
      QueryString: `SELECT ${expression} AS series ${points}`,
    });
    expect(ColumnInfo).toEqual([
      { Name: "series", Type: { TimeSeriesMeasureValueColumnInfo: { Type: { ScalarType: "DOUBLE" } } } },
    ]);
    const [datum] = (Rows[0]?.Data ?? []) as {
      TimeSeriesValue?: { Time: string; Value: { ScalarValue?: string } }[];
    }[];
    return datum?.TimeSeriesValue?.map(({ Time, Value }) => [Time, Value.ScalarValue ?? null]);
  };
  const series = "CREATE_TIME_SERIES(t, v)";
  const minutes = "SEQUENCE(min(t), max(t), 1m)";

  test.each([
    [
      series,
      [
        [at("0"), "1.0"],
        [at("2"), "3.0"],
      ],
    ],
    [
      `INTERPOLATE_LINEAR(${series}, ${minutes})`,
      [
        [at("0"), "1.0"],
        [at("1"), "2.0"],
        [at("2"), "3.0"],
      ],
    ],
    [
      `INTERPOLATE_LOCF(${series}, ${minutes})`,
      [
        [at("0"), "1.0"],
        [at("1"), "1.0"],
        [at("2"), "3.0"],
      ],
    ],
    [
      `INTERPOLATE_FILL(${series}, ${minutes}, 0)`,
      [
        [at("0"), "1.0"],
        [at("1"), "0.0"],
        [at("2"), "3.0"],
      ],
    ],
    [
      `INTERPOLATE_LINEAR(${series}, ARRAY[timestamp '2021-01-01', timestamp '2023-01-01'])`,
      [
        ["2021-01-01 00:00:00.000000000", null],
        ["2023-01-01 00:00:00.000000000", null],
      ],
    ],
  ])("%s", async (expression, expected) => {
    expect(await seriesOf(expression)).toEqual(expected);
  });

  test("one time gives one value", async () => {
    expect(
      await emulator.value(`SELECT INTERPOLATE_LINEAR(${series}, timestamp '2022-01-01 00:00:30') ${points}`),
    ).toBe("1.5");
    expect(await emulator.value(`SELECT INTERPOLATE_LOCF(${series}, timestamp '2022-01-01 00:01:59') ${points}`)).toBe(
      "1.0",
    );
  });

  test("UNNEST gives its times and values, and several arrays side by side", async () => {
    const query = `WITH s AS (SELECT ${series} AS series ${points}) SELECT time, value FROM s CROSS JOIN UNNEST(series) AS p(time, value)`;
    expect(await emulator.rows(query)).toEqual([
      [at("0"), "1.0"],
      [at("2"), "3.0"],
    ]);
    expect(await emulator.rows("SELECT n, s FROM UNNEST(ARRAY[1, 2], ARRAY['a']) AS t(n, s)")).toEqual([
      ["1", "a"],
      ["2", null],
    ]);
  });
});
