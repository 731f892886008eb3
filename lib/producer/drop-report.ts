import type { Drop } from "./drop.ts";
import { EventsNotTaken } from "./events-not-taken.ts";

/** Reasons kept apart until they are told. */
const reasonsMax = 20;

/** What somebody is still to be told of events that were given up. Bounded: beyond it they are only counted. */
export class DropReport {
  readonly #streamName: string;
  readonly #bytesMax: number;
  readonly #reasons = new Map<string, number>();
  readonly #drops: Drop[] = [];
  #bytes = 0;

  constructor(streamName: string, bytesMax: number) {
    this.#streamName = streamName;
    this.#bytesMax = bytesMax;
  }

  add(drop: Drop): void {
    const { detail } = drop.reason;
    const told = this.#reasons.has(detail) || this.#reasons.size < reasonsMax ? detail : "other reasons";
    this.#reasons.set(told, (this.#reasons.get(told) ?? 0) + drop.count);
    const { bytes } = drop;
    if (this.#bytes + bytes > this.#bytesMax) return;
    this.#bytes += bytes;
    this.#drops.push(drop);
  }

  /** Undefined when there is nothing to tell. */
  failure(): EventsNotTaken | undefined {
    return this.#reasons.size === 0 ? undefined : new EventsNotTaken(this.#streamName, this.#reasons, this.#drops);
  }
}
