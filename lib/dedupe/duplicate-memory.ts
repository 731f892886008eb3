import type { Definitions } from "../definitions.ts";
import type { Head, Ledger, PartRange, Views } from "../ledger/ledger.ts";
import { partLimits } from "../limits.ts";
import { IdMap } from "./id-map.ts";

/** What Kinesis' arrival times may be out of order by; it gives no guarantee (Kinesis API, GetRecords). */
export const disorderMs = 600_000;

/** A part of the ledger as the memory sees it. */
export interface NumberedPart extends PartRange {
  readonly number: number;
}

/** A part of another shard, with what it sees. */
interface RelatedPart extends NumberedPart {
  readonly views: Views | undefined;
}

/** Of the ids that a part may remember, each relative of its shard has so small a share. */
const relativesShare = 4;
/** Behind every sequence number. */
const lastOfAll = "9".repeat(129);

/** The message ids that a part must not count again. */
export interface KnownIds {
  has(high: number, low: number): boolean;
}

/** A place in the ledger: the number that a part has or would get, and the arrival of its first record. */
export interface PlaceInLedger {
  readonly number: number;
  readonly firstSequence: string;
  readonly lastSequence: string;
  readonly anchorMs: number;
  /** Up to which number the part sees the parts of its ancestors, by shard. */
  readonly views: Views;
}

/** All parts of a shard up to a revision of its head, as far back as the window went, and their ids in one map. */
interface ShardCache {
  revision: number;
  readonly parts: Map<string, NumberedPart & { readonly bytes: Buffer }>;
  ids: IdMap;
  /** Anchors of the places that it has all parts for. */
  fromMs: number;
  readonly toMs: number;
}

/**
 * The message ids that earlier parts left in the ledger. What a part remembers is a pure function of the ledger: the
 * parts with lower numbers, open ones too, that arrived within the window of it, the newest first until there are too
 * many ids. Nothing written later changes it. A warm process reads only what others wrote.
 */
