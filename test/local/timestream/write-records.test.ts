import { describe, expect, test } from "vitest";
import { type Emulator, MINUTE_MS, multi, NOW_MS, opened, record, temporaryFile } from "./emulator.ts";

const HOUR_MS = 60 * MINUTE_MS;
const EXISTS = expect.stringContaining(
  "already exists with the same time, dimensions, measure name, and record version",
);

async function rejections(emulator: Emulator, records: object[], common?: object) {
  const { status, body } = await emulator.write(records, common);
  return status === 419 ? body.RejectedRecords : `${status} ${body.message ?? JSON.stringify(body)}`;
}

async function firstReason(emulator: Emulator, one: object): Promise<string> {
  const { body } = await emulator.write([one]);
  return body.RejectedRecords?.[0]?.Reason ?? "taken";
}

describe("What is written can be read at once", () => {
  test("a record of one measure goes to the column of its type", async () => {
    const emulator = await opened();
    const typed = (MeasureName: string, MeasureValueType: string, MeasureValue: string) =>
      record({ MeasureName, MeasureValueType, MeasureValue });
    const { body } = await emulator.write([
      typed("a", "DOUBLE", "1.5"),
      typed("b", "BIGINT", "-9223372036854775808"),
      typed("c", "VARCHAR", "it's"),
      typed("d", "BOOLEAN", "TRUE"),
    ]);
    expect(body.RecordsIngested).toEqual({ Total: 4, MemoryStore: 4, MagneticStore: 0 });
    expect(
      await emulator.rows(
        "SELECT measure_name, measure_value::double, measure_value::bigint, measure_value::varchar, v.measure_value::boolean FROM shop.views v ORDER BY 1",
      ),
    ).toEqual([
      ["a", "1.5", null, null, null],
      ["b", null, "-9223372036854775808", null, null],
      ["c", null, null, "it's", null],
      ["d", null, null, null, "true"],
    ]);
  });

  test("a record of several measures is one row, and SELECT * gives dimensions, measure_name, time and measures", async () => {
    const emulator = await opened();
    await emulator.write([multi({ count: 3n, sum: 1e7, label: "x", ok: true })]);
    const { ColumnInfo } = await emulator.ok("Query", { QueryString: "SELECT * FROM shop.views" });
    expect(ColumnInfo.map((column: { Name: string }) => column.Name)).toEqual(
      "path measure_name time count sum label ok".split(" "),
    );
    expect(await emulator.rows("SELECT * FROM shop.views")).toEqual([
      ["/", "views", "2026-01-02 03:03:05.000000000", "3", "1.0E7", "x", "true"],
    ]);
  });

  test("a TIMESTAMP measure of a multi-measure record is in the unit of the record's time", async () => {
    const emulator = await opened();
    const MeasureValues = [{ Name: "seen", Value: String(NOW_MS / 1000), Type: "TIMESTAMP" }];
    await emulator.write([multi({}, { MeasureValues, Time: String(NOW_MS / 1000 - 60), TimeUnit: "SECONDS" })]);
    expect(await emulator.value("SELECT seen FROM shop.views")).toBe("2026-01-02 03:04:05.000000000");
  });

  test("common attributes are merged with those of each record, which win", async () => {
    const emulator = await opened();
    const common = {
      ...multi({ count: 7n }, { Dimensions: [{ Name: "part", Value: "p1" }] }),
      TimeUnit: "MICROSECONDS",
      Version: 5,
      Time: String((NOW_MS - MINUTE_MS) * 1000),
    };
    const own = [{ Dimensions: [{ Name: "path", Value: "/a" }] }, { MeasureName: "clicks" }];
    expect((await emulator.write(own, common)).status).toBe(200);
    expect(await emulator.rows("SELECT part, path, measure_name, count FROM shop.views ORDER BY 3")).toEqual([
      ["p1", null, "clicks", "7"],
      ["p1", "/a", "views", "7"],
    ]);
    expect(await rejections(emulator, [{ MeasureName: "clicks", Version: 4 }], common)).toMatchObject([
      { ExistingVersion: 5 },
    ]);
  });

  test.each([
    ["NANOSECONDS", 1_000_000n],
    ["MICROSECONDS", 1_000n],
    ["MILLISECONDS", 1n],
  ])("time in %s keeps its digits", async (TimeUnit, perMs) => {
    const emulator = await opened();
    await emulator.write([record({ TimeUnit, Time: String(BigInt(NOW_MS) * perMs + 1n) })]);
    const digits = { NANOSECONDS: "000000001", MICROSECONDS: "000001000", MILLISECONDS: "001000000" }[TimeUnit];
    expect(await emulator.value("SELECT time FROM shop.views")).toBe(`2026-01-02 03:04:05.${digits}`);
  });

  test("records a nanosecond apart are two records", async () => {
    const emulator = await opened();
    const at = (ns: bigint) => record({ TimeUnit: "NANOSECONDS", Time: String(BigInt(NOW_MS) * 1_000_000n + ns) });
    expect((await emulator.write([at(0n), at(1n)])).status).toBe(200);
  });
});

