import { describe, expect, test } from "vitest";
import { bare, multi, NOW_MS, opened, record, temporaryFile } from "./emulator.ts";

const shop = { DatabaseName: "shop" };
const views = { ...shop, TableName: "views" };

describe("Databases and tables", () => {
  test("a table has the documented defaults", async () => {
    const emulator = await opened();
    const { Table } = await emulator.ok("DescribeTable", views);
    expect(Table).toMatchObject({
      ...views,
      TableStatus: "ACTIVE",
      RetentionProperties: { MemoryStoreRetentionPeriodInHours: 6, MagneticStoreRetentionPeriodInDays: 73_000 },
      MagneticStoreWriteProperties: { EnableMagneticStoreWrites: false },
      CreationTime: NOW_MS / 1000,
    });
    expect((await emulator.ok("DescribeDatabase", shop)).Database).toMatchObject({ ...shop, TableCount: 1 });
  });

  test("UpdateTable changes what it names and nothing else", async () => {
    const emulator = await opened({}, { MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true } });
    const RetentionProperties = { MemoryStoreRetentionPeriodInHours: 30, MagneticStoreRetentionPeriodInDays: 2 };
    await emulator.ok("UpdateTable", { ...views, RetentionProperties });
    const { Table } = await emulator.ok("DescribeTable", views);
    expect(Table).toMatchObject({
      RetentionProperties,
      MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true },
    });
  });

  test("lists come in pages, in order", async () => {
    const emulator = await opened();
    for (const name of ["zoo", "bar", "add"]) await emulator.ok("CreateDatabase", { DatabaseName: name });
    const first = await emulator.ok("ListDatabases", { MaxResults: 3 });
    const second = await emulator.ok("ListDatabases", { MaxResults: 3, NextToken: first.NextToken });
    const names = [...first.Databases, ...second.Databases].map(({ DatabaseName }) => DatabaseName);
    expect([names, second.NextToken]).toEqual([["add", "bar", "shop", "zoo"], undefined]);
    await emulator.ok("CreateTable", { DatabaseName: "zoo", TableName: "ape" });
    expect((await emulator.ok("ListTables", {})).Tables.map((table) => table.TableName)).toEqual(["views", "ape"]);
    expect((await emulator.ok("ListTables", shop)).Tables).toHaveLength(1);
  });

  test.each([
    ["CreateDatabase", shop, 409, "ConflictException"],
    ["CreateDatabase", { DatabaseName: "Shop" }, 400, "ValidationException"],
    ["CreateDatabase", { DatabaseName: "a b" }, 400, "ValidationException"],
    ["CreateTable", views, 409, "ConflictException"],
    ["CreateTable", { DatabaseName: "none", TableName: "views" }, 404, "ResourceNotFoundException"],
    [
      "UpdateTable",
      {
        ...views,
        RetentionProperties: { MemoryStoreRetentionPeriodInHours: 8767, MagneticStoreRetentionPeriodInDays: 1 },
      },
      400,
      "ValidationException",
    ],
    ["UpdateTable", { ...views, MagneticStoreWriteProperties: {} }, 400, "ValidationException"],
    ["DeleteDatabase", shop, 400, "ValidationException"],
    ["DeleteTable", { ...shop, TableName: "none" }, 404, "ResourceNotFoundException"],
    ["ListTables", { DatabaseName: "none" }, 404, "ResourceNotFoundException"],
    ["ListDatabases", { NextToken: "bm9uc2Vuc2U" }, 400, "ValidationException"],
    ["DescribeTable", { ...views, DatabaseName: 5 }, 400, "ValidationException"],
    ["PrepareQuery", {}, 400, "UnknownOperationException"],
    ["constructor", {}, 400, "UnknownOperationException"],
  ])("%s of %j answers %i %s", async (operation, request, status, type) => {
    const emulator = await opened();
    const answer = await emulator.call(operation, request);
    expect([answer.status, answer.body.__type]).toEqual([status, type]);
  });

  test("a deleted table is gone with its rows, and one of that name starts empty", async () => {
    const emulator = await opened();
    await emulator.write([record()]);
    await emulator.ok("DeleteTable", views);
    expect(await emulator.refusal("SELECT * FROM shop.views")).toContain("The table shop.views does not exist");
    await emulator.ok("CreateTable", views);
    expect(await emulator.rows("SELECT * FROM shop.views")).toEqual([]);
    expect((await emulator.write([record()])).status).toBe(200);
    await emulator.ok("DeleteTable", views);
    await emulator.ok("DeleteDatabase", shop);
    expect((await emulator.ok("ListDatabases", {})).Databases).toEqual([]);
  });

  test.each(["main", "temp", "system", "information_schema", "pg_catalog", "memory", "select"])(
    "a database may be called %s, and so may a table",
    async (name) => {
      const emulator = await bare();
      await emulator.ok("CreateDatabase", { DatabaseName: name });
      await emulator.ok("CreateTable", { DatabaseName: name, TableName: name });
      await emulator.ok("WriteRecords", { DatabaseName: name, TableName: name, Records: [record()] });
      expect(await emulator.value(`SELECT count(*) FROM "${name}"."${name}"`)).toBe("1");
      expect(await emulator.value(`SELECT "${name}"."${name}".path FROM "${name}"."${name}"`)).toBe("/");
    },
  );
});