export class DuplicateMemory {
  readonly #ledger: Ledger;
  readonly #caches = new Map<string, ShardCache>();
  /** Of shards that another one came from, or that came from it: the ids of the parts last asked for. */
  readonly #relatives = new Map<string, { readonly parts: string; readonly ids: IdMap }>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /**
   * The ids that the part at the place must not count again; `head` as it is now. Open parts of descendants must be
   * sealed.
   */
  async before(shard: string, place: PlaceInLedger, head: Head, definitions: Definitions): Promise<KnownIds> {
    const own = await this.#ofShard(shard, place, head, definitions);
    const relatives: KnownIds[] = [];
    for (const ancestor of head.ancestors) {
      const seen = place.views[ancestor] ?? 0;
      if (seen > 0)
        relatives.push(await this.#ofRelative(ancestor, place, "before", definitions, ({ number }) => number <= seen));
    }
    for (const descendant of head.descendants) {
      const unseeing = ({ views }: RelatedPart): boolean => views !== undefined && (views[shard] ?? 0) < place.number;
      relatives.push(await this.#ofRelative(descendant, place, "after", definitions, unseeing));
    }
    if (relatives.length === 0) return own;
    return { has: (high, low) => own.has(high, low) || relatives.some((ids) => ids.has(high, low)) };
  }

  /** Ids of parts of another shard, ancestors' from their end and descendants' from their beginning. */
  async #ofRelative(
    shard: string,
    place: PlaceInLedger,
    direction: "before" | "after",
    definitions: Definitions,
    remembers: (part: RelatedPart) => boolean,
  ): Promise<KnownIds> {
    const found = new Map<string, RelatedPart>((await this.#ledger.head(shard)).open.map((part) => [part.id, part]));
    const { dedupeWindowMs, dedupeIdsMax } = definitions;
    const fromMs = place.anchorMs - dedupeWindowMs - 2 * disorderMs;
    const toMs = place.anchorMs + dedupeWindowMs + partLimits.spanMs + 2 * disorderMs;
    for await (const part of this.#ledger.neighbours(shard, direction === "before" ? lastOfAll : "0", direction)) {
      if (direction === "before" ? part.lastArrivalMs < fromMs : part.firstArrivalMs > toMs) break;
      found.set(part.id, part);
    }
    const inOrder = { ...place, number: Number.POSITIVE_INFINITY };
    const shared = { ...definitions, dedupeIdsMax: Math.floor(dedupeIdsMax / relativesShare) };
    const parts = rememberedParts([...found.values()].filter(remembers), inOrder, shared);
    const key = parts.map(({ id }) => id).join();
    const known = this.#relatives.get(shard);
    const ids = known?.parts === key ? known.ids : await this.#mapOf(shard, parts);
    this.#relatives.set(shard, { parts: key, ids });
    return { has: (high, low) => ids.get(high, low) !== 0 };
  }

  async #mapOf(shard: string, parts: readonly NumberedPart[]): Promise<IdMap> {
    const ids = new IdMap(parts.reduce((sum, part) => sum + part.ids, 0));
    const withIds = parts.filter((part) => part.ids > 0);
    if (withIds.length === 0) return ids;
    const read = await this.#readIds(shard, withIds);
    for (const part of withIds) ids.addBytes(bytesOf(part, read), 1);
    return ids;
  }

  async #ofShard(shard: string, place: PlaceInLedger, head: Head, definitions: Definitions): Promise<KnownIds> {
    const cache = await this.#upToDate(shard, place, head, definitions);
    const remembered = rememberedParts([...cache.parts.values()], place, definitions);
    const oldest = remembered.at(-1)?.number ?? Number.POSITIVE_INFINITY;
    const newer = [...cache.parts.values()].filter(({ number }) => number >= oldest);
    // An id keeps the greatest number it was seen with: one comparison, where every newer part is remembered.
    if (newer.length === remembered.length) {
      forget(cache, oldest, place.anchorMs);
      const { ids } = cache;
      return { has: (high, low) => ids.get(high, low) >= oldest };
    }
    const ids = new IdMap(remembered.reduce((sum, part) => sum + part.ids, 0));
    for (const { bytes } of remembered) ids.addBytes(bytes, 1);
    return { has: (high, low) => ids.get(high, low) !== 0 };
  }

  /** Tells of a part that this process finished, in moves of the head that nobody else came between. */
  finished(shard: string, from: Head, to: Head, part: NumberedPart, ids: Buffer): void {
    const cache = this.#caches.get(shard);
    if (cache?.revision !== from.revision) return;
    cache.revision = to.revision;
    remember(cache, part, ids);
  }

  async #upToDate(shard: string, place: PlaceInLedger, head: Head, definitions: Definitions): Promise<ShardCache> {
    const cache = this.#caches.get(shard);
    const { anchorMs, number } = place;
    // A part that is folded again may have later ones on both sides; it is rare, and read afresh.
    const isTip = number > head.revision;
    if (isTip && cache?.revision === head.revision && cache.fromMs <= anchorMs && anchorMs <= cache.toMs) return cache;
    const read = await this.#read(shard, place, head, definitions, cache);
    if (isTip) this.#caches.set(shard, read);
    return read;
  }

