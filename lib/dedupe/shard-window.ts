import type { Definitions } from "../definitions.ts";
import type { Head, Ledger, RememberedRange } from "../ledger/ledger.ts";
import { partLimits } from "../limits.ts";
import { IdLog } from "./id-log.ts";
import { IdMap, idBytes } from "./id-map.ts";
import { PartTable } from "./part-table.ts";
import { disorderMs, type NumberedPart, type Reach, reachOf, recallRows } from "./recall.ts";
import { type IdsName, readIds } from "./stored-ids.ts";

/** Where reading the parts of a shard begins: before and after these sequence numbers. */
export interface ReadFrom {
  readonly before?: string;
  readonly after?: string;
}

/** What is asked of a window. */
export interface WindowQuestion {
  /** Parts with lower numbers are remembered. */
  readonly number: number;
  readonly anchorMs: number;
  readonly limits: Pick<Definitions, "dedupeWindowMs" | "dedupeIdsMax">;
  /** Which of them, by what they see. */
  readonly remembers?: (sees: number) => boolean;
}

/** The ids that a part remembers of one shard. */
export interface RememberedIds {
  has(high: number, low: number): boolean;
  readonly ids: number;
  readonly windowMs: number;
}

/** Ids of parts that left the window may stay in the map, as a share of the others. */
const leftOver = 1 / 8;
/** Memory of an id in the log and the map. */
const bytesPerId = 28;
/** Parts out of order that are looked up one by one; for more, all are read again. */
const outOfOrderMax = 50;

/**
 * All parts of a shard that have a record of a span of arrivals, with numbers up to a revision of the head, and the
 * message ids of those that were remembered last. What others have opened since is read; the rest is not read again.
 */
export class ShardWindow {
  readonly #ledger: Ledger;
  readonly #shard: string;
  readonly #isSeeing: boolean;
  readonly #parts: PartTable;
  readonly #log = new IdLog();
  #heldIds = 0;
  /** Names of the ids that are in the ledger and not at hand, by the number of the part. */
  #names = new Map<number, IdsName>();
  /**
   * Ids of the parts at hand, each with the greatest number of a part that left it; and of parts that were let go of, with
   * lower numbers than any that is remembered.
   */
  #ids = new IdMap(0);
  /** Ids with lower numbers may be of parts that are not at hand any more. */
  #exactFrom = 0;
  #revision = -1;
  /** As in the head at the revision. */
  #furthest = "";
  /** All parts with a record of this span are known. */
  #known: Reach = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY };
  #askedNumber = -1;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** Parts that ended before are out of the window of every part to come. */
  #passedMs = Number.NEGATIVE_INFINITY;

  /** With `seen`, the window also knows what its parts see of that shard. */
  constructor(ledger: Ledger, shard: string, seen?: string) {
    this.#ledger = ledger;
    this.#shard = shard;
    this.#isSeeing = seen !== undefined;
    this.#parts = new PartTable(seen);
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#parts.bytes + this.#log.bytes + this.#ids.bytes;
  }

  /** All parts that were opened at earlier revisions of the head, or at this one, are known. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether it reaches to the newest part of the shard. */
  get isAtEnd(): boolean {
    return this.#known.toMs === Number.POSITIVE_INFINITY;
  }

  /** Whether every part with a record of the span is known, but for those opened after the revision. */
  covers({ fromMs, toMs }: Reach): boolean {
    return this.#known.fromMs <= fromMs && toMs <= this.#known.toMs;
  }