describe("Versions (API reference, WriteRecords)", () => {
  test("a higher version replaces the value", async () => {
    const emulator = await opened();
    await emulator.write([record({ MeasureValue: "1" })]);
    expect((await emulator.write([record({ MeasureValue: "2", Version: 2 })])).status).toBe(200);
    expect(await emulator.rows("SELECT measure_value::bigint FROM shop.views")).toEqual([["2"]]);
  });

  test("a higher version with the same value bumps the version", async () => {
    const emulator = await opened();
    await emulator.write([record()]);
    expect((await emulator.write([record({ Version: 9 })])).status).toBe(200);
    expect(await rejections(emulator, [record({ MeasureValue: "2", Version: 8 })])).toEqual([
      {
        RecordIndex: 0,
        Reason:
          "The record version 8 is lower than the existing version 9. A higher version is required to update the measure value.",
        ExistingVersion: 9,
      },
    ]);
    expect(await emulator.value("SELECT count(*) FROM shop.views")).toBe("1");
  });

  test("a different value with the same version is rejected, and the other records are written", async () => {
    const emulator = await opened();
    await emulator.write([record()]);
    const other = record({ MeasureName: "clicks" });
    expect(await rejections(emulator, [record({ MeasureValue: "2" }), other])).toEqual([
      { RecordIndex: 0, Reason: EXISTS },
    ]);
    expect(await emulator.rows("SELECT measure_name, measure_value::bigint FROM shop.views ORDER BY 1")).toEqual([
      ["clicks", "1"],
      ["views", "1"],
    ]);
  });

  test("an exact repeat is rejected by default, as reported from the service", async () => {
    const emulator = await opened();
    await emulator.write([record()]);
    expect(await rejections(emulator, [record()])).toEqual([{ RecordIndex: 0, Reason: EXISTS }]);
  });

  test("an exact repeat is taken in silence with identicalReplay accept, as the API text has it", async () => {
    const emulator = await opened({ identicalReplay: "accept" });
    await emulator.write([multi({ count: 1n, sum: 1 }, { Version: 3 })]);
    const again = multi({ sum: 1, count: 1n }, { Version: 3 });
    expect((await emulator.write([again])).body.RecordsIngested.Total).toBe(1);
    expect((await emulator.write([{ ...again, Version: 2 }])).status).toBe(200);
    expect(await rejections(emulator, [multi({ count: 2n, sum: 1 }, { Version: 3 })])).toEqual([
      { RecordIndex: 0, Reason: EXISTS },
    ]);
    expect(await emulator.value("SELECT count(*) FROM shop.views")).toBe("1");
  });

  test("of two records with one identity in a request the first wins, unless the second has a higher version", async () => {
    const emulator = await opened();
    const value = (MeasureValue: string, Version?: number) => record({ MeasureValue, Version });
    expect(await rejections(emulator, [value("1"), value("2")])).toEqual([{ RecordIndex: 1, Reason: EXISTS }]);
    expect(await emulator.value("SELECT measure_value::bigint FROM shop.views")).toBe("1");
    expect((await emulator.write([value("3", 2), value("4", 3)])).status).toBe(200);
    expect(await emulator.rows("SELECT measure_value::bigint FROM shop.views")).toEqual([["4"]]);
  });

  test("the order of dimensions does not matter to who a record is", async () => {
    const emulator = await opened();
    const dimensions = [
      { Name: "a", Value: "1" },
      { Name: "b", Value: "2" },
    ];
    await emulator.write([record({ Dimensions: dimensions })]);
    const turned = record({ Dimensions: dimensions.toReversed(), MeasureValue: "2" });
    expect(await rejections(emulator, [turned])).toEqual([{ RecordIndex: 0, Reason: EXISTS }]);
  });

  test("a row is replaced with all its measures", async () => {
    const emulator = await opened();
    await emulator.write([multi({ count: 1n, sum: 2 })]);
    await emulator.write([multi({ count: 5n }, { Version: 2 })]);
    expect(await emulator.rows("SELECT count, sum FROM shop.views")).toEqual([["5", null]]);
  });
});

