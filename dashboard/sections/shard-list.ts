import type { ShardState } from "../../lib/query/shards.ts";
import { ageLevel } from "../page/age.ts";

/** "shard 3" for "shardId-000000000003"; anything else as it is. */
export function shortShardId(shardId: string): string {
  const number = /^shardId-0*(\d+)$/.exec(shardId)?.[1];
  return number === undefined ? shardId : `shard ${number}`;
}

/** Those that are behind first, the worst of them foremost; the others in their order. */
export const worstFirst = (shards: readonly ShardState[]): ShardState[] =>
  shards.toSorted((a, b) => behindMs(b) - behindMs(a) || (a.shardId < b.shardId ? -1 : 1));

/** Iterator ages under a minute come and go with every batch: they must not shuffle the list. */
const behindMs = ({ iteratorAgeMs }: ShardState): number => (ageLevel(iteratorAgeMs) === "fresh" ? 0 : iteratorAgeMs);

/** All of them in a few words; `notLookedAt` further ones are not known yet. */
export function shardSummary(shards: readonly ShardState[], notLookedAt: number): string {
  const behind = shards.filter((shard) => behindMs(shard) > 0).length;
  const all = shards.length + notLookedAt;
  if (all === 0) return "none";
  const known = behind === 0 ? `${all}, none behind` : `${all}, ${behind} behind`;
  return notLookedAt === 0 ? known : `${known}, ${notLookedAt} not looked at yet`;
}
