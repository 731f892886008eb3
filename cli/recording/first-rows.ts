import { Buffer } from "node:buffer";
import type { ByteSource } from "./byte-source.ts";
import { type CsvRow, csvParser } from "./csv-rows.ts";
import { delimiterInWords, guessedDelimiter } from "./delimiter.ts";
import { decoder, guessedEncoding, sampleText } from "./encoding.ts";
import type { TableSample } from "./mapped-table.ts";
import type { TableForm } from "./table-map.ts";

/** Bytes, after unpacking, and rows that a guess is made from. */
const sampleBytes = 64 * 1024;
const sampleRows = 200;
/** Rows that an error shows, and characters of each. */
const rowsShown = 3;
const charactersShown = 120;

/** The beginning of a recording, before it is known what it is. */
export interface Beginning {
  readonly encoding: string;
  readonly text: string;
}

/** Reads the beginning of a file; `mayGuess` of an encoding that nobody said. */
export async function beginningOf(source: ByteSource, form: TableForm, mayGuess: boolean): Promise<Beginning> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source.stream() as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= sampleBytes) break;
  }
  const sample = Buffer.concat(chunks);
  const encoding = form.encoding ?? (mayGuess ? guessedEncoding(sample) : "utf-8");
  return { encoding, text: sampleText(sample, encoding) };
}

/** Reads the first rows of a table; undefined where it has not even a header. */
export async function firstRows(
  source: ByteSource,
  { encoding, text }: Beginning,
  { delimiter = guessedDelimiter(text) }: TableForm,
): Promise<TableSample | undefined> {
  let header: readonly string[] | undefined;
  const rows: (readonly string[])[] = [];
  const stream = source.stream(
    decoder(encoding),
    csvParser(() => {}, delimiter),
  );
  for await (const { record } of stream as AsyncIterable<CsvRow>) {
    if (header === undefined) header = record;
    else rows.push(record);
    if (rows.length === sampleRows) break;
  }
  return header === undefined ? undefined : { header, rows, delimiter };
}

/** How a table was read, for who sees that it was read in a wrong way. */
export function shownSample({ header, rows, delimiter }: TableSample, encoding: string): string {
  const line = (row: readonly string[]): string => {
    const text = row.map((cell) => JSON.stringify(cell)).join("  ");
    return text.length > charactersShown ? `${text.slice(0, charactersShown - 1)}…` : text;
  };
  const shown = [header, ...rows.slice(0, rowsShown)].map((row) => `\n  ${line(row)}`).join("");
  return `Read with --delimiter ${delimiterInWords(delimiter)} --encoding ${encoding}, the first rows are:${shown}`;
}
