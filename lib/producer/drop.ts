import type { BufferedEvent } from "./batch.ts";

/** Why an accepted event was given up. */
export interface DropReason {
  /**
   * `refused`: the stream can never take it (no such stream, no permission). `retries-exhausted`: its shard took
   * nothing within the bound on attempts and time. `deadline`: the deadline of `flush` passed. `closed`: the time
   * limit of `close` did.
   */
  readonly code: "refused" | "retries-exhausted" | "deadline" | "closed";
  /** In words, with the last error of the stream where it gave one. */
  readonly detail: string;
  /** A request was under way or got no answer: the stream may hold the events all the same. */
  readonly inDoubt: boolean;
}

export type OnDrop = (events: readonly Record<string, unknown>[], reason: DropReason) => void;

/** Events of at most one record that were given up for one reason. */
export class Drop {
  readonly reason: DropReason;
  readonly #queue: readonly BufferedEvent[];

  constructor(queue: readonly BufferedEvent[], reason: DropReason) {
    this.#queue = queue;
    this.reason = reason;
  }

  get count(): number {
    return this.#queue.length;
  }

  /** As JSON. */
  get bytes(): number {
    return this.#queue.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The events, read back from their JSON. */
  get events(): Record<string, unknown>[] {
    return this.#queue.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  }

  /** Those of its events whose serial number is over one bound and at most the other. Undefined when there are none. */
  between(over: number, upTo: number): Drop | undefined {
    const part = this.#queue.filter(({ serial }) => serial > over && serial <= upTo);
    return part.length === 0 ? undefined : new Drop(part, this.reason);
  }
}
