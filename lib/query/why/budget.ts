import type { Clock } from "../../clock.ts";

/** What one request may read and how long it may take: the rest is left to the next. */
export interface WhyBudget {
  readonly bytesMax: number;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
}

/** Bytes of the ledger, the stream and the bucket that a request reads: 5,000 read units, a tenth of a cent. */
export const whyBytesMax = 40 * 1024 * 1024;
/** What is begun by then is finished; API Gateway gives up after 30 s (API Gateway developer guide, "Quotas for HTTP APIs"). */
export const whyMsMax = 12_000;

/** Keeps count of what was looked through. */
export class Spent {
  readonly #budget: WhyBudget;
  readonly #clock: Pick<Clock, "now">;
  parts = 0;
  ids = 0;
  quarantineFiles = 0;
  waitingRecords = 0;
  failureFiles = 0;
  bytes = 0;

  constructor(budget: WhyBudget, clock: Pick<Clock, "now">) {
    this.#budget = budget;
    this.#clock = clock;
  }

  /** Whether the request should end here. Something is done first: every request comes further than the one before. */
  get isUp(): boolean {
    return this.bytes > 0 && (this.bytes >= this.#budget.bytesMax || this.#clock.now() >= this.#budget.deadlineMs);
  }
}
