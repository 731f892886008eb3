import type { Definitions } from "../../config/definitions.ts";
import { dedupeBytesHeldMax } from "../../limits.ts";
import type { Head, Ledger } from "../../store/ledger/ledger.ts";
import { lastOfAll } from "../../stream/sequence.ts";
import { IdMap } from "./id-map.ts";
import { MessageHasher } from "./message-hash.ts";
import { type NumberedPart, type PlaceInLedger, type Reach, reachOf } from "./recall.ts";
import { type ReadFrom, type RememberedIds, ShardWindow, type WindowQuestion } from "./shard-window.ts";
import { readIds } from "./stored-ids.ts";

/** Of as many ids as a part may remember of its own shard, it remembers so many of a relative, and of all together. */
const relativeShare = 1 / 8;
const relativesTogether = 1 / 2;

/** The message ids that a part must not count again. */
export interface KnownIds {
  has(high: number, low: number): boolean;
  /** Makes the hashes that `has` is asked for. */
  readonly hasher: MessageHasher;
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

/** Which window of a shard: the one at its end, or one for a special purpose. */
interface WindowName {
  readonly shard: string;
  readonly key: string;
  /** The shard of which its parts' views are needed. */
  readonly seen?: string;
}

/** What a window must know to be asked. */
interface Need {
  /** Parts up to this number. */
  readonly revision: number;
  readonly reach: Reach;
  /** Where to begin where everything has to be read. */
  readonly from: ReadFrom;
  readonly head: () => Promise<Head> | Head;
}

/**
 * The message ids that earlier parts left in the ledger. What a part remembers is a pure function of the ledger: the
 * parts with lower numbers, open ones too, that arrived within the window of it, the newest first until there are too
 * many ids. Nothing written later changes it. A warm process reads only what others wrote.
 */
export class DuplicateMemory {
  readonly #ledger: Ledger;
  readonly #bytesMax: number;
  /** By key, the one used last at the end. */
  readonly #windows = new Map<string, ShardWindow>();
  #hasher: MessageHasher | undefined;

  /** Keeps at most `bytesMax` bytes at hand, except for what a part at hand needs. */
  constructor(ledger: Ledger, bytesMax = dedupeBytesHeldMax) {
    this.#ledger = ledger;
    this.#bytesMax = bytesMax;
  }

