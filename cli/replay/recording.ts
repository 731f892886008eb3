import { ByteSource } from "./byte-source.ts";
import { type CsvRow, csvParser } from "./csv-rows.ts";
import { jsonEvent, jsonLines } from "./json-event.ts";
import { bindTo, mappingOf, mappings, type RowMapping } from "./mapping.ts";
import type { BadRow, Mapped, RecordedEvent } from "./recorded-event.ts";
import { RecordingError } from "./recording-error.ts";
import { type TextLine, textLines } from "./text-lines.ts";

export interface RecordingOptions {
  /** One of `mappingNames`; without it the file's beginning decides. */
  readonly mapping?: string;
  /** Ends the reading at the first bad row. Otherwise such rows are left out, counted and told to `onBadRow`. */
  readonly strict?: boolean;
  readonly onBadRow?: (row: BadRow) => void;
}

export const mappingNames: readonly string[] = [...mappings.map(({ name }) => name), jsonLines];

const batchEventsMax = 500;
const lineBytesMax = 1024 * 1024;
/** Broken rows held back until their turn. */
const skippedMax = 1_000;

/**
 * A file of events, read from the beginning each time it is iterated, in batches: an await for each event would cost
 * more than the event.
 */
export class Recording implements AsyncIterable<readonly RecordedEvent[]> {
  /** One of `mappingNames`. */
  readonly mapping: string;
  /** Rows of the latest reading that were no events. */
  badRows = 0;
  readonly #source: ByteSource;
  readonly #options: RecordingOptions;

  constructor(source: ByteSource, mapping: string, options: RecordingOptions) {
    this.#source = source;
    this.mapping = mapping;
    this.#options = options;
  }

  get file(): string {
    return this.#source.file;
  }

  /** How much of the file has been read by the latest reading, 0 to 1. A little ahead of what was given out. */
  get fraction(): number {
    return this.#source.bytesTotal === 0 ? 1 : this.#source.bytesRead / this.#source.bytesTotal;
  }

  /** Throws RecordingError when the file cannot be read on, or, when strict, at a bad row. */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly RecordedEvent[]> {
    this.badRows = 0;
    try {
      yield* this.mapping === jsonLines ? this.#readLines() : this.#readTable();
    } catch (cause) {
      if (cause instanceof RecordingError) throw cause;
      throw new RecordingError(this.file, cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  async *#readTable(): AsyncGenerator<readonly RecordedEvent[]> {
    let mapRow: RowMapping | undefined;
    let batch: RecordedEvent[] = [];
    // The parser is ahead of the rows it gave out: what it skips is reported when its turn comes.
    let skipped: BadRow[] = [];
    const report = (beforeLine: number): void => {
      const due = skipped.filter(({ line }) => line < beforeLine);
      skipped = skipped.filter(({ line }) => line >= beforeLine);
      due.forEach(this.#bad);
    };
    const parser = csvParser((row) => {
      skipped.push(row);
      // Nothing but bad rows: their turn would never come.
      if (skipped.length > skippedMax) report(Number.POSITIVE_INFINITY);
    });
    for await (const { record, info } of this.#source.stream(parser) as AsyncIterable<CsvRow>) {
      if (skipped.length > 0) report(info.lines);
      if (mapRow === undefined) {
        mapRow = this.#bind(record);
        continue;
      }
      this.#take(mapRow(record, info.lines), info.lines, batch);
      if (batch.length === batchEventsMax) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
    report(Number.POSITIVE_INFINITY);
  }

  async *#readLines(): AsyncGenerator<readonly RecordedEvent[]> {
    const groups: AsyncIterable<TextLine[]> = textLines(this.#source.stream(), lineBytesMax, this.#bad);
    for await (const lines of groups) {
      for (let start = 0; start < lines.length; start += batchEventsMax) {
        const batch: RecordedEvent[] = [];
        for (const { text, line } of lines.slice(start, start + batchEventsMax))
          this.#take(jsonEvent(text, line), line, batch);
        if (batch.length > 0) yield batch;
      }
    }
  }

  #bind(header: readonly string[]): RowMapping {
    const mapping = mappingOf(header, this.mapping);
    if (typeof mapping === "string") throw new RecordingError(this.file, mapping);
    return bindTo(mapping, header);
  }

  #take(mapped: Mapped, line: number, batch: RecordedEvent[]): void {
    if (typeof mapped === "string") this.#bad({ line, reason: mapped });
    else batch.push(mapped);
  }

  readonly #bad = (row: BadRow): void => {
    this.badRows++;
    if (this.#options.strict) throw new RecordingError(this.file, `line ${row.line}: ${row.reason}`);
    this.#options.onBadRow?.(row);
  };
}

/**
 * Opens a file of events: CSV or lines of JSON, gzip or not, told apart by content. Throws RecordingError when there is
 * no such file, when it is empty, or when no mapping fits it.
 */
export async function openRecording(file: string, options: RecordingOptions = {}): Promise<Recording> {
  const { mapping } = options;
  if (mapping !== undefined && !mappingNames.includes(mapping)) {
    throw new RecordingError(file, `expected a mapping of ${mappingNames.join(", ")}, got ${mapping}`);
  }
  try {
    const source = await ByteSource.open(file);
    return new Recording(source, await mappingFor(source, mapping), options);
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    throw new RecordingError(file, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Decides by the first row: an object is JSON, anything else the header of a table. */
async function mappingFor(source: ByteSource, name: string | undefined): Promise<string> {
  if (name === jsonLines) return name;
  if (name === undefined && (await firstCharacter(source)) === "{") return jsonLines;
  for await (const { record } of source.stream(csvParser(() => {})) as AsyncIterable<CsvRow>) {
    const mapping = mappingOf(record, name);
    if (typeof mapping === "string") throw new RecordingError(source.file, mapping);
    return mapping.name;
  }
  throw new RecordingError(source.file, "expected events, got an empty file");
}

async function firstCharacter(source: ByteSource): Promise<string | undefined> {
  for await (const chunk of source.stream() as AsyncIterable<Buffer>) {
    const text = chunk
      .toString("latin1")
      .replace(/^\u00ef\u00bb\u00bf/, "")
      .trimStart();
    if (text !== "") return text[0];
  }
  return undefined;
}
