import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { Batch, PackedBatch } from "./batch.ts";
import { type Outcome, putRecords, requestLength } from "./put-records.ts";

export interface OutboxOptions {
  readonly client: KinesisClient;
  readonly streamName: string;
  readonly inFlightMax: number;
  readonly requestTimeoutMs: number;
}

interface Letter {
  readonly batch: Batch;
  readonly packed: PackedBatch;
  readonly answer: (outcome: Outcome | "withdrawn") => void;
}

/** Whether a record is still what its batch is to be sent as. */
const isCurrent = ({ batch, packed }: Letter): boolean => batch.revision === packed.revision;
const isGone = ({ batch }: Letter): boolean => batch.events === 0;

/** Joins records of different shards into requests and keeps the number of requests in flight within a bound. */
export class Outbox {
  requests = 0;
  readonly #options: OutboxOptions;
  #letters: Letter[] = [];
  readonly #inFlight = new Map<AbortController, readonly Letter[]>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Sends a packed batch once; "withdrawn" if events were taken out of it before its turn came. Never rejects. */
  deliver(batch: Batch, packed: PackedBatch): Promise<Outcome | "withdrawn"> {
    return new Promise((answer) => {
      this.#letters.push({ batch, packed, answer });
      // Records that are ready in the same turn share a request.
      if (this.#letters.length === 1) queueMicrotask(() => this.#post());
    });
  }

  /** To be called after events were taken out: gives back what waits, and aborts requests of which nothing is left. */
  withdraw(): void {
    const stale = this.#letters.filter((letter) => !isCurrent(letter));
    this.#letters = this.#letters.filter(isCurrent);
    for (const { answer } of stale) answer("withdrawn");
    for (const [request, letters] of this.#inFlight) if (letters.every(isGone)) request.abort();
  }

  #post(): void {
    while (this.#letters.length > 0 && this.#inFlight.size < this.#options.inFlightMax) {
      void this.#send(this.#letters.splice(0, requestLength(this.#letters.map(({ packed }) => packed.record))));
    }
  }

  async #send(letters: readonly Letter[]): Promise<void> {
    const { client, streamName, requestTimeoutMs } = this.#options;
    const request = new AbortController();
    this.#inFlight.set(request, letters);
    this.requests++;
    const records = letters.map(({ packed }) => packed.record);
    const timer = setTimeout(() => request.abort(noAnswer(requestTimeoutMs)), requestTimeoutMs).unref();
    const outcomes = await putRecords(client, streamName, records, request.signal);
    clearTimeout(timer);
    this.#inFlight.delete(request);
    for (const [index, { answer }] of letters.entries()) answer(outcomes[index] ?? noOutcome);
    this.#post();
  }
}

const noAnswer = (ms: number): DOMException => new DOMException(`no answer within ${ms} ms`, "TimeoutError");

const noOutcome: Outcome = {
  taken: false,
  reason: "the request has no outcome for the record",
  retry: true,
  inDoubt: true,
};
