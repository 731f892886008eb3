import { Batch } from "./batch.ts";
import type { EventLine } from "./event-line.ts";
import type { WireRecord } from "./put-records.ts";
import type { Shard } from "./shard-map.ts";

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
  /** The first batch failed and waits for its next attempt. */
  resting = false;
  failures = 0;
  /** The first batch as a record, kept for the next attempt. */
  packed: WireRecord | undefined;
  readonly #limits: BatchLimits;

  constructor(shard: Shard, limits: BatchLimits) {
    this.shard = shard;
    this.#limits = limits;
  }

  /** Adds an event at the end. True when that began a new batch. */
  add(line: EventLine, key: string): boolean {
    const { recordBytesMax, recordEventsMax } = this.#limits;
    const last = this.batches.at(-1);
    const leaving = this.batches.length === 1 && (this.busy || this.packed !== undefined);
    if (last !== undefined && !leaving && last.fits(line.bytes, recordBytesMax, recordEventsMax)) {
      last.add(line, key);
      return false;
    }
    const batch = new Batch();
    batch.add(line, key);
    this.batches.push(batch);
    return true;
  }

  /**
   * Whether the first batch can go: it is full, tried before, or due. With `hurry` one that has not lingered goes too.
   */
  ready(hurry: boolean): boolean {
    const first = this.batches[0];
    if (first === undefined || this.busy || this.resting) return false;
    return hurry || first.due || this.packed !== undefined || this.batches.length > 1;
  }

  /** Takes the first batch out: its record was taken, or given up. */
  shift(): void {
    this.batches.shift();
    this.packed = undefined;
    this.failures = 0;
  }
}
