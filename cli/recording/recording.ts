import { ByteSource } from "./byte-source.ts";
import { type CsvRow, csvParser } from "./csv-rows.ts";
import { decoder } from "./encoding.ts";
import { jsonEvent, jsonLines } from "./json-event.ts";
import type { RowMapping } from "./mapping.ts";
import { mappings } from "./mappings.ts";
import { type Reading, type ReadingOptions, readingOf } from "./reading.ts";
import type { BadRow, Mapped, RecordedEvent } from "./recorded-event.ts";
import { RecordingError } from "./recording-error.ts";
import { type TextLine, textLines } from "./text-lines.ts";

export interface RecordingOptions extends ReadingOptions {
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
  readonly reading: Reading;
  /** Rows of the latest reading that were no events. */
  badRows = 0;
  readonly #source: ByteSource;
  readonly #options: RecordingOptions;

  constructor(source: ByteSource, reading: Reading, options: RecordingOptions) {
    this.#source = source;
    this.reading = reading;
    this.#options = options;
  }

  /** One of `mappingNames`, or "map". */
  get mapping(): string {
    return this.reading.mapping;
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
      const { mapRow } = this.reading;
      yield* mapRow === undefined ? this.#readLines() : this.#readTable(mapRow);
    } catch (cause) {
      if (cause instanceof RecordingError) throw cause;
      throw new RecordingError(this.file, cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  async *#readTable(mapRow: RowMapping): AsyncGenerator<readonly RecordedEvent[]> {
    const { encoding, delimiter } = this.reading;
    let isHeader = true;
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
    }, delimiter);
    for await (const { record, info } of this.#source.stream(decoder(encoding), parser) as AsyncIterable<CsvRow>) {
      if (skipped.length > 0) report(info.lines);
      if (isHeader) {
        isHeader = false;
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
    const groups: AsyncIterable<TextLine[]> = textLines(
      this.#source.stream(decoder(this.reading.encoding)),
      lineBytesMax,
      this.#bad,
    );
    for await (const lines of groups) {
      for (let start = 0; start < lines.length; start += batchEventsMax) {
        const batch: RecordedEvent[] = [];
        for (const { text, line } of lines.slice(start, start + batchEventsMax))
          this.#take(jsonEvent(text, line), line, batch);
        if (batch.length > 0) yield batch;
      }
    }
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
    return new Recording(source, await readingOf(source, options), options);
  } catch (cause) {
    if (cause instanceof RecordingError) throw cause;
    throw new RecordingError(file, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
