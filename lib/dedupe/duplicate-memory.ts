import type { Definitions } from "../definitions.ts";
import type { Head, Ledger, PartRange, Views } from "../ledger/ledger.ts";
import { dedupeIdsHeldMax, partLimits } from "../limits.ts";
import { lastOfAll } from "../record/sequence.ts";
import { IdMap } from "./id-map.ts";
import { disorderMs, type NumberedPart, type PlaceInLedger, recall } from "./recall.ts";
import { type CachedPart, cachedPart, forget, idsOf, mapOf, noIds, remap, type ShardCache } from "./shard-cache.ts";

/** A part of another shard, with what it sees. */
interface RelatedPart extends NumberedPart {
  readonly views: Views | undefined;
}

/** Of as many ids as a part may remember of its own shard, it remembers so many of a relative, and of all together. */
const relativeShare = 1 / 8;
const relativesTogether = 1 / 2;

/** The message ids that a part must not count again. */
export interface KnownIds {
  has(high: number, low: number): boolean;
  /**
   * Every id that arrived less than this before or after the part's first record is among them, in milliseconds:
   * `dedupeWindow`, or less where there were too many ids.
   */
  readonly windowMs: number;
  /**
   * Whether the part left the id in the ledger when it was opened, and so may count it: later parts rely on that. Absent
   * where it is folded under what it is opened under, and leaves what it finds.
   */
  claims?(high: number, low: number): boolean;
}

/**
 * The message ids that earlier parts left in the ledger. What a part remembers is a pure function of the ledger: the
 * parts with lower numbers, open ones too, that arrived within the window of it, the newest first until there are too
 * many ids. Nothing written later changes it. A warm process reads only what others wrote.
 */
export class DuplicateMemory {
  readonly #ledger: Ledger;
  readonly #heldMax: number;
  readonly #caches = new Map<string, ShardCache>();
  /** Of shards that another one came from, or that came from it: the ids of the parts last asked for. */
  readonly #relatives = new Map<string, { readonly parts: string; readonly ids: IdMap }>();

  /** At most `heldMax` ids of all shards are at hand, but for those that a part is given. */
  constructor(ledger: Ledger, heldMax = dedupeIdsHeldMax) {
    this.#ledger = ledger;
    this.#heldMax = heldMax;
  }

  /**
   * The ids that the part at the place must not count again; `head` as it is now. Open parts of descendants must be
   * sealed.
   */
  async before(shard: string, place: PlaceInLedger, head: Head, definitions: Definitions): Promise<KnownIds> {
    this.#makeRoom(shard, head, this.#caches.get(shard)?.ids.size ?? 0);
    const own = await this.#ofShard(shard, place, head, definitions);
    const relatives: KnownIds[] = [];
    // Each as far as those before it have left room: who joins later comes last, and changes nothing for them.
    let room = Math.floor(definitions.dedupeIdsMax * relativesTogether);
    const add = (relative: KnownIds & { readonly ids: number }): void => {
      room -= relative.ids;
      relatives.push(relative);
    };
    for (const ancestor of head.ancestors) {
      const seen = place.views[ancestor] ?? 0;
      if (seen > 0)
        add(await this.#ofRelative(ancestor, place, "before", room, definitions, ({ number }) => number <= seen));
    }
    for (const descendant of head.descendants) {
      const unseeing = ({ views }: RelatedPart): boolean => views !== undefined && (views[shard] ?? 0) < place.number;
      add(await this.#ofRelative(descendant, place, "after", room, definitions, unseeing));
    }
    if (relatives.length === 0) return own;
    return {
      has: (high, low) => own.has(high, low) || relatives.some((ids) => ids.has(high, low)),
      windowMs: Math.min(own.windowMs, ...relatives.map(({ windowMs }) => windowMs)),
    };
  }

  /** The ids that a part left in the ledger when it was opened. */
  async claimedBy(shard: string, part: NumberedPart): Promise<Pick<KnownIds, "has">> {
    const ids = await this.#mapOf(shard, [part]);
    return { has: (high, low) => ids.get(high, low) !== 0 };
  }

  /** Ids of parts of another shard, ancestors' from their end and descendants' from their beginning. */
  async #ofRelative(
    shard: string,
    place: PlaceInLedger,
    direction: "before" | "after",
    room: number,
    definitions: Definitions,
    remembers: (part: RelatedPart) => boolean,
  ): Promise<KnownIds & { readonly ids: number }> {
    const found = new Map<string, RelatedPart>((await this.#ledger.head(shard)).open.map((part) => [part.id, part]));
    const { dedupeWindowMs, dedupeIdsMax } = definitions;
    const fromMs = place.anchorMs - dedupeWindowMs - 2 * disorderMs;
    const toMs = place.anchorMs + dedupeWindowMs + partLimits.spanMs + 2 * disorderMs;
    for await (const part of this.#ledger.neighbours(shard, direction === "before" ? lastOfAll : "0", direction)) {
      if (direction === "before" ? part.lastArrivalMs < fromMs : part.firstArrivalMs > toMs) break;
      found.set(part.id, part);
    }
    const inOrder = { ...place, number: Number.POSITIVE_INFINITY };
    const shared = { ...definitions, dedupeIdsMax: Math.min(room, Math.floor(dedupeIdsMax * relativeShare)) };
    const { parts, windowMs } = recall([...found.values()].filter(remembers), inOrder, shared);
    const key = parts.map(({ id }) => id).join();
    const known = this.#relatives.get(shard);
    const ids = known?.parts === key ? known.ids : await this.#mapOf(shard, parts);
    this.#relatives.delete(shard);
    this.#relatives.set(shard, { parts: key, ids });
    return { has: (high, low) => ids.get(high, low) !== 0, windowMs, ids: idsOf(parts) };
  }

  async #mapOf(shard: string, parts: readonly NumberedPart[]): Promise<IdMap> {
    const ids = new IdMap(idsOf(parts));
    const withIds = parts.filter((part) => part.ids > 0);
    if (withIds.length === 0) return ids;
    const read = await this.#readIds(shard, withIds);
    for (const part of withIds) ids.addBytes(bytesOf(part, read), 1);
    return ids;
  }

  async #ofShard(shard: string, place: PlaceInLedger, head: Head, definitions: Definitions): Promise<KnownIds> {
    const cache = await this.#upToDate(shard, place, head, definitions);
    const { parts, windowMs } = recall([...cache.parts.values()], place, definitions);
    await this.#take(shard, cache, parts);
    const oldest = parts.at(-1)?.number ?? Number.POSITIVE_INFINITY;
    const remembered = new Set(parts);
    const others = [...cache.parts.values()].filter((part) => part.bytes !== undefined && !remembered.has(part));
    const isTip = place.number > cache.revision;
    // An id keeps the greatest number it was seen with: one comparison, where every newer part is remembered.
    const isOneComparison = others.every(({ number }) => number < oldest);
    if (isOneComparison || isTip) {
      if (isTip) {
        for (const part of others) part.bytes = undefined;
        if (!isOneComparison) remap(cache);
        else if (others.length > 0) cache.exactFrom = Math.max(cache.exactFrom, oldest);
        forget(cache, oldest, place.anchorMs);
      }
      const { ids } = cache;
      return { has: (high, low) => ids.get(high, low) >= oldest, windowMs };
    }
    const ids = mapOf(parts);
    return { has: (high, low) => ids.get(high, low) !== 0, windowMs };
  }

  /** Reads the ids that are not at hand. */
  async #take(shard: string, cache: ShardCache, parts: readonly CachedPart[]): Promise<void> {
    const lacking = parts.filter(({ bytes }) => bytes === undefined);
    const withIds = lacking.filter(({ ids }) => ids > 0);
    const read = withIds.length === 0 ? new Map<string, Buffer>() : await this.#readIds(shard, withIds);
    for (const part of lacking) {
      part.bytes = part.ids === 0 ? noIds : bytesOf(part, read);
      cache.ids.addBytes(part.bytes, part.number);
    }
    if (lacking.some(({ number }) => number < cache.exactFrom)) remap(cache);
  }

