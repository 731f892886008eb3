import type { Views } from "../../store/ledger/ledger.ts";
import type { LogPlace } from "./id-log.ts";
import type { NumberedPart, PartColumns } from "./recall.ts";

const noBlock = 0xffff_ffff;
const growth = 1.5;

/**
 * Parts of a shard by number, the lowest first, as typed arrays: 36 bytes a part instead of the 700 that an object with
 * its texts takes. For a shard whose parts see those of another, 8 more.
 */
export class PartTable implements PartColumns {
  length = 0;
  number = new Float64Array(0);
  firstArrivalMs = new Float64Array(0);
  lastArrivalMs = new Float64Array(0);
  ids = new Uint32Array(0);
  /** Up to which number a part sees the parts of `seen`; NaN until it is sealed. */
  sees = new Float64Array(0);
  #block = new Uint32Array(0);
  #offset = new Uint32Array(0);
  readonly #seen: string | undefined;

  /** `seen` is the shard of which `sees` tells. */
  constructor(seen?: string) {
    this.#seen = seen;
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#columns.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Row of the part with the number; -1 where there is none. */
  rowOf(number: number): number {
    const row = this.#rowFrom(number);
    return this.number[row] === number && row < this.length ? row : -1;
  }

  /** Adds a part, whose ids are not at hand, unless it is there. False where it is. */
  add(part: NumberedPart & { readonly views?: Views | undefined }): boolean {
    const row = this.#rowFrom(part.number);
    if (row < this.length && this.number[row] === part.number) return false;
    if (this.length === this.number.length) this.#resize(Math.ceil(Math.max(16, this.length * growth)));
    for (const column of this.#columns) column.copyWithin(row + 1, row, this.length);
    this.length++;
    this.number[row] = part.number;
    this.firstArrivalMs[row] = part.firstArrivalMs;
    this.lastArrivalMs[row] = part.lastArrivalMs;
    this.ids[row] = part.ids;
    this.#block[row] = noBlock;
    this.see(row, part.views);
    return true;
  }

  /** Notes what a part sees. */
  see(row: number, views: Views | undefined): void {
    if (this.#seen !== undefined) this.sees[row] = views === undefined ? Number.NaN : (views[this.#seen] ?? 0);
  }

  /** Whether the part has ids, and they are at hand. */
  isHeld(row: number): boolean {
    return this.#block[row] !== noBlock;
  }

  /** Whether all ids of the part are at hand; there may be none. */
  isAtHand(row: number): boolean {
    return this.ids[row] === 0 || this.isHeld(row);
  }

  /** Where the ids of the part are; undefined where they are not at hand, or there are none. */
  placeOf(row: number): LogPlace | undefined {
    const block = this.#block[row] ?? noBlock;
    return block === noBlock ? undefined : { block, offset: this.#offset[row] ?? 0 };
  }

  hold(row: number, place: LogPlace | undefined): void {
    this.#block[row] = place?.block ?? noBlock;
    this.#offset[row] = place?.offset ?? 0;
  }

  /** Drops the rows for which `keeps` is false. */
  filter(keeps: (row: number) => boolean): void {
    let kept = 0;
    for (let row = 0; row < this.length; row++) {
      if (!keeps(row)) continue;
      if (kept < row) for (const column of this.#columns) column[kept] = column[row] ?? 0;
      kept++;
    }
    this.length = kept;
  }

  /** The first row with this number or a greater one. Nearly always asked for the end. */
  #rowFrom(number: number): number {
    let [low, high] = [0, this.length];
    if (high > 0 && (this.number[high - 1] ?? 0) < number) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.number[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get #columns(): readonly (Float64Array | Uint32Array)[] {
    return [this.number, this.firstArrivalMs, this.lastArrivalMs, this.ids, this.sees, this.#block, this.#offset];
  }

  #resize(rows: number): void {
    this.number = resized(this.number, rows);
    this.firstArrivalMs = resized(this.firstArrivalMs, rows);
    this.lastArrivalMs = resized(this.lastArrivalMs, rows);
    this.ids = resized(this.ids, rows);
    if (this.#seen !== undefined) this.sees = resized(this.sees, rows);
    this.#block = resized(this.#block, rows);
    this.#offset = resized(this.#offset, rows);
  }
}

/** The column with room for more rows. */
function resized<Column extends Float64Array | Uint32Array>(column: Column, rows: number): Column {
  const next = new (column.constructor as new (rows: number) => Column)(rows);
  next.set(column);
  return next;
}
