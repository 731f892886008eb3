import type { Range } from "../roll-up/uncovered.ts";
import type { Failure } from "./failure.ts";

/** Where a batch that Lambda gave up on lies. */
export interface FailureFile {
  readonly key: string;
  /** Undefined where the name is not as Lambda makes them. */
  readonly shardId: string | undefined;
  readonly bytes: number;
}

/** Batches that Lambda gave up on. They come at any time, and others may take them away at any time. */
export interface FailureFiles {
  /** All of them, or those of one shard; the oldest of a shard first. */
  list(shardId?: string): AsyncIterable<FailureFile>;
  /** The sequence numbers of the batch, without reading it all; undefined where that cannot be had, or it is gone. */
  range(file: FailureFile): Promise<Range | undefined>;
  /** The batch; undefined where it is gone. Throws UnreadableFailure where it is none. */
  read(file: FailureFile): Promise<Failure | undefined>;
  /** Takes one away that is counted. Done again, or by two at once, it is the same. */
  settle(file: FailureFile): Promise<void>;
}

/** Over it an object is none of Lambda's: 6 MB of payload, each quote and backslash of it escaped. */
export const failureBytesMax = 32 * 1024 * 1024;
