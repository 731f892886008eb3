import type { Fields } from "../../stream/event/fields.ts";
import type { Violation } from "../../stream/event/refused.ts";

/** Violations that an event is told at most. */
export const violationsMax = 10;

export interface TrackingPlan {
  readonly mode: "enforce" | "observe";
  /** What is wrong with an event; empty where nothing is. Never throws, and ends in time whatever event and schema. */
  check(event: Fields): readonly Violation[];
  /** The same for each of some events: one call for a request's events is faster than one for each. */
  checkAll(events: readonly Fields[]): readonly (readonly Violation[])[];
}
