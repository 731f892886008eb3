import type { TransformOptions } from "node:stream";
import { type CsvError, type Options, type Parser, parse } from "csv-parse";
import type { BadRow } from "./recorded-event.ts";

export interface CsvRow {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** A row over this is taken for a quote that never ends. */
const rowBytesMax = 256 * 1024;

/**
 * A parser of CSV with a header, `"`, and any line ends. Rows that are broken are reported, each once. One that
 * does not end within 256 KiB ends the reading with an error, for no later row could be trusted.
 */
export function csvParser(bad: (row: BadRow) => void, delimiter = ","): Parser {
  let lastBad = 0;
  const options: Options & TransformOptions = {
    bom: true,
    delimiter,
    info: true,
    record_delimiter: ["\r\n", "\n", "\r"].map((end) => Buffer.from(end)),
    // A quote inside an unquoted field is a character like any other.
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: rowBytesMax,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      if (error === undefined) return undefined;
      if (error.code === "CSV_MAX_RECORD_SIZE") throw error;
      const line = typeof error.lines === "number" ? error.lines : 0;
      if (line !== lastBad) bad({ line, reason: error.message });
      lastBad = line;
      return undefined;
    },
    readableHighWaterMark: 512,
  };
  return parse(options);
}
