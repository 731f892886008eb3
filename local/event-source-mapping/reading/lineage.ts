import type { ShardInfo } from "./stream-reader.ts";

/**
 * The shards that may be read now: unfinished ones whose parents are finished, or are no longer listed because their
 * records have all expired. Reading a child after its parents keeps the order of every partition key across a reshard.
 */
export function readableShards(shards: readonly ShardInfo[], finished: (shardId: string) => boolean): string[] {
  const unfinished = new Set(shards.map((shard) => shard.shardId).filter((id) => !finished(id)));
  return shards
    .filter(
      (shard) =>
        unfinished.has(shard.shardId) &&
        !unfinished.has(shard.parentShardId ?? "") &&
        !unfinished.has(shard.adjacentParentShardId ?? ""),
    )
    .map((shard) => shard.shardId);
}
