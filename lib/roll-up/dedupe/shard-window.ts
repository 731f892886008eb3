import type { Definitions } from "../../config/definitions.ts";
import type { Head, Ledger, RememberedRange } from "../../store/ledger/ledger.ts";
import { bytesPerId, HeldIds } from "./held-ids.ts";
import { openedOutOfOrder } from "./opened-out-of-order.ts";
import { PartTable } from "./part-table.ts";
import { disorderMs, type NumberedPart, type Reach, reachOf, recallRows } from "./recall.ts";
import { type IdsName, nameOf, readIds } from "./stored-ids.ts";

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

/** Parts that ended before the window may stay, as a share of all. */
const leftOver = 1 / 8;

/**
 * All parts of a shard that have a record of a span of arrivals, with numbers up to a revision of the head, and the
 * message ids of those that were remembered last. What others have opened since is read; the rest is not read again.
 */
export class ShardWindow {
  readonly #ledger: Ledger;
  readonly #shard: string;
  readonly #isSeeing: boolean;
  readonly #parts: PartTable;
  readonly #held: HeldIds;
  /** Names of the ids that are in the ledger and not at hand, by the number of the part. */
  #names = new Map<number, IdsName>();
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
    this.#held = new HeldIds(this.#parts);
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#parts.bytes + this.#held.bytes;
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
    const outOfOrder = await openedOutOfOrder(this.#ledger, this.#shard, head, this.#revision);
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
    this.#revision = head.revision;
    this.#furthest = head.furthest;
    this.#known = known;
    this.#held.remap();
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
    this.#held.hold(this.#parts.rowOf(part.number), ids);
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
    // Of those that have ids: one without brings back no id of a newer part that is not remembered.
    const oldestRow = rows.findLast((row) => parts.ids[row] !== 0) ?? -1;
    const oldest = parts.number[oldestRow] ?? Number.POSITIVE_INFINITY;
    const others = this.#held.beside(rows);
    // An id has the greatest number it was seen with: one comparison, where every newer part is remembered.
    const isOneComparison = others.every((row) => (parts.number[row] ?? 0) < oldest);
    const isForward = this.#moveForward(number, anchorMs);
    if (isForward) this.#forget(others, isOneComparison, oldest, reachOf(anchorMs, limits.dedupeWindowMs));
    if (isOneComparison || isForward) {
      const { map } = this.#held;
      return { has: (high, low) => map.get(high, low) >= oldest, ids, windowMs };
    }
    const map = this.#held.mapOf(rows);
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
      const heldMs = lacking.length > 1 ? this.#held.times : undefined;
      await this.#held.holdAll(lacking, readIds(this.#ledger, this.#shard, names, heldMs));
    }
    this.#names.clear();
    return true;
  }

  /** Lets go of the ids that no part to come remembers, and of parts that none asks for. */
  #forget(others: readonly number[], isOneComparison: boolean, oldest: number, { fromMs }: Reach): void {
    this.#held.letGo(others, oldest, isOneComparison);
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

  #drop(isGone: (row: number) => boolean): void {
    const parts = this.#parts;
    parts.filter((row) => {
      const stays = !isGone(row);
      if (!stays) this.#held.release(row);
      return stays;
    });
  }
}
