import type { ShardState } from "../shards.ts";

/** Shards that are named. */
const worstMax = 5;

/** How far the roll-up is behind. */
export interface Lag {
  /** Of the shard that is furthest behind, in milliseconds. */
  readonly lagMs: number;
  /** The shards that are behind, the worst first; at most five. */
  readonly worst: readonly Pick<ShardState, "shardId" | "iteratorAgeMs">[];
}

/**
 * The lag of the shards together: the largest, for a mean hides the one shard that stands still. Each as it was when the shard
 * was looked at: what waited then may be counted since.
 */
export function lagOf(shards: readonly ShardState[]): Lag {
  const worst = shards
    .map(({ shardId, iteratorAgeMs, staleMs }) => ({ shardId, iteratorAgeMs: iteratorAgeMs - staleMs }))
    .filter(({ iteratorAgeMs }) => iteratorAgeMs > 0)
    .sort((a, b) => b.iteratorAgeMs - a.iteratorAgeMs)
    .slice(0, worstMax);
  return { lagMs: worst[0]?.iteratorAgeMs ?? 0, worst };
}
