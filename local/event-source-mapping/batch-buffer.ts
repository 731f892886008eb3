import { emptyEventBytes } from "./kinesis-event.ts";
import type { StreamRecord } from "./stream-reader.ts";

export interface BatchLimits {
  readonly batchSize: number;
  readonly windowMs: number;
  /** Of the whole event, as JSON. */
  readonly payloadBytesMax: number;
}

type Held = { readonly record: StreamRecord; readonly bytes: number; readonly readMs: number };

/**
 * Records read and not yet in a batch. A batch is cut when it is full by number, when the next record would take it
 * over the payload limit, or when the batching window is over, whichever is first (Lambda developer guide, "Batching
 * behavior"); the window begins when its first record is read.
 */
export class BatchBuffer {
  readonly #limits: BatchLimits;
  readonly #bytesOf: (record: StreamRecord) => number;
  #held: Held[] = [];

  constructor(limits: BatchLimits, bytesOf: (record: StreamRecord) => number) {
    this.#limits = limits;
    this.#bytesOf = bytesOf;
  }

  get length(): number {
    return this.#held.length;
  }

  /** The newest record held. */
  get last(): StreamRecord | undefined {
    return this.#held.at(-1)?.record;
  }

  /** When the oldest record's window is over; undefined while nothing is held. */
  get windowEndMs(): number | undefined {
    const first = this.#held[0];
    return first === undefined ? undefined : first.readMs + this.#limits.windowMs;
  }

  push(records: readonly StreamRecord[], nowMs: number): void {
    for (const record of records) this.#held.push({ record, bytes: this.#bytesOf(record), readMs: nowMs });
  }

  /**
   * The next batch, or nothing if it is not due. `last` says that no more records will come, so that there is nothing
   * to wait for. A record too large for any event comes as a batch of its own.
   */
  cut(nowMs: number, last: boolean): StreamRecord[] | undefined {
    if (this.#held.length === 0) return undefined;
    const { count, full } = this.#countThatFits();
    if (!full && !last && nowMs < (this.windowEndMs ?? 0)) return undefined;
    return this.#held.splice(0, count).map((held) => held.record);
  }

  #countThatFits(): { count: number; full: boolean } {
    let bytes = emptyEventBytes;
    let count = 0;
    for (const held of this.#held) {
      if (count === this.#limits.batchSize) return { count, full: true };
      bytes += held.bytes + (count > 0 ? 1 : 0);
      if (bytes > this.#limits.payloadBytesMax) return { count: Math.max(count, 1), full: true };
      count++;
    }
    return { count, full: count === this.#limits.batchSize };
  }
}
