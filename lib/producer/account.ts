import type { Batch } from "./batch.ts";
import { Drop, type DropReason, type OnDrop } from "./drops.ts";
import { Flushes } from "./flushes.ts";

export interface AccountOptions {
  readonly streamName: string;
  readonly bufferedBytesMax: number;
  readonly onDrop: OnDrop | undefined;
}

/** What a producer has done so far. `accepted = taken + notTaken + buffered` at any time. */
export interface ProducerCounters {
  /** Events accepted by `send`. */
  accepted: number;
  /** Events that `send` refused with EventRefused. */
  refused: number;
  taken: number;
  /** Events given up: each was handed to `onDrop`. */
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

/** The books of a producer: what became of each event, and who is told of it. */
export class Account {
  readonly flushes: Flushes;
  readonly #onDrop: OnDrop | undefined;
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

  constructor({ streamName, bufferedBytesMax, onDrop }: AccountOptions) {
    // The events that one flush waits for are never more than what the buffer holds.
    this.flushes = new Flushes(streamName, 2 * bufferedBytesMax);
    this.#onDrop = onDrop;
  }

  accept(bytes: number): void {
    this.counters.accepted++;
    this.counters.buffered++;
    this.counters.bufferedBytes += bytes;
  }

  taken(batch: Batch, unpackedBytes: number, storedBytes: number): void {
    this.counters.taken += batch.events;
    this.counters.records++;
    this.counters.unpackedBytes += unpackedBytes;
    this.counters.storedBytes += storedBytes;
    this.#forget(batch);
  }

  giveUp(batch: Batch, { code, detail }: Omit<DropReason, "inDoubt">): void {
    const drop = new Drop(batch.queue, { code, detail, inDoubt: batch.inDoubt });
    this.counters.notTaken += batch.events;
    this.#forget(batch);
    this.flushes.tell(drop);
    try {
      this.#onDrop?.(drop.events, drop.reason);
    } catch (cause) {
      // The others are to be told all the same; the caller of flush() or close() hears of these events as well.
      process.emitWarning(`onDrop threw for ${drop.count} events: ${String(cause)}`, "MillraceProducer");
    }
  }

  #forget(batch: Batch): void {
    this.counters.buffered -= batch.events;
    this.counters.bufferedBytes -= batch.bytes;
  }
}
