import { emptyEventBytes } from "../invocation/kinesis-event.ts";
import type { StreamRecord } from "../reading/stream-reader.ts";
import type { Switches } from "../switches.ts";

export interface BatchLimits {
  readonly batchSize: number;
  readonly windowMs: number;
  /** Of the whole event, as JSON. */
  readonly payloadBytesMax: number;
  readonly windowBegins?: Switches["windowBegins"];
}

/** A record that was read and is not dealt with. */
export interface HeldRecord {
  readonly record: StreamRecord;
  /** Within an event. */
  readonly bytes: number;
  readonly readMs: number;
}

/** Bytes of an event of these records. */
export function eventBytes(records: readonly HeldRecord[]): number {
  let bytes = emptyEventBytes + Math.max(0, records.length - 1);
  for (const held of records) bytes += held.bytes;
  return bytes;
}

/**
 * Records read and not yet in a batch. A batch is cut when it is full by number, when the next record would take it
 * over the payload limit, or when the batching window is over, whichever is first (Lambda developer guide, "Batching
 * behavior").
 */
export class BatchBuffer {
  readonly #limits: BatchLimits;
  readonly #bytesOf: (record: StreamRecord) => number;
  #held: HeldRecord[] = [];
  /** When the batch before was done. */
  #sinceMs: number | undefined;

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

  /** When the batching window is over; undefined while nothing is held. */
  get windowEndMs(): number | undefined {
    const first = this.#held[0];
    const { windowMs, windowBegins } = this.#limits;
    if (first === undefined) return undefined;
    if (windowBegins !== "last-batch" || this.#sinceMs === undefined || windowMs === 0) return first.readMs + windowMs;
    // Windows follow upon each other, and those without records pass unnoticed.
    const windows = Math.max(1, Math.ceil((first.readMs - this.#sinceMs) / windowMs));
    return this.#sinceMs + windows * windowMs;
  }

  push(records: readonly StreamRecord[], nowMs: number): void {
    for (const record of records) this.#held.push({ record, bytes: this.#bytesOf(record), readMs: nowMs });
  }

  /** Takes records back from a batch, in front of the others. */
  putBack(held: readonly HeldRecord[]): void {
    this.#held.unshift(...held);
  }

  /** Takes the oldest records out, whether a batch is due or not. */
  take(count: number): HeldRecord[] {
    return this.#held.splice(0, count);
  }

  clear(): void {
    this.#held = [];
  }

  batchDone(nowMs: number): void {
    this.#sinceMs = nowMs;
  }

  /**
   * The next batch, or nothing if it is not due. `last` says that no more records will come, so that there is nothing
   * to wait for. A record too large for any event comes as a batch of its own.
   */
  cut(nowMs: number, last: boolean): HeldRecord[] | undefined {
    if (this.#held.length === 0) return undefined;
    const { count, full } = this.#countThatFits();
    if (!full && !last && nowMs < (this.windowEndMs ?? 0)) return undefined;
    return this.take(count);
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
