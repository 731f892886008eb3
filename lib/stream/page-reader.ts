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
