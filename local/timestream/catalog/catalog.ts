import type { DuckDBConnection } from "@duckdb/node-api";
import { CATALOG_SCHEMA } from "../engine.ts";
import { ServiceFailure } from "../failure.ts";
import { identifier } from "../sql/quoting.ts";
import type { MeasureKind } from "../write/measure.ts";
import { addColumn, type Column, newTable, type Table, type TableProperties } from "./table.ts";

export interface Database {
  readonly name: string;
  readonly properties: { readonly kmsKeyId?: string; readonly createdMs: number; readonly updatedMs: number };
  readonly tables: Map<string, Table>;
}

/** Databases, tables, their columns and measure names: in memory, with a copy in the DuckDB file. */
export interface Catalog {
  readonly databases: Map<string, Database>;
  nextTableId: number;
}

const NAMES = ["databases", "tables", "columns", "measure_names"] as const;

export function catalogTable(name: (typeof NAMES)[number]): string {
  return `${identifier(CATALOG_SCHEMA)}.${name}`;
}

const LAYOUT: Record<(typeof NAMES)[number], string> = {
  databases: "name VARCHAR, properties VARCHAR",
  tables: "id INTEGER, database VARCHAR, name VARCHAR, properties VARCHAR",
  columns: "table_id INTEGER, position INTEGER, name VARCHAR, definition VARCHAR",
  measure_names: "table_id INTEGER, name VARCHAR, kind VARCHAR",
};

/** Reads the catalog that an earlier run left in the file, or starts an empty one. */
export async function loadCatalog(writer: DuckDBConnection): Promise<Catalog> {
  for (const name of NAMES) await writer.run(`CREATE TABLE IF NOT EXISTS ${catalogTable(name)} (${LAYOUT[name]})`);
  const rows = async (name: (typeof NAMES)[number], order: string) =>
    (await writer.runAndReadAll(`SELECT * FROM ${catalogTable(name)} ORDER BY ${order}`)).getRows();

  // What is read here was written by this program: the casts only give it back its types.
  const databases = new Map<string, Database>();
  for (const [name, properties] of (await rows("databases", "name")) as [string, string][]) {
    databases.set(name, { name, properties: JSON.parse(properties) as Database["properties"], tables: new Map() });
  }
  const byId = new Map<number, Table>();
  for (const [id, database, name, text] of (await rows("tables", "id")) as [number, string, string, string][]) {
    const table = newTable({ id, database, name, properties: JSON.parse(text) as TableProperties });
    byId.set(id, table);
    databases.get(database)?.tables.set(name, table);
  }
  for (const [id, , , column] of (await rows("columns", "table_id, position")) as [number, number, string, string][]) {
    const table = byId.get(id);
    if (table) addColumn(table, JSON.parse(column) as Column);
  }
  for (const [id, name, kind] of (await rows("measure_names", "table_id")) as [number, string, MeasureKind][]) {
    byId.get(id)?.measureNames.set(name, kind);
  }
  return { databases, nextTableId: Math.max(0, ...byId.keys()) + 1 };
}

/** The database of that very name (names are case sensitive), or ResourceNotFoundException. */
export function findDatabase(catalog: Catalog, name: string): Database {
  const database = catalog.databases.get(name);
  if (!database) throw new ServiceFailure("ResourceNotFoundException", `The database ${name} does not exist.`);
  return database;
}

/** The table of that very name, or ResourceNotFoundException. */
export function findTable(catalog: Catalog, database: string, name: string): Table {
  const table = findDatabase(catalog, database).tables.get(name);
  if (!table) throw new ServiceFailure("ResourceNotFoundException", `The table ${database}.${name} does not exist.`);
  return table;
}

/** Runs the statements as one transaction on the writer's connection. Call it in the writer's turn only. */
export async function inTransaction<T>(writer: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  await writer.run("BEGIN");
  try {
    const result = await work();
    await writer.run("COMMIT");
    return result;
  } catch (error) {
    // A failed COMMIT has already ended the transaction; the first error is the one to report.
    await writer.run("ROLLBACK").catch(() => undefined);
    throw error;
  }
}
