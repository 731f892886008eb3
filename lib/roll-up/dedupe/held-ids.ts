import { partLimits } from "../../limits.ts";
import { IdLog } from "./id-log.ts";
import { IdMap, idBytes } from "./id-map.ts";
import type { PartTable } from "./part-table.ts";

/** Ids of parts that left the window may stay in the map, as a share of the others. */
const leftOver = 1 / 8;
/** Memory of an id in the log and the map. */
export const bytesPerId = 28;

/** The message ids that are at hand of the parts of a shard: in a log by part, and in a map by id. */
export class HeldIds {
  readonly #parts: PartTable;
  readonly #log = new IdLog();
  #count = 0;
  #map = new IdMap(0);
  /** Ids with lower numbers may be of parts that are not at hand any more. */
  #exactFrom = 0;

  constructor(parts: PartTable) {
    this.#parts = parts;
  }

  /** Memory that it takes. */
  get bytes(): number {
    return this.#log.bytes + this.#map.bytes;
  }

  /**
   * Ids of the parts at hand, each with the greatest number of a part that left it; and of parts that were let go of, with
   * lower numbers than any that is remembered.
   */
  get map(): IdMap {
    return this.#map;
  }

  /** Arrivals of the parts whose ids are at hand, in order. */
  get times(): Float64Array {
    return Float64Array.from(this.#rows(), (row) => this.#parts.firstArrivalMs[row] ?? 0).sort();
  }

  /** Rows of parts whose ids are at hand and not among these. */
  beside(rows: readonly number[]): number[] {
    const others: number[] = [];
    let next = rows.length - 1;
    for (let row = 0; row < this.#parts.length; row++) {
      if (row === rows[next]) next--;
      else if (this.#parts.isHeld(row)) others.push(row);
    }
    return others;
  }

  hold(row: number, ids: Buffer, isMapped = true): void {
    if (ids.length === 0) return;
    this.#parts.hold(row, this.#log.add(ids));
    this.#count += ids.length / idBytes;
    if (isMapped) this.#map.addBytes(ids, this.#parts.number[row] ?? 0);
  }

  /** Holds what is read of rows whose ids are not at hand: each with the number of its part. */
  async holdAll(rows: readonly number[], read: AsyncIterable<[{ readonly number: number }, Buffer]>): Promise<void> {
    // A map that grew to twice its size and more would take its memory twice.
    const isMany = this.#idsOf(rows) > this.#map.size;
    // What was let go of may still be in the map, with numbers that now belong to what is remembered.
    const isInexact = rows.some((row) => (this.#parts.number[row] ?? 0) < this.#exactFrom);
    try {
      for await (const [{ number }, ids] of read) this.hold(this.#parts.rowOf(number), ids, !isMany && !isInexact);
    } finally {
      // What was read before an error is at hand, and must be in the map.
      if (isMany || isInexact) this.remap();
    }
  }

  release(row: number): void {
    const place = this.#parts.placeOf(row);
    if (place === undefined) return;
    const ids = this.#parts.ids[row] ?? 0;
    this.#log.release(place, ids);
    this.#parts.hold(row, undefined);
    this.#count -= ids;
  }

  /**
   * Lets go of the ids of rows. Where all of these have lower numbers than `oldest`, the lowest that is remembered, the map
   * may keep them for a while.
   */
  letGo(rows: readonly number[], oldest: number, areOlder: boolean): void {
    for (const row of rows) this.release(row);
    if (!areOlder) this.remap();
    else if (rows.length > 0) this.#exactFrom = Math.max(this.#exactFrom, oldest);
    const held = this.#count;
    if (this.#map.size > mostIn(held) - roomFor(held) / 2) this.#map.forget(oldest);
  }

  /** Makes the map of the ids at hand anew. */
  remap(): void {
    this.#map = this.mapOf(this.#rows());
    this.#exactFrom = 0;
  }

  /** A map of the ids of some rows alone. */
  mapOf(rows: readonly number[]): IdMap {
    const parts = this.#parts;
    const map = new IdMap(mostIn(this.#idsOf(rows)));
    for (const row of rows) {
      const place = parts.placeOf(row);
      if (place !== undefined) map.addBytes(this.#log.at(place, parts.ids[row] ?? 0), parts.number[row] ?? 0);
    }
    return map;
  }

  #rows(): number[] {
    return this.beside([]);
  }

  #idsOf(rows: readonly number[]): number {
    return rows.reduce((sum, row) => sum + (this.#parts.ids[row] ?? 0), 0);
  }
}

/** Ids that may be in a map where so many are remembered. It is made for them: one that grows takes memory twice. */
const mostIn = (held: number): number => Math.ceil((1 + leftOver) * held) + roomFor(held);
/** Two parts more, the largest there are; where little is remembered, they are not expected. */
const roomFor = (held: number): number => Math.min(2 * partLimits.eventsMax, leftOver * held + 1_000);
