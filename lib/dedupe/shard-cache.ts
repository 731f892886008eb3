import type { PartRange } from "../ledger/ledger.ts";
import { partLimits } from "../limits.ts";
import { IdMap } from "./id-map.ts";
import { disorderMs, type NumberedPart } from "./recall.ts";

/** Ids of forgotten parts that may be left in a map, as a share of the others. */
const leftOver = 1 / 8;

/** All parts of a shard with numbers up to a revision of its head, as far back as the window goes. */
export interface ShardCache {
  revision: number;
  readonly parts: Map<string, CachedPart>;
  /** The ids of the parts that have their bytes at hand; with numbers below `exactFrom`, of others too. */
  ids: IdMap;
  exactFrom: number;
  /** Anchors of the places that it has all parts for, and the window up to which it has. */
  fromMs: number;
  readonly toMs: number;
  readonly windowMs: number;
}

/** A part whose ids are not at hand may still be asked for, and says that the window shrank where it is not. */
export interface CachedPart extends NumberedPart {
  bytes: Buffer | undefined;
}

export const noIds = Buffer.alloc(0);

export const idsOf = (parts: readonly PartRange[]): number => parts.reduce((sum, { ids }) => sum + ids, 0);

/** Ids that may be in a map where so many are remembered. It is made for them: one that grows takes memory twice. */
const mostIn = (held: number): number => Math.ceil((1 + leftOver) * held) + roomFor(held);
/** Two parts more, the largest there are; where little is remembered, they are not expected. */
const roomFor = (held: number): number => Math.min(2 * partLimits.eventsMax, held + 1_000);

/** The ids of parts, where they are at hand; there is room for the others. */
export function mapOf(parts: readonly CachedPart[]): IdMap {
  const ids = new IdMap(mostIn(idsOf(parts)));
  for (const { bytes, number } of parts) ids.addBytes(bytes ?? noIds, number);
  return ids;
}

export function remap(cache: ShardCache): void {
  cache.ids = mapOf([...cache.parts.values()].filter(({ bytes }) => bytes !== undefined));
  cache.exactFrom = 0;
}

/** Only what is needed of a part: there are thousands. */
export function cachedPart(
  { id, number, ids, idsName, ...range }: NumberedPart,
  bytes: Buffer | undefined,
): CachedPart {
  const { firstSequence, lastSequence, firstArrivalMs, lastArrivalMs } = range;
  return { id, number, ids, idsName, firstSequence, lastSequence, firstArrivalMs, lastArrivalMs, bytes };
}

/** Drops parts that no place from the anchor on may ask for, and the ids of lower numbers once they are many. */
export function forget(cache: ShardCache, oldest: number, anchorMs: number): void {
  cache.fromMs = anchorMs;
  let held = 0;
  for (const [id, part] of cache.parts) {
    if (part.bytes !== undefined) held += part.ids;
    else if (part.lastArrivalMs < anchorMs - cache.windowMs - 2 * disorderMs) cache.parts.delete(id);
  }
  if (cache.ids.size > mostIn(held) - roomFor(held) / 2) cache.ids.forget(oldest);
}
