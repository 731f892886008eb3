/** Distinct reasons that one error spells out; what is beyond is summed up. */
const reasonsMax = 5;

/** Events that were accepted by the producer and that the stream did not take within the bound on attempts. */
export class EventsNotTaken extends Error {
  /** How many events. */
  readonly events: number;
  /** Events by reason. */
  readonly reasons: ReadonlyMap<string, number>;

  constructor(streamName: string, reasons: ReadonlyMap<string, number>) {
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
  }
}
