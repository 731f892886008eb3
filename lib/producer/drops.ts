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

/** Distinct reasons that one error spells out; what is beyond is summed up. */
const spelledReasonsMax = 5;

/** Events that were accepted by the producer and given up. Nothing sends them any more: they are the caller's again. */
export class EventsNotTaken extends Error {
  /** How many events. */
  readonly events: number;
  /** Events by reason. */
  readonly reasons: ReadonlyMap<string, number>;
  /**
   * The events and why, by record. Where they have more than twice `bufferedBytesMax` bytes of JSON together (nobody
   * flushed for long), the others are counted in `events` and were handed to `onDrop` all the same.
   */
  readonly drops: readonly Drop[];

  constructor(streamName: string, reasons: ReadonlyMap<string, number>, drops: readonly Drop[]) {
    let events = 0;
    for (const count of reasons.values()) events += count;
    const told = [...reasons].slice(0, spelledReasonsMax).map(([reason, count]) => `${count}: ${reason}`);
    if (reasons.size > spelledReasonsMax) told.push(`and ${reasons.size - spelledReasonsMax} more reasons`);
    super(
      `${events} ${events === 1 ? "event was" : "events were"} not taken by stream ${streamName} (${told.join("; ")})`,
    );
    this.name = "EventsNotTaken";
    this.events = events;
    this.reasons = reasons;
    this.drops = drops;
  }
}
