import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { type Outcome, putRecords, requestLength, type WireRecord } from "./put-records.ts";

export interface OutboxOptions {
  readonly client: KinesisClient;
  readonly streamName: string;
  readonly inFlightMax: number;
  readonly requestTimeoutMs: number;
}

interface Letter {
  readonly record: WireRecord;
  readonly answer: (outcome: Outcome) => void;
}

/** Joins records of different shards into requests and keeps the number of requests in flight within a bound. */
export class Outbox {
  requests = 0;
  readonly #options: OutboxOptions;
  #letters: Letter[] = [];
  #inFlight = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Sends a record once. Never rejects. */
  deliver(record: WireRecord): Promise<Outcome> {
    return new Promise((answer) => {
      this.#letters.push({ record, answer });
      // Records that are ready in the same turn share a request.
      if (this.#letters.length === 1) queueMicrotask(() => this.#post());
    });
  }

  #post(): void {
    while (this.#letters.length > 0 && this.#inFlight < this.#options.inFlightMax) {
      void this.#send(this.#letters.splice(0, requestLength(this.#letters.map(({ record }) => record))));
    }
  }

  async #send(letters: readonly Letter[]): Promise<void> {
    const { client, streamName, requestTimeoutMs } = this.#options;
    this.#inFlight++;
    this.requests++;
    const records = letters.map(({ record }) => record);
    const outcomes = await putRecords(client, streamName, records, requestTimeoutMs);
    this.#inFlight--;
    for (const [index, { answer }] of letters.entries()) {
      answer(outcomes[index] ?? { taken: false, reason: "the request has no outcome for the record", retry: true });
    }
    this.#post();
  }
}