  async #read(
    shard: string,
    place: PlaceInLedger,
    head: Head,
    definitions: Definitions,
    before: ShardCache | undefined,
  ): Promise<ShardCache> {
    const { anchorMs } = place;
    const { dedupeWindowMs } = definitions;
    const found = new Map<string, NumberedPart>(head.open.map((part) => [part.id, part]));
    for await (const part of this.#ledger.neighbours(shard, place.firstSequence, "before")) {
      if (part.lastArrivalMs < anchorMs - dedupeWindowMs - 2 * disorderMs) break;
      found.set(part.id, part);
    }
    let toMs = Number.POSITIVE_INFINITY;
    for await (const part of this.#ledger.neighbours(shard, place.lastSequence, "after")) {
      if (part.firstArrivalMs > anchorMs + dedupeWindowMs + partLimits.spanMs + 2 * disorderMs) {
        toMs = anchorMs;
        break;
      }
      found.set(part.id, part);
    }
    const cache: ShardCache = { revision: head.revision, parts: new Map(), ids: new IdMap(), fromMs: anchorMs, toMs };
    const remembered = rememberedParts([...found.values()], place, definitions);
    const unknown = new Set(remembered.filter(({ id, ids }) => ids > 0 && !before?.parts.has(id)));
    const read = unknown.size === 0 ? new Map<string, Buffer>() : await this.#readIds(shard, [...unknown]);
    for (const part of remembered) {
      const known = before?.parts.get(part.id)?.bytes;
      remember(cache, part, known ?? (part.ids === 0 ? Buffer.alloc(0) : bytesOf(part, read)));
    }
    return cache;
  }

  async #readIds(shard: string, parts: readonly NumberedPart[]): Promise<Map<string, Buffer>> {
    const wanted = new Set(parts.map(({ idsName }) => idsName));
    const found = new Map<string, Buffer>();
    for await (const [name, bytes] of this.#ledger.ids(shard, ...endsOf(parts)))
      if (wanted.has(name)) found.set(name, bytes);
    return found;
  }
}

function bytesOf(part: NumberedPart, read: ReadonlyMap<string, Buffer>): Buffer {
  const bytes = read.get(part.idsName);
  if (bytes === undefined) throw new Error(`Expected the message ids of part ${part.id} in the ledger, got none`);
  return bytes;
}

/** Parts within the window of the place, the greatest number first, as many as the limit on ids lets in. */
export function rememberedParts<Part extends NumberedPart>(
  parts: readonly Part[],
  { number, anchorMs }: PlaceInLedger,
  { dedupeWindowMs, dedupeIdsMax }: Definitions,
): Part[] {
  const near = parts.filter(
    (part) =>
      part.number < number &&
      part.lastArrivalMs >= anchorMs - dedupeWindowMs - disorderMs &&
      part.firstArrivalMs <= anchorMs + dedupeWindowMs + partLimits.spanMs + disorderMs,
  );
  near.sort((a, b) => b.number - a.number);
  let ids = 0;
  const over = near.findIndex((part) => {
    ids += part.ids;
    return ids > dedupeIdsMax;
  });
  return over === -1 ? near : near.slice(0, over);
}

function remember(cache: ShardCache, { id, number, ids, idsName, ...range }: NumberedPart, bytes: Buffer): void {
  if (cache.parts.has(id)) return;
  const { firstSequence, lastSequence, firstArrivalMs, lastArrivalMs } = range;
  cache.parts.set(id, { id, number, ids, idsName, firstSequence, lastSequence, firstArrivalMs, lastArrivalMs, bytes });
  cache.ids.addBytes(bytes, number);
}

/** Drops parts with lower numbers, which no place from the anchor on needs, and their ids once they are half of all. */
function forget(cache: ShardCache, oldest: number, anchorMs: number): void {
  cache.fromMs = anchorMs;
  let held = 0;
  for (const [id, part] of cache.parts) {
    if (part.number < oldest) cache.parts.delete(id);
    else held += part.ids;
  }
  if (cache.ids.size <= 2 * held + 10_000) return;
  cache.ids = new IdMap(held);
  for (const { bytes, number } of cache.parts.values()) cache.ids.addBytes(bytes, number);
}

/** The least and the greatest last sequence number. */
function endsOf(parts: readonly PartRange[]): [string, string] {
  const ends = parts.map(({ lastSequence }) => lastSequence).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return [ends[0] ?? "", ends.at(-1) ?? ""];
}