  /** Memory that it takes. */
  get bytes(): number {
    let bytes = 0;
    for (const window of this.#windows.values()) bytes += window.bytes;
    return bytes;
  }

  /** For a part whose past is not settled yet. */
  async nothing(): Promise<KnownIds> {
    this.#hasher ??= new MessageHasher(await this.#ledger.messageKey());
    return { has: () => false, hasher: this.#hasher, windowMs: 0 };
  }

  /**
   * The ids that the part at the place must not count again; `head` as it is now. Open parts of descendants must be
   * sealed.
   */
  async before(shard: string, place: PlaceInLedger, head: Head, definitions: Definitions): Promise<KnownIds> {
    const { hasher } = await this.nothing();
    const { number, anchorMs } = place;
    const reach = reachOf(anchorMs, definitions.dedupeWindowMs);
    const own = await this.#ofShard(shard, place, head, definitions);
    const relatives: RememberedIds[] = [];
    // Each as far as those before it have left room: who joins later comes last, and changes nothing for them.
    let room = Math.floor(definitions.dedupeIdsMax * relativesTogether);
    const share = Math.floor(definitions.dedupeIdsMax * relativeShare);
    const ask = async (relative: WindowName, need: Need, question: Omit<WindowQuestion, "limits" | "anchorMs">) => {
      const limits = { ...definitions, dedupeIdsMax: Math.min(room, share) };
      const ids = await this.#ask(relative, need, { ...question, anchorMs, limits });
      room -= ids.ids;
      relatives.push(ids);
    };
    for (const ancestor of head.ancestors) {
      const seen = place.views[ancestor] ?? 0;
      if (seen > 0) {
        const need = { revision: seen, reach, from: { before: lastOfAll }, head: () => this.#ledger.head(ancestor) };
        await ask({ shard: ancestor, key: `${ancestor} before` }, need, { number: seen + 1 });
      }
    }
    for (const descendant of head.descendants) {
      const now = await this.#ledger.head(descendant);
      const need = { revision: now.revision, reach, from: { after: "0" }, head: () => now };
      const remembers = (sees: number): boolean => sees < number;
      const name = { shard: descendant, key: `${descendant} after ${shard}`, seen: shard };
      await ask(name, need, { number: Number.POSITIVE_INFINITY, remembers });
    }
    const windowMs = Math.min(own.windowMs, ...relatives.map((ids) => ids.windowMs));
    if (relatives.length === 0) return { has: own.has, hasher, windowMs };
    return { has: (high, low) => own.has(high, low) || relatives.some((ids) => ids.has(high, low)), hasher, windowMs };
  }

  /** The ids that a part left in the ledger when it was opened. */
  async claimedBy(shard: string, part: NumberedPart): Promise<Pick<KnownIds, "has">> {
    const claimed = new IdMap(part.ids);
    if (part.ids > 0) for await (const [, ids] of readIds(this.#ledger, shard, [part])) claimed.addBytes(ids, 1);
    return { has: (high, low) => claimed.get(high, low) !== 0 };
  }

  /** Tells of a part that this process finished, in moves of the head that nobody else came between. */
  finished(shard: string, from: Head, to: Head, part: NumberedPart, ids: Buffer): void {
    for (const { key } of [atEnd(shard), furtherBack(shard)]) this.#windows.get(key)?.finished(from, to, part, ids);
  }

  async #ofShard(shard: string, place: PlaceInLedger, head: Head, definitions: Definitions): Promise<RememberedIds> {
    const { number, anchorMs, firstSequence, lastSequence } = place;
    const reach = reachOf(anchorMs, definitions.dedupeWindowMs);
    // A part with a lower number than the place has was opened at a revision before it.
    const from = { before: firstSequence, after: lastSequence };
    const need = { revision: number - 1, reach, from, head: () => head };
    const back = furtherBack(shard);
    const end = atEnd(shard);
    const name = this.#windows.get(end.key)?.covers(reach) === true ? end : back;
    const ids = await this.#ask(name, need, { number, anchorMs, limits: definitions });
    const window = this.#windows.get(back.key);
    // The first of a shard, or one that reaches further back than the one before.
    if (window?.isAtEnd === true) {
      this.#windows.delete(back.key);
      this.#windows.set(end.key, window);
    }
    return ids;
  }

  /** Asks a window, after bringing it up to date. */
  async #ask({ shard, key, seen }: WindowName, need: Need, question: WindowQuestion): Promise<RememberedIds> {
    const window = this.#windows.get(key) ?? new ShardWindow(this.#ledger, shard, seen);
    this.#windows.delete(key);
    this.#windows.set(key, window);
    const makeRoom = (bytes: number): void => this.#makeRoom(key, bytes);
    makeRoom(window.bytes);
    const { revision, reach, from, head } = need;
    const isCurrent = window.covers(reach) && (window.revision >= revision || (await window.update(await head())));
    const known = isCurrent ? await window.known(question, makeRoom) : undefined;
    if (known !== undefined) return known;
    await window.load(await head(), from, reach);
    const loaded = await window.known(question, makeRoom);
    if (loaded === undefined) throw new Error(`The ledger of ${shard} lacks the message ids of a part`);
    return loaded;
  }

  /** A process may be given batches of any number of shards. The windows used last stay. */
  #makeRoom(asked: string, bytes: number): void {
    let held = bytes;
    for (const [key, window] of [...this.#windows].reverse()) {
      if (key === asked) continue;
      held += window.bytes;
      if (held > this.#bytesMax) this.#windows.delete(key);
    }
  }
}

const atEnd = (shard: string): WindowName => ({ shard, key: shard });
/** For what is counted long after it arrived. */
const furtherBack = (shard: string): WindowName => ({ shard, key: `${shard} back` });