describe("Times (developer guide, Writes and Quotas)", () => {
  const at = (ms: number) => record({ Time: String(ms) });
  const retention = {
    RetentionProperties: { MemoryStoreRetentionPeriodInHours: 2, MagneticStoreRetentionPeriodInDays: 1 },
  };

  test("older than the memory store's retention is rejected with the range", async () => {
    const emulator = await opened({}, retention);
    expect((await emulator.write([at(NOW_MS - 2 * HOUR_MS)])).status).toBe(200);
    expect(await firstReason(emulator, at(NOW_MS - 2 * HOUR_MS - 1))).toBe(
      "The record timestamp is outside the time range [2026-01-02T01:04:05.000Z, 2026-01-02T03:19:05.000Z) of the memory store.",
    );
  });

  test("15 minutes ahead is too far ahead", async () => {
    const emulator = await opened();
    expect(await firstReason(emulator, at(NOW_MS + 15 * MINUTE_MS))).toContain("outside the time range");
    expect((await emulator.write([at(NOW_MS + 15 * MINUTE_MS - 1)])).status).toBe(200);
  });

  test("with magnetic store writes older records are taken, up to the magnetic store's retention", async () => {
    const emulator = await opened(
      {},
      { ...retention, MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true } },
    );
    const { body } = await emulator.write([at(NOW_MS), at(NOW_MS - 3 * HOUR_MS)]);
    expect(body.RecordsIngested).toEqual({ Total: 2, MemoryStore: 1, MagneticStore: 1 });
    expect(await firstReason(emulator, at(NOW_MS - 25 * HOUR_MS))).toContain("of the magnetic store");
  });

  test("rows are readable until both retentions have passed, then deleted", async () => {
    let nowMs = NOW_MS;
    const emulator = await opened({ now: () => nowMs }, retention);
    await emulator.write([at(NOW_MS)]);
    const count = () => emulator.value("SELECT count(*) FROM shop.views");
    nowMs = NOW_MS + 26 * HOUR_MS;
    await emulator.write([at(nowMs)]);
    expect(await count()).toBe("2");
    nowMs += 11 * MINUTE_MS;
    await emulator.write([at(nowMs)]);
    // Trimming follows the answer; the next write waits for it.
    await emulator.write([at(nowMs + 1)]);
    expect(await count()).toBe("3");
  });
});

