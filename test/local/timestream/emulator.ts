import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openTimestream, type Timestream, type TimestreamOptions } from "../../../local/timestream/timestream.ts";

/** The emulator's clock in tests, unless they bring their own. */
export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
export const MINUTE_MS = 60_000;

/** The fields of all answers; each test says which it expects to be there. */
export interface Body {
  __type: string;
  message: string;
  RejectedRecords: { RecordIndex: number; Reason: string; ExistingVersion?: number }[];
  RecordsIngested: { Total: number; MemoryStore: number; MagneticStore: number };
  QueryId: string;
  Rows: { Data: Datum[] }[];
  ColumnInfo: { Name: string; Type: object }[];
  NextToken: string;
  Database: object;
  Databases: { DatabaseName: string }[];
  Table: object;
  Tables: { TableName: string }[];
}

export interface Answer {
  status: number;
  body: Body;
}

/** An emulator with the database `shop` and the table `views`, closed after the test. */
export async function opened(options: Partial<TimestreamOptions> = {}, table: object = {}): Promise<Emulator> {
  const emulator = await started(options, table);
  onTestFinished(() => emulator.timestream.close());
  return emulator;
}

/** The same, to be closed by the caller. */
export async function started(options: Partial<TimestreamOptions> = {}, table: object = {}): Promise<Emulator> {
  const emulator = new Emulator(await openTimestream({ file: ":memory:", now: () => NOW_MS, ...options }));
  await emulator.ok("CreateDatabase", { DatabaseName: "shop" });
  await emulator.ok("CreateTable", { DatabaseName: "shop", TableName: "views", ...table });
  return emulator;
}

/** An emulator with nothing in it, or with what is in its file. */
export async function bare(options: Partial<TimestreamOptions> = {}): Promise<Emulator> {
  const timestream = await openTimestream({ file: ":memory:", now: () => NOW_MS, ...options });
  onTestFinished(() => timestream.close());
  return new Emulator(timestream);
}

/** Path of a Timestream file that is not there yet, in a folder that goes after the test. */
export function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "timestream-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "rows.duckdb");
}

export class Emulator {
  readonly timestream: Timestream;

  constructor(timestream: Timestream) {
    this.timestream = timestream;
  }

  async call(operation: string, request: object): Promise<Answer> {
    const { status, body } = await this.timestream.handle(operation, JSON.stringify(request), "localhost:8000");
    return { status, body: body as Body };
  }

  async ok(operation: string, request: object): Promise<Body> {
    const { status, body } = await this.call(operation, request);
    if (status !== 200) throw new Error(`${operation}: ${status} ${JSON.stringify(body)}`);
    return body;
  }

  write(records: object[], common?: object): Promise<Answer> {
    const attributes = common && { CommonAttributes: common };
    return this.call("WriteRecords", { DatabaseName: "shop", TableName: "views", ...attributes, Records: records });
  }

  /** The rows of a query, each value as text, NULL or an array of these. */
  async rows(query: string): Promise<unknown[][]> {
    const { Rows } = await this.ok("Query", { QueryString: query });
    return Rows.map((row) => row.Data.map(plain));
  }

  /** The only value of the only row. */
  async value(query: string): Promise<unknown> {
    const [row, ...more] = await this.rows(query);
    if (row?.length !== 1 || more.length > 0) throw new Error(`Expected one value, got ${JSON.stringify(row)}`);
    return row[0];
  }

  /** What a query is refused with. */
  async refusal(query: string): Promise<string> {
    const { status, body } = await this.call("Query", { QueryString: query });
    return status === 200 ? `answered ${JSON.stringify(body.Rows)}` : `${body.__type}: ${body.message}`;
  }
}

export interface Datum {
  ScalarValue?: string;
  NullValue?: true;
  ArrayValue?: Datum[];
  RowValue?: { Data: Datum[] };
}

function plain(datum: Datum): unknown {
  if (datum.NullValue) return null;
  return datum.ScalarValue ?? datum.ArrayValue?.map(plain) ?? datum.RowValue?.Data.map(plain);
}

/** A record of one measure, a minute ago, with overrides. */
export function record(overrides: object = {}): Record<string, unknown> {
  return {
    Dimensions: [{ Name: "path", Value: "/" }],
    MeasureName: "views",
    MeasureValue: "1",
    MeasureValueType: "BIGINT",
    Time: String(NOW_MS - MINUTE_MS),
    ...overrides,
  };
}

/** A record of several measures: each with its type by its value. */
export function multi(measures: Record<string, number | bigint | string | boolean>, overrides: object = {}) {
  const { MeasureValue: _, ...rest } = record();
  const MeasureValues = Object.entries(measures).map(([Name, value]) => ({
    Name,
    Value: String(value),
    Type: typeOf(value),
  }));
  return { ...rest, MeasureValueType: "MULTI", MeasureValues, ...overrides };
}

function typeOf(value: number | bigint | string | boolean): string {
  const types: Record<string, string> = { number: "DOUBLE", bigint: "BIGINT", string: "VARCHAR", boolean: "BOOLEAN" };
  return types[typeof value] ?? "VARCHAR";
}
