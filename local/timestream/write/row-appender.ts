import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBTimestampNanosecondsValue,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  TIMESTAMP_NS,
  VARCHAR,
} from "@duckdb/node-api";
import { OWN_COLUMNS, rowsName, type Table } from "../catalog/table.ts";
import { ROWS_SCHEMA } from "../engine.ts";
import type { MeasureType } from "./measure.ts";
import type { NewRecord } from "./record.ts";

const TYPES: Record<MeasureType, DuckDBType> = { VARCHAR, DOUBLE, BIGINT, BOOLEAN, TIMESTAMP: TIMESTAMP_NS };
const OWN_TYPES: DuckDBType[] = [BIGINT, BIGINT, BIGINT, BIGINT, TIMESTAMP_NS, VARCHAR];
/** Rows DuckDB takes in one chunk. */
const CHUNK_ROWS = 2048;

export const KEYS_TABLE = "ts_keys";

/** Appends the records to their table: the one way into DuckDB that keeps up with the stream. */
export async function appendRows(writer: DuckDBConnection, table: Table, records: readonly NewRecord[]): Promise<void> {
  const positions = new Map<string, number>();
  const types = [...OWN_TYPES];
  for (const column of table.columns.values()) {
    positions.set(column.name, types.length);
    types.push(TYPES[column.type]);
  }
  await append(writer, [rowsName(table), ROWS_SCHEMA], types, records, (record, put) => {
    put(0, record.identity.high);
    put(1, record.identity.low);
    put(2, record.version);
    put(3, record.valueHash);
    put(4, new DuckDBTimestampNanosecondsValue(record.timeNs));
    put(5, record.measureName);
    for (const { name, value } of record.dimensions) put(position(positions, name), value);
    for (const { column, value } of record.measures) put(position(positions, column), value);
  });
}

/** Fills a temporary table with the identities to look for, numbered in the order given. */
export async function appendKeys(writer: DuckDBConnection, records: readonly NewRecord[]): Promise<void> {
  const columns = "number INTEGER, high BIGINT, low BIGINT, time TIMESTAMP_NS";
  await writer.run(`CREATE OR REPLACE TEMP TABLE ${KEYS_TABLE} (${columns})`);
  let number = 0;
  await append(
    writer,
    [KEYS_TABLE, "main", "temp"],
    [INTEGER, BIGINT, BIGINT, TIMESTAMP_NS],
    records,
    (record, put) => {
      put(0, number++);
      put(1, record.identity.high);
      put(2, record.identity.low);
      put(3, new DuckDBTimestampNanosecondsValue(record.timeNs));
    },
  );
}

type Put = (column: number, value: DuckDBValue) => void;

async function append<T>(
  writer: DuckDBConnection,
  [table, schema, catalog]: [table: string, schema: string, catalog?: string],
  types: readonly DuckDBType[],
  rows: readonly T[],
  fill: (row: T, put: Put) => void,
): Promise<void> {
  const appender = await writer.createAppender(table, schema, catalog ?? null);
  try {
    for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
      const slice = rows.slice(from, from + CHUNK_ROWS);
      const columns = types.map((): DuckDBValue[] => new Array(slice.length).fill(null));
      let line = 0;
      const put: Put = (column, value) => {
        const values = columns[column];
        if (values) values[line] = value;
      };
      for (const row of slice) {
        fill(row, put);
        line++;
      }
      const chunk = DuckDBDataChunk.create(types, slice.length);
      chunk.setColumns(columns);
      appender.appendDataChunk(chunk);
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

function position(positions: ReadonlyMap<string, number>, name: string): number {
  const at = positions.get(name);
  if (at === undefined) throw new Error(`Expected the column ${name} to have been added before its rows`);
  return at;
}

// The appender goes by position: the two lists of our own columns must agree.
if (OWN_COLUMNS.length !== OWN_TYPES.length) throw new Error("Expected as many own types as own columns");
