import type { Drop } from "./drop.ts";

/** Distinct reasons that one error spells out; what is beyond is summed up. */
const reasonsMax = 5;

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
    const told = [...reasons].slice(0, reasonsMax).map(([reason, count]) => `${count}: ${reason}`);
    if (reasons.size > reasonsMax) told.push(`and ${reasons.size - reasonsMax} more reasons`);
    super(
      `${events} ${events === 1 ? "event was" : "events were"} not taken by stream ${streamName} (${told.join("; ")})`,
    );
    this.name = "EventsNotTaken";
    this.events = events;
    this.reasons = reasons;
    this.drops = drops;
  }
}
