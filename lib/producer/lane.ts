import { Batch, type BufferedEvent, type PackedBatch } from "./batch.ts";
import type { Shard } from "./shards.ts";

/** Limits of the batches of a lane. */
export interface BatchLimits {
  /** As NDJSON. */
  readonly recordBytesMax: number;
  readonly recordEventsMax: number;
}

/**
 * What waits for one shard, in order. One record at a time is on its way: PutRecords does not keep the order of records
 * when some of them fail, so the next goes out when this one is taken. The one behind fills up meanwhile, so a slow
 * stream gets fewer and fuller records.
 */
export class Lane {
  readonly shard: Shard;
  /** The first may be on its way; the last still takes events unless it is that one. */
  readonly batches: Batch[] = [];
  /** The first batch is being compressed or sent. */
  busy = false;
  /** The first batch failed and waits for its next attempt. Aborted: at once. */
  rest: AbortController | undefined;
  /** Attempts of the first batch that failed. */
  failures = 0;
  /** Since when the shard has taken nothing although it was asked to, in milliseconds since the epoch. */
  failingSinceMs: number | undefined;
  /** The first batch as a record, kept for the next attempt. */
  packed: PackedBatch | undefined;
  readonly #limits: BatchLimits;

  constructor(shard: Shard, limits: BatchLimits) {
    this.shard = shard;
    this.#limits = limits;
  }

  /** Adds an event at the end. True when that began a new batch, as of now. */
  add(event: BufferedEvent, nowMs: number): boolean {
    const { recordBytesMax, recordEventsMax } = this.#limits;
    const last = this.batches.at(-1);
    const leaving = this.batches.length === 1 && (this.busy || this.packed !== undefined);
    if (last !== undefined && !leaving && last.fits(event.bytes, recordBytesMax, recordEventsMax)) {
      last.add(event);
      return false;
    }
    const batch = new Batch(nowMs);
    batch.add(event);
    this.batches.push(batch);
    return true;
  }

  /**
   * Whether the first batch can go: it is full, tried before, or due. With `hurry` one that has not lingered goes too.
   */
  ready(hurry: boolean): boolean {
    const first = this.batches[0];
    if (first === undefined || this.busy || this.rest !== undefined) return false;
    return hurry || first.due || this.failures > 0 || this.batches.length > 1;
  }

  /** Takes the first batch out: its record was taken, or given up. */
  shift(): Batch | undefined {
    this.packed = undefined;
    this.failures = 0;
    return this.batches.shift();
  }

  /**
   * Takes out the events up to a serial number, as batches. The first batch stays while it is busy, if only as an empty
   * one, for its answer to come to.
   */
  takeOut(upTo: number): Batch[] {
    const out: Batch[] = [];
    for (const batch of this.batches) {
      const part = batch.takeOut(upTo);
      if (part === undefined) continue;
      // Its request may be under way.
      part.inDoubt ||= this.busy && batch === this.batches[0];
      out.push(part);
    }
    const [first] = this.batches;
    if (out.length > 0 && first !== undefined && this.packed?.revision !== first.revision) this.packed = undefined;
    const kept = this.batches.filter((batch, index) => batch.events > 0 || (index === 0 && this.busy));
    if (first !== undefined && kept[0] !== first) {
      this.failures = 0;
      this.rest?.abort();
      this.rest = undefined;
    }
    this.batches.splice(0, this.batches.length, ...kept);
    return out;
  }

  /** Takes out the batches that have waited so long while the shard took nothing. The first must not be busy. */
  takeExpired(nowMs: number, retryForMs: number): Batch[] {
    const { failingSinceMs } = this;
    const out: Batch[] = [];
    if (failingSinceMs === undefined) return out;
    for (;;) {
      const first = this.batches[0];
      if (first === undefined || nowMs - Math.max(first.sinceMs, failingSinceMs) < retryForMs) return out;
      this.shift();
      out.push(first);
    }
  }
}
