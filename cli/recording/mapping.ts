import type { Mapped } from "./recorded-event.ts";

/** Where a column is in the header. */
export type ColumnIndex = (column: string) => number;

/** Turns a row of a table and its line number into an event. The same row on the same line is always the same event. */
export type RowMapping = (row: readonly string[], line: number) => Mapped;

/** How the rows of one kind of table are events. */
export interface Mapping {
  /** What `--mapping` takes, and the beginning of the message ids. */
  readonly name: string;
  /** Columns that the mapping reads; a table may have more, in any order. */
  readonly columns: readonly string[];
  readonly bind: (indexOf: ColumnIndex) => RowMapping;
}

/** Binds a mapping to a header that has its columns. */
export function bindTo(mapping: Mapping, header: readonly string[]): RowMapping {
  return mapping.bind((column) => header.indexOf(column));
}