describe("Limits and types", () => {
  test("a measure keeps the type of its first record", async () => {
    const emulator = await opened();
    await emulator.write([record(), multi({ count: 1n }, { MeasureName: "several" })]);
    const typed = { MeasureValueType: "DOUBLE", MeasureValue: "1.5" };
    expect(await firstReason(emulator, record(typed))).toContain("has the data type BIGINT");
    expect(await firstReason(emulator, multi({ count: 1.5 }, { MeasureName: "other" }))).toContain("data type BIGINT");
    expect(await firstReason(emulator, record({ MeasureName: "several" }))).toContain("data type MULTI");
  });

  test("the first record of a request fixes the type for those after it", async () => {
    const emulator = await opened();
    const records = [multi({ x: 1n }), multi({ x: 1.5 }, { MeasureName: "other" })];
    expect(await rejections(emulator, records)).toMatchObject([{ RecordIndex: 1 }]);
  });

  test("a dimension and a measure cannot share a name, nor two columns that differ only in case", async () => {
    const emulator = await opened();
    await emulator.write([multi({ count: 1n })]);
    expect(await firstReason(emulator, multi({ path: 1n }))).toContain("is a dimension");
    expect(await firstReason(emulator, multi({ Count: 1n }))).toContain("only in case");
    const both = multi({ twin: 1n }, { Dimensions: [{ Name: "twin", Value: "x" }] });
    expect(await firstReason(emulator, both)).toContain("is a dimension");
  });

  test.each(["time", "ts_x", "measure_name_x", "measure_value", "a:b", "ts_non_existent_col"])(
    "%s is no name for a dimension or a measure",
    async (name) => {
      const emulator = await opened();
      expect(await firstReason(emulator, record({ Dimensions: [{ Name: name, Value: "x" }] }))).toContain(
        "is reserved",
      );
      expect(await firstReason(emulator, multi({ [name]: 1n }))).toContain("is reserved");
    },
  );

  test("a record is at most 2 KB, and so are its dimensions and its measure values", async () => {
    const emulator = await opened();
    const dimensions = (size: number) => record({ Dimensions: [{ Name: "d", Value: "x".repeat(size) }] });
    expect(await firstReason(emulator, dimensions(2048))).toContain("dimension names and values");
    expect(await firstReason(emulator, dimensions(2040))).toContain("The record of");
    expect((await emulator.write([dimensions(2000)])).status).toBe(200);
    expect(await firstReason(emulator, multi({ a: "é".repeat(1025) }))).toContain("measure values");
  });

  test("a record has at most 256 measures, and each but once", async () => {
    const emulator = await opened();
    const measures = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, true]));
    expect((await emulator.write([multi(measures(256), { Dimensions: [] })])).status).toBe(200);
    expect(await firstReason(emulator, multi(measures(257)))).toContain("256 measures per record");
    const twice = { Name: "m", Value: "1", Type: "BIGINT" };
    expect(await firstReason(emulator, multi({}, { MeasureValues: [twice, twice] }))).toContain("more than once");
  });

  test("a table has at most 128 dimensions and 1,024 measures of multi-measure records", async () => {
    const emulator = await opened({ file: temporaryFile() });
    const some = (prefix: string, from: number, count: number) =>
      Array.from({ length: count }, (_, n) => `${prefix}${from + n}`);
    const dimensions = (from: number, count: number) =>
      record({ Dimensions: some("d", from, count).map((Name) => ({ Name, Value: "" })) });
    expect((await emulator.write([dimensions(0, 100)])).status).toBe(200);
    expect(await firstReason(emulator, dimensions(100, 29))).toContain("128 dimensions per table");
    const measures = (from: number, count: number) =>
      multi(Object.fromEntries(some("m", from, count).map((name) => [name, true])), {
        MeasureName: `from ${from}`,
        Dimensions: [],
      });
    const batches = [0, 250, 500, 750].map((from) => measures(from, 250));
    expect((await emulator.write(batches)).status).toBe(200);
    expect(await firstReason(emulator, measures(1000, 25))).toContain("1024 unique measures");
  });

  test.each([
    ["DOUBLE", "NaN"],
    ["DOUBLE", "Infinity"],
    ["DOUBLE", "1e999"],
    ["DOUBLE", " "],
    ["BIGINT", "1.5"],
    ["BIGINT", "9223372036854775808"],
    ["BOOLEAN", "yes"],
  ])("as %s, %s is no value", async (MeasureValueType, MeasureValue) => {
    const emulator = await opened();
    expect(await firstReason(emulator, record({ MeasureValueType, MeasureValue }))).toContain(
      `not a valid ${MeasureValueType}`,
    );
  });

  test("a required partition key has to be in every record", async () => {
    const CompositePartitionKey = [{ Type: "DIMENSION", Name: "tenant", EnforcementInRecord: "REQUIRED" }];
    const emulator = await opened({}, { Schema: { CompositePartitionKey } });
    expect(await firstReason(emulator, record())).toContain('lacks the dimension "tenant"');
  });

  test.each([
    ["101 records", Array.from({ length: 101 }, () => record())],
    ["no records", []],
    ["a version of 0", [record({ Version: 0 })]],
    ["a version that JSON cannot hold", [record({ Version: 2 ** 53 })]],
    [
      "a repeated dimension",
      [
        record({
          Dimensions: [
            { Name: "a", Value: "1" },
            { Name: "a", Value: "2" },
          ],
        }),
      ],
    ],
    ["no measure name", [record({ MeasureName: undefined })]],
    ["an empty measure value", [record({ MeasureValue: "" })]],
    ["no time", [record({ Time: undefined })]],
    ["a time that is no number", [record({ Time: "now" })]],
    ["a time after 2262", [record({ Time: "9223372036855" })]],
    ["an unknown unit", [record({ TimeUnit: "constructor" })]],
    ["a TIMESTAMP outside MULTI", [record({ MeasureValueType: "TIMESTAMP", MeasureValue: "1" })]],
    ["MULTI without measures", [record({ MeasureValueType: "MULTI", MeasureValue: undefined })]],
    ["a name of 61 bytes", [record({ Dimensions: [{ Name: "d".repeat(61), Value: "x" }] })]],
    ["a record that is no object", ["x"]],
    ["dimensions that are no list", [record({ Dimensions: {} })]],
  ])("a request with %s is a ValidationException and writes nothing", async (_, records) => {
    const emulator = await opened();
    const { status, body } = await emulator.write(
      [record({ MeasureName: "good" }), ...(records as object[])].slice(-101),
    );
    const wanted = (records as object[]).length === 0 ? await emulator.write([]) : { status, body };
    expect(wanted).toMatchObject({ status: 400, body: { __type: "ValidationException" } });
  });

  test("an unknown table is a ResourceNotFoundException", async () => {
    const emulator = await opened();
    const { status, body } = await emulator.call("WriteRecords", {
      DatabaseName: "shop",
      TableName: "none",
      Records: [record()],
    });
    expect([status, body.__type]).toEqual([404, "ResourceNotFoundException"]);
  });
});