  /** Reads what was opened since; false where that cannot be told from the head, and all has to be read. */
  async update(head: Head): Promise<boolean> {
    if (head.revision <= this.#revision) return true;
    const found: RememberedRange[] = head.open.filter(({ number }) => number > this.#revision);
    const outOfOrder = await this.#openedOutOfOrder(head);
    if (outOfOrder === undefined) return false;
    found.push(...outOfOrder);
    // Parts that were opened in order lie behind all that were opened before them.
    if (this.isAtEnd) {
      for await (const part of this.#ledger.ranges(this.#shard, this.#furthest, "after")) found.push(part);
    }
    for (const part of found.sort((a, b) => a.number - b.number)) this.#add(part);
    if (this.#isSeeing && !this.#seeAll(head)) return false;
    this.#revision = head.revision;
    this.#furthest = head.furthest;
    return true;
  }

  /** Parts that were opened out of order since, the newest first; undefined where there are too many. */
  async #openedOutOfOrder(head: Head): Promise<RememberedRange[] | undefined> {
    const found: RememberedRange[] = [];
    for (let place = head.outOfOrder; place !== undefined && place.number > this.#revision; ) {
      const { number, lastSequence } = place;
      const part =
        head.open.find((open) => open.number === number) ??
        (await this.#ledger.committed(this.#shard, lastSequence, lastSequence))[0];
      if (part === undefined || found.length === outOfOrderMax) return undefined;
      found.push(part);
      place = part.outOfOrderBefore;
    }
    return found;
  }

  /** Notes what open parts see that were not sealed before. False where one of them is not open any more. */
  #seeAll({ open }: Head): boolean {
    for (const { number, views } of open) {
      const row = this.#parts.rowOf(number);
      if (row !== -1) this.#parts.see(row, views);
    }
    const known = new Set(open.map(({ number }) => number));
    for (let row = 0; row < this.#parts.length; row++) {
      if (Number.isNaN(this.#parts.sees[row]) && !known.has(this.#parts.number[row] ?? -1)) return false;
    }
    return true;
  }

  /** Reads all parts that have a record of the span. Ids that are at hand stay. */
  async load(head: Head, from: ReadFrom, { fromMs, toMs }: Reach): Promise<void> {
    const found: RememberedRange[] = [...head.open];
    const known = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
    // Arrivals may be out of order: what lies further than this has nothing of the span.
    for await (const part of this.#side(from.before, "before")) {
      if (part.lastArrivalMs < fromMs - disorderMs) {
        known.fromMs = fromMs;
        break;
      }
      found.push(part);
    }
    for await (const part of this.#side(from.after, "after")) {
      if (part.firstArrivalMs > toMs + disorderMs) {
        known.toMs = toMs;
        break;
      }
      found.push(part);
    }
    const numbers = new Set(found.map(({ number }) => number));
    this.#drop((row) => !numbers.has(this.#parts.number[row] ?? -1));
    this.#names.clear();
    for (const part of found.sort((a, b) => a.number - b.number)) this.#add(part);
    if (this.#isSeeing) this.#seeAll(head);
    this.#revision = head.revision;
    this.#furthest = head.furthest;
    this.#known = known;
    this.#map();
  }

  async *#side(from: string | undefined, direction: "before" | "after"): AsyncGenerator<RememberedRange> {
    if (from !== undefined) yield* this.#ledger.ranges(this.#shard, from, direction);
  }

  #add(part: RememberedRange): void {
    const isNew = this.#parts.add(part);
    const row = this.#parts.rowOf(part.number);
    if (!isNew && part.views !== undefined) this.#parts.see(row, part.views);
    if (!this.#parts.isAtHand(row)) this.#names.set(part.number, nameOf(part));
  }

  /** Adds a part that this process finished, in moves of the head that nobody else came between. */
  finished(from: Head, to: Head, part: NumberedPart, ids: Buffer): void {
    if (this.#revision !== from.revision) return;
    this.#revision = to.revision;
    this.#furthest = to.furthest;
    if (!this.#parts.add(part)) return;
    // Others would have to be dropped for it, one after the other; it is read where it is asked for.
    if (part.lastArrivalMs < this.#passedMs) return;
    this.#hold(this.#parts.rowOf(part.number), ids);
  }

  /**
   * The ids of the parts that are remembered. The span of the question must be covered. Undefined where ids are not at
   * hand and their names are not known: everything has to be loaded. `makeRoom` is told of the memory that they will
   * take.
   */
  async known(question: WindowQuestion, makeRoom: (bytes: number) => void): Promise<RememberedIds | undefined> {
    const { number, anchorMs, limits, remembers } = question;
    const parts = this.#parts;
    const sees = remembers === undefined ? undefined : (row: number) => remembers(parts.sees[row] ?? Number.NaN);
    const { parts: rows, ids, windowMs } = recallRows(parts, { number, anchorMs }, limits, sees);
    if (!(await this.#take(rows, () => makeRoom(parts.bytes + ids * bytesPerId)))) return undefined;
    const oldest = parts.number[rows.at(-1) ?? -1] ?? Number.POSITIVE_INFINITY;
    const others = this.#heldBeside(rows);
    // An id has the greatest number it was seen with: one comparison, where every newer part is remembered.
    const isOneComparison = others.every((row) => (parts.number[row] ?? 0) < oldest);
    const isForward = this.#moveForward(number, anchorMs);
    if (isForward) this.#forget(others, isOneComparison, oldest, reachOf(anchorMs, limits.dedupeWindowMs));
    if (isOneComparison || isForward) {
      const map = this.#ids;
      return { has: (high, low) => map.get(high, low) >= oldest, ids, windowMs };
    }
    const map = this.#mapOf(rows);
    return { has: (high, low) => map.get(high, low) !== 0, ids, windowMs };
  }

  /** Whether all questions to come are about later parts than this one. A place further back leaves all as it is. */
  #moveForward(number: number, anchorMs: number): boolean {
    const isForward =
      number >= this.#askedNumber &&
      anchorMs >= this.#askedMs - disorderMs &&
      !(number === this.#askedNumber && anchorMs === this.#askedMs);
    if (isForward) {
      this.#askedNumber = number;
      this.#askedMs = Math.max(this.#askedMs, anchorMs);
    }
    return isForward;
  }

  /** Brings the ids of parts to hand; false where it is not known under which names they are. */
  async #take(rows: readonly number[], makeRoom: () => void): Promise<boolean> {
    const parts = this.#parts;
    const lacking = rows.filter((row) => !parts.isAtHand(row));
    if (lacking.length > 0) {
      const names = lacking.flatMap((row) => this.#names.get(parts.number[row] ?? -1) ?? []);
      if (names.length < lacking.length) return false;
      makeRoom();
      // A map that grew to twice its size and more would take its memory twice.
      const isMany = this.#idsOf(lacking) > this.#ids.size;
      // What was let go of may still be in the map, with numbers that now belong to what is remembered.
      const isInexact = lacking.some((row) => (parts.number[row] ?? 0) < this.#exactFrom);
      const heldMs = lacking.length > 1 ? this.#heldTimes() : undefined;
      try {
        for await (const [name, ids] of readIds(this.#ledger, this.#shard, names, heldMs)) {
          this.#hold(parts.rowOf(name.number), ids, !isMany && !isInexact);
        }
      } finally {
        // What was read before an error is at hand, and must be in the map.
        if (isMany || isInexact) this.#map();
      }
    }
    this.#names.clear();
    return true;
  }

  #idsOf(rows: readonly number[]): number {
    return rows.reduce((sum, row) => sum + (this.#parts.ids[row] ?? 0), 0);
  }

  /** Arrivals of the parts whose ids are at hand, in order. */
  #heldTimes(): Float64Array {
    return Float64Array.from(this.#heldRows(), (row) => this.#parts.firstArrivalMs[row] ?? 0).sort();
  }

  #heldRows(): number[] {
    const held: number[] = [];
    for (let row = 0; row < this.#parts.length; row++) if (this.#parts.isHeld(row)) held.push(row);
    return held;
  }

  #hold(row: number, ids: Buffer, isMapped = true): void {
    if (ids.length === 0) return;
    this.#parts.hold(row, this.#log.add(ids));
    this.#heldIds += ids.length / idBytes;
    if (isMapped) this.#ids.addBytes(ids, this.#parts.number[row] ?? 0);
  }

  /** Rows of parts whose ids are at hand and not remembered. */
  #heldBeside(rows: readonly number[]): number[] {
    const others: number[] = [];
    let next = rows.length - 1;
    for (let row = 0; row < this.#parts.length; row++) {
      if (row === rows[next]) next--;
      else if (this.#parts.isHeld(row)) others.push(row);
    }
    return others;
  }

  /** Lets go of the ids that no part to come remembers, and of parts that none asks for. */
  #forget(others: readonly number[], isOneComparison: boolean, oldest: number, { fromMs }: Reach): void {
    for (const row of others) this.#release(row);
    if (!isOneComparison) this.#map();
    else if (others.length > 0) this.#exactFrom = Math.max(this.#exactFrom, oldest);
    const held = this.#heldIds;
    if (this.#ids.size > mostIn(held) - roomFor(held) / 2) this.#ids.forget(oldest);
    this.#passedMs = fromMs;
    this.#forgetParts(fromMs - disorderMs);
  }

  /** Drops the parts that ended before, once they are many. */
  #forgetParts(beforeMs: number): void {
    const parts = this.#parts;
    const isGone = (row: number): boolean => !parts.isHeld(row) && (parts.lastArrivalMs[row] ?? 0) < beforeMs;
    let gone = 0;
    for (let row = 0; row < parts.length; row++) if (isGone(row)) gone++;
    if (gone <= leftOver * parts.length) return;
    this.#drop(isGone);
    this.#known = { ...this.#known, fromMs: Math.max(this.#known.fromMs, beforeMs) };
  }

  #release(row: number): void {
    const place = this.#parts.placeOf(row);
    if (place === undefined) return;
    const ids = this.#parts.ids[row] ?? 0;
    this.#log.release(place, ids);
    this.#parts.hold(row, undefined);
    this.#heldIds -= ids;
  }

  #drop(isGone: (row: number) => boolean): void {
    const parts = this.#parts;
    parts.filter((row) => {
      const stays = !isGone(row);
      if (!stays) this.#release(row);
      return stays;
    });
  }

  /** Makes the map of the ids at hand anew. */
  #map(): void {
    this.#ids = this.#mapOf(this.#heldRows());
    this.#exactFrom = 0;
  }

  #mapOf(rows: readonly number[]): IdMap {
    const parts = this.#parts;
    const map = new IdMap(mostIn(this.#idsOf(rows)));
    for (const row of rows) {
      const place = parts.placeOf(row);
      if (place !== undefined) map.addBytes(this.#log.at(place, parts.ids[row] ?? 0), parts.number[row] ?? 0);
    }
    return map;
  }
}

/** Ids that may be in a map where so many are remembered. It is made for them: one that grows takes memory twice. */
const mostIn = (held: number): number => Math.ceil((1 + leftOver) * held) + roomFor(held);
/** Two parts more, the largest there are; where little is remembered, they are not expected. */
const roomFor = (held: number): number => Math.min(2 * partLimits.eventsMax, leftOver * held + 1_000);

const nameOf = ({ number, idsName, lastSequence, firstArrivalMs, lastArrivalMs }: NumberedPart): IdsName => ({
  number,
  idsName,
  lastSequence,
  firstArrivalMs,
  lastArrivalMs,
});
