import type { Fields } from "../../stream/event/event.ts";

/** How an event breaks the plan. Says nothing of the event's values: they may be personal. */
export interface Violation {
  /** Dotted: "properties.items.0.price". A name that is not the plan's and may be a value shows as "*". */
  readonly path: string;
  /** The keyword of JSON Schema, such as "type"; "planned" for an unplanned event, "time" for a check that took too long. */
  readonly rule: string;
  /** In words: "number", "one of \"EUR\", \"USD\"". */
  readonly expected: string;
}

/** Violations that an event is told at most. */
export const violationsMax = 10;

export interface TrackingPlan {
  readonly mode: "enforce" | "observe";
  /** What is wrong with an event; empty where nothing is. Never throws, and ends in time whatever event and schema. */
  check(event: Fields): readonly Violation[];
  /** The same for each of some events: one call for a request's events is faster than one for each. */
  checkAll(events: readonly Fields[]): readonly (readonly Violation[])[];
}
