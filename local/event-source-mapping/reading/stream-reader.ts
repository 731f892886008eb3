/** One Kinesis record as it is read; its data stays base64, because Lambda hands it on like that. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  /** Absent where the stream distributes records by itself (Kinesis developer guide, "Managed partition keys"). */
  readonly partitionKey?: string;
  readonly dataBase64: string;
  /** Approximate arrival in epoch milliseconds. Kinesis does not promise that it grows with the sequence number. */
  readonly arrivalMs: number;
}

export interface ShardInfo {
  readonly shardId: string;
  readonly parentShardId?: string;
  /** The second parent of a merge. */
  readonly adjacentParentShardId?: string;
}

/** Where in a shard to read on. */
export type Position =
  | { readonly kind: "trim-horizon" }
  | { readonly kind: "at-timestamp"; readonly ms: number }
  | { readonly kind: "after"; readonly sequenceNumber: string };

export interface StreamPage {
  readonly records: readonly StreamRecord[];
  /** 0 where nothing newer was left to read. */
  readonly millisBehindLatest: number;
  /** True once the shard is closed and everything in it, this page included, has been read. */
  readonly ended: boolean;
}

/** A stream to read. Both calls may reject; the engine reports it, waits and calls again. */
export interface StreamReader {
  listShards(): Promise<readonly ShardInfo[]>;
  /** At most `limit` records from `position` on. An empty page is normal and not the end. */
  read(shardId: string, position: Position, limit: number): Promise<StreamPage>;
}
