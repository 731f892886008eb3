import type { Batch } from "./batch.ts";
import { EventsNotTaken } from "./events-not-taken.ts";

/** What a producer has done so far. `accepted = taken + notTaken + buffered` at any time. */
export interface ProducerCounters {
  /** Events accepted by `send`. */
  accepted: number;
  /** Events that `send` refused with EventRefused. */
  refused: number;
  taken: number;
  /** Events given up after the last attempt. */
  notTaken: number;
  buffered: number;
  /** As NDJSON. */
  bufferedBytes: number;
  /** Records taken; their bytes as NDJSON and as stored. */
  records: number;
  unpackedBytes: number;
  storedBytes: number;
  requests: number;
  /** Attempts that failed and were worth another one, by record. */
  retries: number;
}

/** Reasons kept apart until they are told. */
const reasonsMax = 20;

/** The books of a producer: what became of each event, and the failures that nobody has been told of yet. */
export class Account {
  readonly counters: ProducerCounters = {
    accepted: 0,
    refused: 0,
    taken: 0,
    notTaken: 0,
    buffered: 0,
    bufferedBytes: 0,
    records: 0,
    unpackedBytes: 0,
    storedBytes: 0,
    requests: 0,
    retries: 0,
  };
  #reasons = new Map<string, number>();

  accept(bytes: number): void {
    this.counters.accepted++;
    this.counters.buffered++;
    this.counters.bufferedBytes += bytes;
  }

  taken(batch: Batch, storedBytes: number): void {
    this.counters.taken += batch.events;
    this.counters.records++;
    this.counters.unpackedBytes += batch.bytes;
    this.counters.storedBytes += storedBytes;
    this.#forget(batch);
  }

  giveUp(batch: Batch, reason: string): void {
    const told = this.#reasons.has(reason) || this.#reasons.size < reasonsMax ? reason : "other reasons";
    this.#reasons.set(told, (this.#reasons.get(told) ?? 0) + batch.events);
    this.counters.notTaken += batch.events;
    this.#forget(batch);
  }

  /** The events given up since this was last asked, if any. */
  failure(streamName: string): EventsNotTaken | undefined {
    if (this.#reasons.size === 0) return undefined;
    const reasons = this.#reasons;
    this.#reasons = new Map();
    return new EventsNotTaken(streamName, reasons);
  }

  #forget(batch: Batch): void {
    this.counters.buffered -= batch.events;
    this.counters.bufferedBytes -= batch.bytes;
  }
}
