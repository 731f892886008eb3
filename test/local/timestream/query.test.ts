import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Emulator, MINUTE_MS, multi, NOW_MS, started } from "./emulator.ts";

let emulator: Emulator;

beforeAll(async () => {
  emulator = await filled();
});
afterAll(() => emulator.timestream.close());

/** Two paths over ten minutes: `/a` has counts 1 to 10, `/b` every other minute one of 100. */
async function filled(): Promise<Emulator> {
  const emulator = await started();
  const records = Array.from({ length: 10 }, (_, at) => {
    const Time = String(NOW_MS - at * MINUTE_MS);
    const path = (Value: string) => ({ Time, Dimensions: [{ Name: "path", Value }] });
    const a = multi({ count: BigInt(at + 1), sum: (at + 1) / 2 }, path("/a"));
    return at % 2 ? [a] : [a, multi({ count: 100n, sum: 1 }, path("/b"))];
  });
  await emulator.write(records.flat());
  await emulator.ok("CreateDatabase", { DatabaseName: "other" });
  return emulator;
}

describe("Documented examples (developer guide, query language reference)", () => {
  test.each([
    // Date / time functions and operators
    ["SELECT date '2022-05-21' + interval '2' day = timestamp '2022-05-23'", "true"],
    ["SELECT timestamp '2022-06-17 01:00' - interval '7' hour", "2022-06-16 18:00:00.000000000"],
    ["SELECT interval '6' day - interval '4' hour", "5 20:00:00.000000000"],
    ["SELECT interval '4' year + interval '2' month", "4-2"],
    ["SELECT timestamp '2022-06-17 01:00' + 3s", "2022-06-17 01:00:03.000000000"],
    ["SELECT timestamp '2022-06-17 01:00' + 2day", "2022-06-19 01:00:00.000000000"],
    ["SELECT last_day_of_month(TIMESTAMP '2022-07-07 17:44:43.771000000')", "2022-07-31"],
    ["SELECT date(TIMESTAMP '2022-07-07 17:44:43.771000000')", "2022-07-07"],
    ["SELECT current_timezone()", "UTC"],
    ["SELECT current_date", "2026-01-02"],
    ["SELECT current_time", "03:04:05.000000000"],
    ["SELECT current_timestamp", "2026-01-02 03:04:05.000000000"],
    ["SELECT now()", "2026-01-02 03:04:05.000000000"],
    ["SELECT ago(15m)", "2026-01-02 02:49:05.000000000"],
    ["SELECT ago(1.5h)", "2026-01-02 01:34:05.000000000"],
    ["SELECT bin(TIMESTAMP '2022-06-17 10:15:20', 5m)", "2022-06-17 10:15:00.000000000"],
    ["SELECT bin(TIMESTAMP '2022-06-17 10:15:20', INTERVAL '1' HOUR)", "2022-06-17 10:00:00.000000000"],
    ["SELECT bin(TIMESTAMP '1970-01-09 10:15:20', 7d)", "1970-01-08 00:00:00.000000000"],
    ["SELECT bin(17, 5)", "15"],
    ["SELECT bin(-1, 5)", "-5"],
    ["SELECT bin(1.7, 0.5)", "1.5"],
    ["SELECT date_trunc('hour', TIMESTAMP '2022-06-17 10:15:20')", "2022-06-17 10:00:00.000000000"],
    ["SELECT date_add('minute', 5, TIMESTAMP '2022-06-17 10:15:20')", "2022-06-17 10:20:20.000000000"],
    ["SELECT date_diff('hour', TIMESTAMP '2022-06-17 10:59:00', TIMESTAMP '2022-06-17 12:01:00')", "1"],
    ["SELECT date_format(TIMESTAMP '2022-06-17 10:15:20', '%Y-%m-%d %H:%i:%s')", "2022-06-17 10:15:20"],
    ["SELECT date_parse('2022-06-17 10:15', '%Y-%m-%d %H:%i')", "2022-06-17 10:15:00.000000000"],
    ["SELECT from_milliseconds(1655461233123)", "2022-06-17 10:20:33.123000000"],
    ["SELECT from_nanoseconds(1655461233123456789)", "2022-06-17 10:20:33.123456789"],
    ["SELECT from_unixtime(1655461233)", "2022-06-17 10:20:33.000000000"],
    ["SELECT to_milliseconds(TIMESTAMP '2022-06-17 10:20:33.123')", "1655461233123"],
    ["SELECT to_nanoseconds(TIMESTAMP '2022-06-17 10:20:33')", "1655461233000000000"],
    ["SELECT to_unixtime(TIMESTAMP '2022-06-17 10:20:33')", "1.655461233E9"],
    ["SELECT from_iso8601_timestamp('2022-06-17T08:04:05+02:00')", "2022-06-17 06:04:05.000000000"],
    ["SELECT from_iso8601_date('2022-07-17')", "2022-07-17"],
    ["SELECT to_iso8601(TIMESTAMP '2022-06-17 08:04:05')", "2022-06-17T08:04:05.000000000Z"],
    ["SELECT day_of_week(DATE '2022-06-19')", "7"],
    ["SELECT extract(hour FROM TIMESTAMP '2022-06-17 10:15:20')", "10"],
    // Aggregate functions
    ["SELECT avg(t.c) FROM (VALUES (1), (2), (3), (4)) AS t(c)", "2.5"],
    ["SELECT array_agg(t.c) FROM (VALUES (1), (2), (3), (4)) AS t(c)", ["1", "2", "3", "4"]],
    ["SELECT bool_and(t.c) FROM (VALUES (true), (true), (false), (true)) AS t(c)", "false"],
    ["SELECT every(t.c) FROM (VALUES (true), (true)) AS t(c)", "true"],
    ["SELECT count(t.c) FROM (VALUES (true), (true), (false), (true)) AS t(c)", "4"],
    ["SELECT count_if(t.c) FROM (VALUES (true), (true), (false), (true)) AS t(c)", "3"],
    ["SELECT approx_distinct(t.c) FROM (VALUES (1), (2), (2)) AS t(c)", "2"],
    ["SELECT approx_percentile(t.c, 0.5) FROM (VALUES (1), (2), (3)) AS t(c)", "2"],
    ["SELECT approx_percentile(t.c, ARRAY[0.0, 1.0]) FROM (VALUES (1), (2), (3)) AS t(c)", ["1", "3"]],
    ["SELECT max_by(t.a, t.b) FROM (VALUES ('x', 1), ('y', 2)) AS t(a, b)", "y"],
    ["SELECT min_by(t.a, t.b) FROM (VALUES ('x', 1), ('y', 2)) AS t(a, b)", "x"],
    ["SELECT arbitrary(t.c) FROM (VALUES (1), (1)) AS t(c)", "1"],
    // Strings, arrays, mathematics, conditions
    ["SELECT 'it''s -- no comment' || ' /* nor this */'", "it's -- no comment /* nor this */"],
    ["SELECT replace('abcabc', 'b')", "acac"],
    ["SELECT regexp_replace('a1b2', '[0-9]')", "ab"],
    ["SELECT regexp_like('abc', 'b')", "true"],
    ["SELECT regexp_extract('abc', 'x')", null],
    ["SELECT element_at(split('a,b', ','), 2)", "b"],
    ["SELECT ARRAY[1, 2, 3][2]", "2"],
    ["SELECT slice(ARRAY[1, 2, 3, 4], 2, 2)", ["2", "3"]],
    ["SELECT cardinality(sequence(1, 5))", "5"],
    ["SELECT sum(x) FROM UNNEST(sequence(1, 3)) AS t(x)", "6"],
    ["SELECT if(1 > 2, 'a', 'b')", "b"],
    ["SELECT try(cast('x' AS bigint))", null],
    ["SELECT try_cast('x' AS bigint)", null],
    ["SELECT 7 / 2", "3"],
    ["SELECT 7 / 2.0", "3.5"],
    ["SELECT 0.1 + 0.2", "0.30000000000000004"],
    ["SELECT round(e(), 2)", "2.72"],
    ["SELECT is_nan(nan())", "true"],
    ["SELECT infinity()", "Infinity"],
    ["SELECT cast(5 AS varchar)", "5"],
    ["SELECT cast('5' AS double)", "5.0"],
    ["SELECT cast(1e-4 AS double)", "1.0E-4"],
    ["SELECT 1 -- to the end\n + /* in\nbetween */ 1", "2"],
    ["SELECT CASE WHEN 'a' LIKE 'A' THEN 1 ELSE 2 END;", "2"],
  ])("%s", async (query, expected) => {
    expect(await emulator.value(query)).toEqual(expected);
  });
});

