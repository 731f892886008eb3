import type { HashRange } from "./hash-range.ts";
import type { StreamRecord } from "./stream-record.ts";

/** Reads records of the stream again. */
export interface RangeReader {
  /**
   * All records from `first` to `last`, both included. Throws RangeGone where the stream no longer has all of them. Where
   * it is known how many there are, no more are read: whoever reads a shard shares its 2 MB/s with the roll-up.
   */
  read(shardId: string, first: string, last: string, count?: number): Promise<StreamRecord[]>;
  ancestry(shardId: string): Promise<Ancestry>;
}

/** Where a shard came from by splitting and merging, as far as the stream knows. */
export interface Ancestry {
  /** Ids of its ancestors, each before those that it came from itself. */
  readonly ancestors: readonly string[];
  /** Of the shard itself and its ancestors those that the stream has forgotten, and with them where they came from. */
  readonly forgotten: readonly string[];
  /** The shard's hash keys, which never change; absent where the stream has forgotten it. */
  readonly hashKeys?: HashRange;
}

/** The stream has dropped records of the range, or never had them. */
export class RangeGone extends Error {
  override readonly name = "RangeGone";

  /** What is left of the range, in order. */
  readonly records: readonly StreamRecord[];

  constructor(shardId: string, first: string, last: string, received: string, records: readonly StreamRecord[] = []) {
    super(`Expected records ${first} to ${last} of ${shardId} in the stream, got ${received}`);
    this.records = records;
  }
}
