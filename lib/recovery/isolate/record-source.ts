import { UnreadableFailure } from "../../store/dead-letters/dead-letter.ts";
import type { FailureFile, FailureFiles } from "../../store/dead-letters/dead-letter-files.ts";
import { FailureIndex } from "../../store/dead-letters/dead-letter-index.ts";
import { covers, type Range } from "../../stream/range.ts";
import { RangeGone, type RangeReader } from "../../stream/reader.ts";
import { compareSequence } from "../../stream/sequence.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";

/** Records of a range, wherever they were found. */
export interface FoundRecords {
  /** In order. */
  readonly records: readonly StreamRecord[];
  /** Whether it is known that these are all of the range. */
  readonly complete: boolean;
  /** Whether every place was searched. If not, missing records may be in one of the others. */
  readonly lookedAtAll: boolean;
  /** Key of an unreadable batch that Lambda gave up on: missing records may be in it. */
  readonly unreadable: string | undefined;
}

/** The records to find. */
export interface SoughtRecords extends Range {
  /** Arrival of the first of them, epoch milliseconds. */
  readonly firstArrivalMs: number;
  /** How many there are, where that is known. */
  readonly records: number | undefined;
}

/** Finds records again: in the stream, else in the batches that Lambda gave up on. */
export class RecordSource {
  readonly #stream: Pick<RangeReader, "read">;
  readonly #files: FailureFiles;
  readonly #index: FailureIndex;

  /** Stops looking at batches when time is up. */
  constructor(stream: Pick<RangeReader, "read">, files: FailureFiles, time: { readonly hasTime: boolean }) {
    this.#stream = stream;
    this.#files = files;
    this.#index = new FailureIndex(files, { hasTime: () => time.hasTime });
  }

  /**
   * The records of the range. Sequence numbers have gaps, so records put together from several places are known to be
   * all only by how many they are. Where that is not known, they are all that anybody has.
   */
  async read(shardId: string, sought: SoughtRecords): Promise<FoundRecords> {
    const { firstSequence, lastSequence, firstArrivalMs, records: count } = sought;
    const found = new Map<string, StreamRecord>();
    try {
      const records = await this.#stream.read(shardId, firstSequence, lastSequence, count);
      const complete = count === undefined || records.length === count;
      return { records, complete, lookedAtAll: true, unreadable: undefined };
    } catch (error) {
      if (!(error instanceof RangeGone)) throw error;
      for (const record of error.records) found.set(record.sequenceNumber, record);
    }
    const { files, lookedAtAll, unreadable } = await this.#index.overlapping(shardId, sought, firstArrivalMs);
    let broken = unreadable;
    for (const file of files) {
      const records = await this.#recordsOf(file);
      if (records === "unreadable") broken ??= file.key;
      else
        for (const record of records)
          if (covers(sought, record.sequenceNumber)) found.set(record.sequenceNumber, record);
    }
    const records = [...found.values()].sort((a, b) => compareSequence(a.sequenceNumber, b.sequenceNumber));
    return { records, complete: count !== undefined && records.length === count, lookedAtAll, unreadable: broken };
  }

  async #recordsOf(file: FailureFile): Promise<readonly StreamRecord[] | "unreadable"> {
    try {
      return (await this.#files.read(file))?.batch.records ?? [];
    } catch (error) {
      if (error instanceof UnreadableFailure) return "unreadable";
      throw error;
    }
  }
}
