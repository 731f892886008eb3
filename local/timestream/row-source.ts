import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { type ColumnType, columnType, type Datum, datum } from "./datum.ts";

export interface ColumnInfo {
  readonly Name: string;
  readonly Type: ColumnType;
}

export interface Row {
  readonly Data: Datum[];
}

/** Rows that come in batches; `next` gives undefined after the last. */
export interface RowSource {
  readonly columns: readonly ColumnInfo[];
  next(): Promise<readonly Row[] | undefined>;
  /** Stops what is running; `next` then fails. Has no effect after `close`. */
  interrupt(): void;
  close(): void;
}

/** The rows of a streaming DuckDB result; closing it closes the connection, which nobody else may use. */
export function resultSource(connection: DuckDBConnection, result: DuckDBResult, names: readonly string[]): RowSource {
  const types = result.columnTypes();
  let closed = false;
  return {
    columns: types.map((type, at) => ({ Name: names[at] ?? result.columnName(at), Type: columnType(type) })),
    async next() {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return undefined;
      return chunk.getRows().map((row) => ({
        Data: types.map((type, at) => datum(row[at] ?? null, type)),
      }));
    },
    interrupt() {
      if (!closed) connection.interrupt();
    },
    close() {
      if (!closed) connection.closeSync();
      closed = true;
    },
  };
}

/** Rows that are known already. */
export function fixedSource(columns: readonly ColumnInfo[], rows: readonly Row[]): RowSource {
  let batch: readonly Row[] | undefined = rows.length > 0 ? rows : undefined;
  return {
    columns,
    async next() {
      const next = batch;
      batch = undefined;
      return next;
    },
    interrupt() {},
    close() {},
  };
}