describe("Queries over rows", () => {
  test("bins, filters on time and measure_name, and totals over all parts", async () => {
    const query = `
      SELECT bin(time, 5m) AS t, sum(count) AS total, sum(count) FILTER (WHERE path = '/b') AS b, sum(sum) / sum(count) AS mean
      FROM "shop"."views" WHERE measure_name = 'views' AND time > ago(9m) AND count > 0
      GROUP BY bin(time, 5m) ORDER BY t`;
    expect(await emulator.rows(query)).toEqual([
      ["2026-01-02 02:55:00.000000000", "230", "200", expect.stringMatching(/^0\./)],
      ["2026-01-02 03:00:00.000000000", "315", "300", expect.stringMatching(/^0\./)],
    ]);
  });

  test("a time is compared with a string as Timestream writes it", async () => {
    const between = "time BETWEEN '2026-01-02 03:00:05.000000000' AND '2026-01-02 03:01:05'";
    expect(await emulator.value(`SELECT count(*) FROM shop.views WHERE path = '/a' AND ${between}`)).toBe("2");
  });

  test("common table expressions, joins, window functions, unions and subqueries run", async () => {
    const query = `
      WITH per_path AS (SELECT path, sum(count) AS n FROM shop.views GROUP BY path),
           ranked(path, n, place) AS (SELECT path, n, rank() OVER (ORDER BY n DESC) FROM per_path)
      SELECT r.path, r.n, r.place, lag(r.n) OVER (ORDER BY r.place) FROM ranked r JOIN per_path USING (path)
      WHERE r.n IN (SELECT n FROM per_path) AND EXISTS (SELECT 1 FROM shop.views v WHERE v.path = r.path)
      UNION ALL SELECT 'all', sum(n), 0, NULL FROM per_path ORDER BY 3`;
    expect(await emulator.rows(query)).toEqual([
      ["all", "555", "0", null],
      ["/b", "500", "1", null],
      ["/a", "55", "2", "500"],
    ]);
  });

  test("columns are named as Trino names them: alias, column, or _col and the position", async () => {
    const names = async (query: string) =>
      (await emulator.ok("Query", { QueryString: query })).ColumnInfo.map((column) => column.Name);
    expect(await names("SELECT path, count(*), max(count) AS top, 1 + 1 FROM shop.views GROUP BY path")).toEqual(
      "path _col1 top _col3".split(" "),
    );
    expect(await names("SELECT 1, *, 2 FROM shop.views LIMIT 1")).toEqual(
      "_col0 path measure_name time count sum _col6".split(" "),
    );
    expect(await names("WITH x AS (SELECT 1 AS a) SELECT a, a + 1 FROM x UNION SELECT 1, 2")).toEqual(["a", "_col1"]);
    expect(await names('SELECT path AS "a ""quoted"" Name" FROM shop.views LIMIT 1')).toEqual(['a "quoted" Name']);
  });

  test("column types are those of Timestream", async () => {
    const types = async (query: string) =>
      (await emulator.ok("Query", { QueryString: query })).ColumnInfo.map((column) => column.Type);
    const query = `SELECT path, time, sum(count), avg(count), count > 1, 1, 1h, date(time), array_agg(path), sum(sum)
                   FROM shop.views GROUP BY path, time, count`;
    expect(await types(query)).toEqual([
      ...["VARCHAR", "TIMESTAMP", "BIGINT", "DOUBLE", "BOOLEAN", "INTEGER", "INTERVAL_DAY_TO_SECOND", "DATE"].map(
        (ScalarType) => ({ ScalarType }),
      ),
      { ArrayColumnInfo: { Type: { ScalarType: "VARCHAR" } } },
      { ScalarType: "DOUBLE" },
    ]);
  });

  test("SHOW and DESCRIBE answer from the catalog", async () => {
    expect(await emulator.rows("SHOW DATABASES")).toEqual([["other"], ["shop"]]);
    expect(await emulator.rows("SHOW DATABASES LIKE 's_o%'")).toEqual([["shop"]]);
    expect(await emulator.rows("show tables from \"shop\" like 'v%'")).toEqual([["views"]]);
    expect(await emulator.rows("SHOW TABLES FROM other")).toEqual([]);
    expect(await emulator.rows("SHOW MEASURES FROM shop.views")).toEqual([["views", "multi", [["path", "varchar"]]]]);
    expect(await emulator.rows("DESCRIBE shop.views;")).toEqual([
      ["path", "varchar", "DIMENSION"],
      ["measure_name", "varchar", "MEASURE_NAME"],
      ["time", "timestamp", "TIMESTAMP"],
      ["count", "bigint", "MEASURE_VALUE"],
      ["sum", "double", "MEASURE_VALUE"],
    ]);
    expect(await emulator.refusal("SHOW MEASURES FROM shop.views WHERE 1")).toContain("mismatched input 'WHERE'");
    expect(await emulator.refusal("DESCRIBE shop.nothing")).toContain("does not exist");
  });

  test("names are case sensitive", async () => {
    expect(await emulator.refusal("SELECT * FROM shop.Views")).toContain("shop.Views does not exist");
  });
});

