import type { ByteSource } from "./byte-source.ts";
import { delimiterInWords } from "./delimiter.ts";
import { beginningOf, firstRows, shownSample } from "./first-rows.ts";
import { jsonLines } from "./json-event.ts";
import { type BoundMap, boundMap, mapName, type TableSample } from "./mapped-table.ts";
import { bindTo, type RowMapping } from "./mapping.ts";
import { mappingOf } from "./mappings.ts";
import { RecordingError } from "./recording-error.ts";
import type { TableForm, TableMap } from "./table-map.ts";

/** What is known of a file before it is read. */
export interface ReadingOptions {
  /** One of `mappingNames`; without it the file's beginning decides. */
  readonly mapping?: string;
  /** Says what the columns of a table are that no mapping knows. */
  readonly map?: TableMap;
  readonly form?: TableForm;
}

/** How a file is read. */
export interface Reading {
  /** One of `mappingNames`, or `mapName`. */
  readonly mapping: string;
  readonly encoding: string;
  readonly delimiter?: string;
  /** Of a table. */
  readonly mapRow?: RowMapping;
  /** What nobody has said, in words: "delimiter \\";\\"". */
  readonly guesses: readonly string[];
}

/** Where none of so many first rows is an event, the map or a guess is wrong. */
const rowsTried = 3;

/**
 * Decides by the first rows how a file is read: an object is JSON, anything else the header of a table. Throws
 * RecordingError where nothing fits, with the first rows where a map does not.
 */
export async function readingOf(source: ByteSource, options: ReadingOptions): Promise<Reading> {
  const { mapping: name, map, form = {} } = options;
  const beginning = await beginningOf(source, form, map !== undefined);
  const { encoding, text } = beginning;
  if (name === jsonLines || (name === undefined && text.trimStart().startsWith("{"))) {
    if (map === undefined) return { mapping: jsonLines, encoding, guesses: [] };
    throw new RecordingError(source.file, "expected a table for a map, got lines of JSON");
  }
  const sample = await firstRows(source, beginning, form);
  if (sample === undefined) throw new RecordingError(source.file, "expected events, got an empty file");
  const { delimiter } = sample;
  if (map === undefined) {
    const mapping = mappingOf(sample.header, name);
    if (typeof mapping === "string") throw new RecordingError(source.file, mapping);
    return { mapping: mapping.name, encoding, delimiter, mapRow: bindTo(mapping, sample.header), guesses: [] };
  }
  const table = mappedTable(map, sample);
  if (typeof table === "string") throw new RecordingError(source.file, `${table}. ${shownSample(sample, encoding)}`);
  const guesses = [
    ...(form.delimiter === undefined ? [`delimiter ${delimiterInWords(delimiter)}`] : []),
    ...(form.encoding === undefined ? [`encoding ${encoding}`] : []),
    ...table.guesses,
  ];
  return { mapping: mapName, encoding, delimiter, mapRow: table.mapRow, guesses };
}

/** A map that makes an event of one of the first rows at least. */
function mappedTable(map: TableMap, sample: TableSample): BoundMap | string {
  if (sample.rows.length === 0) return "expected events, got a header and no rows";
  const table = boundMap(map, sample);
  if (typeof table === "string") return table;
  const tried = sample.rows.slice(0, rowsTried).map((row, index) => table.mapRow(row, index + 2));
  const reasons = tried.filter((mapped) => typeof mapped === "string");
  return reasons.length === tried.length ? (reasons[0] ?? "") : table;
}