describe("Requests", () => {
  test("DescribeEndpoints answers the host without its port, as clients keep theirs", async () => {
    const { timestream } = await bare();
    const { body } = await timestream.handle("DescribeEndpoints", "{}", "localhost:8000");
    expect(body).toEqual({ Endpoints: [{ Address: "localhost", CachePeriodInMinutes: 1440 }] });
  });

  test.each(["{", "[]", "null", '"x"', "5"])("a body of %s is refused", async (text) => {
    const { timestream } = await bare();
    const { status, errorType } = await timestream.handle("ListTables", text, "localhost");
    expect([status, errorType]).toEqual([400, text === "{" ? "SerializationException" : "ValidationException"]);
  });

  test("a body beyond all limits is refused unread", async () => {
    const { timestream } = await bare();
    const { status, errorType } = await timestream.handle("ListTables", " ".repeat(9 * 1024 * 1024), "localhost");
    expect([status, errorType]).toEqual([400, "ValidationException"]);
  });

  test("after close every request is an error, and closing again does nothing", async () => {
    const { timestream } = await opened();
    await timestream.close();
    await timestream.close();
    expect((await timestream.handle("ListTables", "{}", "localhost")).status).toBe(500);
  });
});

describe("A file", () => {
  test("gives everything back after a restart: tables, columns, types, rows and versions", async () => {
    const file = temporaryFile();
    const before = await opened({ file }, { MagneticStoreWriteProperties: { EnableMagneticStoreWrites: true } });
    await before.write([multi({ count: 5n }, { Version: 3 })]);
    const described = await before.ok("DescribeTable", views);
    await before.timestream.close();

    const after = await bare({ file });
    expect(await after.ok("DescribeTable", views)).toEqual(described);
    expect(await after.rows("SELECT path, count FROM shop.views")).toEqual([["/", "5"]]);
    const rejected = async (one: object) => (await after.write([one])).body.RejectedRecords;
    expect(await rejected(multi({ count: 6n }, { Version: 2 }))).toMatchObject([{ ExistingVersion: 3 }]);
    expect(await rejected(multi({ count: 1.5 }, { MeasureName: "x" }))).toMatchObject([
      { Reason: expect.stringContaining("BIGINT") },
    ]);
    await after.ok("CreateTable", { ...shop, TableName: "clicks" });
    expect((await after.write([multi({ count: 6n, sum: 1 }, { Version: 4 })])).status).toBe(200);
    expect(await after.rows("SELECT count, sum FROM shop.views")).toEqual([["6", "1.0"]]);
  });

  test("that another emulator has open is refused with its name", async () => {
    const file = temporaryFile();
    await opened({ file });
    await expect(bare({ file: `${file}/below` })).rejects.toThrow(/below|ENOTDIR|EEXIST/);
  });
});

test("requests that arrive together, to two tables and with a new column each, are all answered and all kept", async () => {
  const emulator = await opened();
  await emulator.ok("CreateTable", { ...shop, TableName: "clicks" });
  const write = (at: number) =>
    emulator.call("WriteRecords", {
      ...shop,
      TableName: at % 2 ? "views" : "clicks",
      Records: [multi({ [`m${at % 7}`]: 1n }, { Dimensions: [{ Name: "at", Value: String(at) }] })],
    });
  const answers = await Promise.all(Array.from({ length: 60 }, (_, at) => write(at)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(await emulator.rows("SELECT count(*) FROM shop.views UNION ALL SELECT count(*) FROM shop.clicks")).toEqual([
    ["30"],
    ["30"],
  ]);
});

test("writes that meet a deletion are told so, and nothing hangs", async () => {
  const emulator = await opened();
  const pending = Array.from({ length: 20 }, (_, at) => emulator.write([record({ MeasureName: `m${at}` })]));
  const deletion = emulator.ok("DeleteTable", views);
  const statuses = (await Promise.all(pending)).map(({ status }) => status);
  await deletion;
  expect(statuses.every((status) => status === 200 || status === 404)).toBe(true);
});
