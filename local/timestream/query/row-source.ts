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

/** A connection for one query. Interrupting it after it was closed has no effect, as has closing it twice. */
export class QueryConnection {
  readonly connection: DuckDBConnection;
  #closed = false;

  constructor(connection: DuckDBConnection) {
    this.connection = connection;
  }

  interrupt(): void {
    if (!this.#closed) this.connection.interrupt();
  }

  close(): void {
    if (!this.#closed) this.connection.closeSync();
    this.#closed = true;
  }
}

/** The rows of a streaming DuckDB result; closing it closes the connection. */
export function resultSource(connection: QueryConnection, result: DuckDBResult, names: readonly string[]): RowSource {
  const types = result.columnTypes();
  return {
    columns: types.map((type, at) => ({ Name: names[at] ?? result.columnName(at), Type: columnType(type) })),
    async next() {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return undefined;
      return chunk.getRows().map((row) => ({
        Data: types.map((type, at) => datum(row[at] ?? null, type)),
      }));
    },
    interrupt: () => connection.interrupt(),
    close: () => connection.close(),
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
