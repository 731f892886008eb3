/** Why an event was not counted. */
export type Reason =
  /** The bytes are no JSON (garbage, broken compression, broken aggregation, bad UTF-8). */
  | "unreadable"
  /** A limit of a record or an event is exceeded. */
  | "too-large"
  /** The event lacks a field, or a field has a value that cannot be used. */
  | "invalid"
  /** It breaks the tracking plan. */
  | "plan"
  /** It happened longer before its arrival than `allowedLateness`. */
  | "late"
  /** It claims to have happened well after its arrival. */
  | "early"
  /** The store refused a row that it is part of. */
  | "refused"
  /** The record was to be stepped over, and was not taken apart. */
  | "skipped"
  /** Its part was begun under definitions that could not count it, and was finished under others that could. */
  | "changed";

/** A reason, and what was expected and what came, in words. Never holds more of the event than a short value. */
export interface Problem {
  readonly reason: Reason;
  readonly detail: string;
}

export const problem = (reason: Reason, detail: string): Problem => ({ reason, detail });

export const isProblem = (value: object): value is Problem => "reason" in value;
