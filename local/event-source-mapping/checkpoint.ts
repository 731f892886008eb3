import type { Position } from "./reading/stream-reader.ts";

/** How far a mapping has come in one shard. */
export type Checkpoint = Position | { readonly kind: "ended" };

/** Keeps the checkpoints of one mapping. Both calls may reject; the engine reports it, waits and calls again. */
export interface Checkpoints {
  load(): Promise<ReadonlyMap<string, Checkpoint>>;
  /** Resolved means kept. */
  save(shardId: string, checkpoint: Checkpoint): Promise<void>;
}
