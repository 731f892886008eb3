import type { HashRange } from "./hash-range.ts";
import type { StreamRecord } from "./stream-record.ts";

/** Where reading a shard begins. */
export type StreamStart = { readonly after: string } | { readonly fromMs: number } | "oldest";

/** What one read of a shard brings. An empty one in the middle of a shard is normal. */
export interface StreamPage {
  readonly records: readonly StreamRecord[];
  /** How far its end is behind the shard's, in milliseconds; 0 where it is not. */
  readonly behindMs: number;
}

/** Reads a shard from a place on. */
export interface PageReader {
  /**
   * One read of at most `limit` records each time it is asked for the next; it ends with the shard, and goes on waiting at
   * the tip of one that is open. Nothing of a shard that the stream has forgotten.
   */
  pages(shardId: string, start: StreamStart, limit: number): AsyncGenerator<StreamPage>;
}

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

/** Names shards. */
export interface ShardList {
  shardIds(): Promise<readonly string[]>;
}
