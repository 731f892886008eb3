import type { Range } from "../../stream/range.ts";
import type { Failure } from "./dead-letter.ts";

/** Where a batch that Lambda gave up on lies. */
export interface FailureFile {
  readonly key: string;
  /** Undefined where the name is not as Lambda makes them. */
  readonly shardId: string | undefined;
  readonly bytes: number;
}

/** Batches that Lambda gave up on. They come at any time, and others may take them away at any time. */
export interface FailureFiles {
  /**
   * All of them, or those of one shard; the oldest of a shard and mapping first. With `sinceMs`, epoch milliseconds, without
   * those that Lambda wrote before, as far as their names tell: it writes a batch after its records have arrived.
   */
  list(shardId?: string, sinceMs?: number): AsyncIterable<FailureFile>;
  /**
   * The sequence numbers of the batch, without reading it all; undefined where it is gone. Throws UnreadableFailure where
   * the file says none.
   */
  range(file: FailureFile): Promise<Range | undefined>;
  /** The batch; undefined where it is gone. Throws UnreadableFailure where it is none. */
  read(file: FailureFile): Promise<Failure | undefined>;
  /** Takes one away that is counted. Idempotent. */
  settle(file: FailureFile): Promise<void>;
}

/** Over it an object is none of Lambda's: 6 MB of payload, each quote and backslash of it escaped. */
export const failureBytesMax = 32 * 1024 * 1024;
