import type { StreamRecord } from "../record/stream-record.ts";

/** Consecutive records of one shard, in order. */
export interface Batch {
  readonly streamName: string;
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
  /** That no record is left out between them is known, however old they are. */
  readonly isWhole?: boolean;
}