describe("What only DuckDB could do is refused", () => {
  test.each([
    ["", "Expected QueryString"],
    ["   ", "mismatched input '<EOF>'"],
    ["DROP TABLE shop.views", "mismatched input 'DROP'"],
    ["INSERT INTO shop.views VALUES (1)", "mismatched input"],
    ["PRAGMA version", "mismatched input"],
    ["FROM shop.views", "mismatched input"],
    ["SELECT 1; SELECT 2", "one statement"],
    ['SELECT 1; DROP SCHEMA "db:shop" CASCADE', "Only SELECT statements"],
    ["WITH x AS (DELETE FROM shop.views RETURNING 1) SELECT * FROM x", ""],
    ["SELECT * FROM read_csv('/etc/passwd')", "Function read_csv not registered"],
    ["SELECT * FROM '/etc/passwd'", "does not exist"],
    ['SELECT * FROM "/etc/passwd"', "does not exist"],
    ["SELECT * FROM glob('*')", "not registered"],
    ["SELECT * FROM duckdb_settings()", "not registered"],
    ["SELECT * FROM duckdb_settings", "does not exist"],
    ["SELECT * FROM pragma_version()", "not registered"],
    ["SELECT * FROM information_schema.tables", "does not exist"],
    ["SELECT * FROM pg_catalog.pg_tables", "does not exist"],
    ["SELECT * FROM sqlite_master", "does not exist"],
    ["WITH sqlite_master AS (SELECT * FROM sqlite_master) SELECT * FROM sqlite_master", "does not exist"],
    ["SELECT * FROM (WITH sqlite_master AS (SELECT 1) SELECT 1) t, sqlite_master", "does not exist"],
    ['SELECT * FROM "timestream rows".t1', "does not exist"],
    ['SELECT * FROM "timestream catalog".tables', "does not exist"],
    ['SELECT * FROM "db:shop".views, memory."timestream rows".t1', "does not exist"],
    ["SELECT read_text('/etc/passwd')", "Function read_text not registered"],
    ["SELECT getenv('HOME')", "not registered"],
    ["SELECT current_setting('threads')", "not registered"],
    ["SELECT \"getenv\"('HOME')", "not registered"],
    ["SELECT main.getenv('HOME')", "not registered"],
    ["SELECT list_contains(ARRAY[1], 1)", "not registered"],
    ["SELECT ts_now(1)", "not registered"],
    ["SELECT bin_time(1, 2)", "not registered"],
    ["SELECT count(*) FROM range(10)", "not registered"],
    ["SELECT * EXCLUDE (path) FROM shop.views", "plain *"],
    ["SELECT columns('p.*') FROM shop.views", ""],
    ["SELECT path FROM shop.views QUALIFY row_number() OVER () = 1", ""],
    ["SELECT * FROM shop.views USING SAMPLE 1", ""],
    ["SELECT * FROM shop.views TABLESAMPLE 10%", "TABLESAMPLE"],
    ["PIVOT shop.views ON path", ""],
    ["SELECT * FROM (PIVOT shop.views ON path USING sum(count))", ""],
    ["SELECT * FROM (SUMMARIZE shop.views)", ""],
    ["SELECT * FROM (DESCRIBE shop.views)", ""],
    ["SELECT path::int FROM shop.views", "'::'"],
    ["SELECT x -> x + 1", ""],
    ["SELECT lambda x: x", "unexpected"],
    ["SELECT $1", "line 1:8: unexpected"],
    ["SELECT ?", "unexpected"],
    ["SELECT {'a': 1}", "unexpected"],
    ["SELECT e'\\x41'", ""],
    ["SELECT $$a$$", "unexpected"],
    ["SELECT 'open", "line 1:8: unexpected"],
    ['SELECT "open', "unexpected"],
    ["SELECT 1 /* open", "unexpected"],
    ["SELECT 5 fortnights", "answered"],
    ["SELECT 5fortnight", '"fortnight" is no unit of time'],
    ["SELECT (1", "closing parenthesis"],
    ["SELECT 1)", "opening parenthesis"],
    ["SELECT nothing FROM shop.views", "Column 'nothing' does not exist"],
    ["SELECT v.nothing FROM shop.views v", "does not exist"],
    ["SELECT ts_version FROM shop.views", "does not exist"],
    ["SELECT rowid FROM shop.views", "does not exist"],
    ["SELECT FROM FROM", "mismatched input"],
    ["SELECT cast('x' AS bigint)", "Cannot cast 'x' to bigint"],
    ["SELECT row(1, 'x')", "row without field names"],
    ["SELECT foo(1)", "Function foo not registered"],
    ["WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT 2 FROM x) SELECT * FROM x", "RECURSIVE"],
  ])("%s", async (query, message) => {
    const refusal = await emulator.refusal(query);
    expect(refusal).toContain(message);
    if (message !== "answered") expect(refusal).toMatch(/^ValidationException: ./);
    expect(refusal).not.toMatch(/LINE 1|Candidate|db:|ts_now\(/);
  });

  test.each([
    ["parentheses", `${"(".repeat(60_000)}1${")".repeat(60_000)}`],
    ["calls", `${"abs(".repeat(50_000)}1${")".repeat(50_000)}`],
    ["additions", `1${" + 1".repeat(50_000)}`],
    ["negations", `${"NOT ".repeat(50_000)}true`],
    ["indexes", `a${"[1]".repeat(50_000)}`],
    ["comments that never end", "/*".repeat(100_000)],
    ["quotes", "'".repeat(200_001)],
  ])("a query of endless %s is refused without harm", async (_, text) => {
    expect(await emulator.refusal(`SELECT ${text}`)).toMatch(/^ValidationException: /);
    expect(await emulator.value("SELECT 1")).toBe("1");
  });

  test("a query of more than 256 KiB is refused", async () => {
    expect(await emulator.refusal(`SELECT '${"x".repeat(256 * 1024)}'`)).toContain("262144 bytes");
  });
});
