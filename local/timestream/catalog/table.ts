import { ROWS_SCHEMA } from "../engine.ts";
import { identifier } from "../sql/quoting.ts";
import type { MeasureKind, MeasureType } from "../write/measure.ts";

/** What a client has set on a table, as it is stored. */
export interface TableProperties {
  readonly memoryRetentionHours: number;
  readonly magneticRetentionDays: number;
  readonly magneticStoreWrites: boolean;
  /** `MagneticStoreRejectedDataLocation` and `Schema` as they came; kept to be described again. */
  readonly rejectedDataLocation?: unknown;
  readonly schema?: unknown;
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** A column a client can see, besides `measure_name` and `time`. */
export interface Column {
  readonly name: string;
  readonly role: "dimension" | "measure";
  readonly type: MeasureType;
  /** From a record of type MULTI; the others are `measure_value::type`. */
  readonly multi: boolean;
}

/**
 * One Timestream table. Its rows are in a DuckDB table named by id, with columns of our own first; what clients
 * query is a view that leaves those out. The prefix `ts_` is reserved in Timestream, so no column of a client
 * can have the names of ours.
 */
export interface Table {
  readonly id: number;
  readonly database: string;
  readonly name: string;
  properties: TableProperties;
  /** In the order in which they were added, which is their order in the DuckDB table. */
  readonly columns: Map<string, Column>;
  /** Lower-cased name -> name: DuckDB's names differ in more than case, Timestream's need not. */
  readonly foldedColumns: Map<string, string>;
  readonly measureNames: Map<string, MeasureKind>;
  dropped: boolean;
  trimmedMs: number;
}

/** Columns every row has: identity (with `time`), version, and a hash of the measures to compare values by. */
export const OWN_COLUMNS = [
  ["ts_series_high", "BIGINT"],
  ["ts_series_low", "BIGINT"],
  ["ts_version", "BIGINT"],
  ["ts_value_hash", "BIGINT"],
  ["time", "TIMESTAMP_NS"],
  ["measure_name", "VARCHAR"],
] as const;

const DUCKDB_TYPE: Record<MeasureType, string> = {
  VARCHAR: "VARCHAR",
  DOUBLE: "DOUBLE",
  BIGINT: "BIGINT",
  BOOLEAN: "BOOLEAN",
  TIMESTAMP: "TIMESTAMP_NS",
};

export function newTable(key: Pick<Table, "id" | "database" | "name" | "properties">): Table {
  return {
    ...key,
    columns: new Map(),
    foldedColumns: new Map(),
    measureNames: new Map(),
    dropped: false,
    trimmedMs: 0,
  };
}

export function addColumn(table: Table, column: Column): void {
  table.columns.set(column.name, column);
  table.foldedColumns.set(column.name.toLowerCase(), column.name);
}

/** The DuckDB schema that stands for a database; the prefix keeps `main`, `temp` and the like apart. */
export function databaseSchema(database: string): string {
  return `db:${database}`;
}

export function rowsName(table: Pick<Table, "id">): string {
  return `t${table.id}`;
}

export function rowsTable(table: Pick<Table, "id">): string {
  return `${identifier(ROWS_SCHEMA)}.${identifier(rowsName(table))}`;
}

function viewName(table: Table): string {
  return `${identifier(databaseSchema(table.database))}.${identifier(table.name)}`;
}

export function createTableSql(table: Table): string[] {
  const columns = OWN_COLUMNS.map(([name, type]) => `${name} ${type} NOT NULL`);
  return [`CREATE TABLE ${rowsTable(table)} (${columns.join(", ")})`, createViewSql(table, [])];
}

export function dropTableSql(table: Table): string[] {
  return [`DROP VIEW ${viewName(table)}`, `DROP TABLE ${rowsTable(table)}`];
}

export function addColumnsSql(table: Table, added: readonly Column[]): string[] {
  const alters = added.map(
    (column) => `ALTER TABLE ${rowsTable(table)} ADD COLUMN ${identifier(column.name)} ${DUCKDB_TYPE[column.type]}`,
  );
  return [...alters, createViewSql(table, added)];
}

/** `SELECT *` gives the dimensions, `measure_name`, `time`, then the measures. */
function createViewSql(table: Table, added: readonly Column[]): string {
  const columns = [...table.columns.values(), ...added];
  const named = (role: Column["role"]) => columns.filter((column) => column.role === role).map((column) => column.name);
  const names = [...named("dimension"), "measure_name", "time", ...named("measure")];
  return `CREATE OR REPLACE VIEW ${viewName(table)} AS SELECT ${names.map(identifier).join(", ")} FROM ${rowsTable(table)}`;
}