  /** Tells of a part that this process finished, in moves of the head that nobody else came between. */
  finished(shard: string, from: Head, to: Head, part: NumberedPart, ids: Buffer): void {
    const cache = this.#caches.get(shard);
    if (cache?.revision !== from.revision) return;
    cache.revision = to.revision;
    if (cache.parts.has(part.id)) return;
    cache.parts.set(part.id, cachedPart(part, ids));
    cache.ids.addBytes(ids, part.number);
  }

  async #upToDate(shard: string, place: PlaceInLedger, head: Head, definitions: Definitions): Promise<ShardCache> {
    const cache = this.#caches.get(shard);
    const { anchorMs, number } = place;
    // A part with a lower number than the place has was opened at a revision before it.
    if (
      cache !== undefined &&
      cache.revision >= number - 1 &&
      cache.fromMs <= anchorMs &&
      anchorMs <= cache.toMs &&
      definitions.dedupeWindowMs <= cache.windowMs
    ) {
      this.#keep(shard, cache);
      return cache;
    }
    const read = await this.#read(shard, place, head, definitions, cache);
    // A part that is folded again may have later ones on both sides; it is rare, and read for this once.
    if (number > head.revision) this.#keep(shard, read);
    return read;
  }

  #keep(shard: string, cache: ShardCache): void {
    this.#caches.delete(shard);
    this.#caches.set(shard, cache);
  }

  /** For so many ids of a shard: a process may be given batches of any number of shards. Those used last stay. */
  #makeRoom(shard: string, { ancestors, descendants }: Head, ids: number): void {
    const asked = new Set([shard, ...ancestors, ...descendants]);
    let held = ids;
    for (const kept of [this.#relatives, this.#caches]) {
      for (const [other, { ids }] of [...kept].reverse()) {
        if (asked.has(other)) continue;
        held += ids.size;
        if (held > this.#heldMax) kept.delete(other);
      }
    }
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
    for (const [id, part] of before?.parts ?? []) if (part.bytes !== undefined) found.set(id, part);
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
    const parts = [...found.values()].map((part) => cachedPart(part, before?.parts.get(part.id)?.bytes));
    const cache = {
      parts: new Map(parts.map((part) => [part.id, part])),
      fromMs: anchorMs,
      toMs,
      windowMs: dedupeWindowMs,
    };
    const settled = { ...cache, revision: head.revision };
    // The map is grown by what others wrote, not made again.
    if (before !== undefined && place.number > head.revision)
      return { ...settled, ids: before.ids, exactFrom: before.exactFrom };
    const remembered = recall(parts, place, definitions).parts;
    const held = new Set(remembered);
    this.#makeRoom(shard, head, idsOf(remembered));
    for (const part of parts) if (!held.has(part)) part.bytes = undefined;
    return { ...settled, ids: mapOf(remembered), exactFrom: 0 };
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

/** The least and the greatest last sequence number. */
function endsOf(parts: readonly PartRange[]): [string, string] {
  const ends = parts.map(({ lastSequence }) => lastSequence).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return [ends[0] ?? "", ends.at(-1) ?? ""];
}
