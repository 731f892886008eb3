import { UnreadableFailure } from "../failures/failure.ts";
import type { FailureFiles } from "../failures/failure-files.ts";
import type { FailureIndex } from "../failures/failure-index.ts";
import { compareSequence } from "../record/sequence.ts";
import type { StreamRecord } from "../record/stream-record.ts";
import { covers, type Range } from "../roll-up/uncovered.ts";
import { RangeGone, type RangeReader } from "../stream/range-reader.ts";

/** Records of a range, wherever they were found. */
export interface FoundRecords {
  /** In order. */
  readonly records: readonly StreamRecord[];
  /** Whether it is known that these are all of the range. */
  readonly complete: boolean;
}

/** Finds records again: in the stream, else in the batches that Lambda gave up on. */
export class RecordSource {
  readonly #stream: Pick<RangeReader, "read">;
  readonly #files: FailureFiles;
  readonly #index: FailureIndex;

  constructor(stream: Pick<RangeReader, "read">, files: FailureFiles, index: FailureIndex) {
    this.#stream = stream;
    this.#files = files;
    this.#index = index;
  }

  /**
   * The records of the range. Sequence numbers have gaps, so records put together from several places are known to be
   * all only by how many they are: `count`. Where that is not known, they are all that anybody has.
   */
  async read(shardId: string, range: Range, count: number | undefined): Promise<FoundRecords> {
    const { firstSequence, lastSequence } = range;
    const found = new Map<string, StreamRecord>();
    try {
      const records = await this.#stream.read(shardId, firstSequence, lastSequence, count);
      return { records, complete: count === undefined || records.length === count };
    } catch (error) {
      if (!(error instanceof RangeGone)) throw error;
      for (const record of error.records) found.set(record.sequenceNumber, record);
    }
    for (const file of await this.#index.overlapping(shardId, range)) {
      const records = await this.#recordsOf(file);
      for (const record of records) if (covers(range, record.sequenceNumber)) found.set(record.sequenceNumber, record);
    }
    const records = [...found.values()].sort((a, b) => compareSequence(a.sequenceNumber, b.sequenceNumber));
    return { records, complete: count !== undefined && records.length === count };
  }

  async #recordsOf(file: Parameters<FailureFiles["read"]>[0]): Promise<readonly StreamRecord[]> {
    try {
      return (await this.#files.read(file))?.batch.records ?? [];
    } catch (error) {
      if (error instanceof UnreadableFailure) return [];
      throw error;
    }
  }
}
