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
  /** Present where the store refused rows of the event: it may count in other metrics all the same. */
  readonly byStore?: true;
}

export const problem = (reason: Reason, detail: string): Problem => ({ reason, detail });

export const isProblem = (value: object): value is Problem => "reason" in value;

/** A value as an error shows it: short, and told apart from text of the message. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = textOf(value);
  return text.length > 80 ? `${text.slice(0, 77).toWellFormed()}...` : text;
}

function textOf(value: unknown): string {
  if (typeof value === "function") return "a function";
  // JSON has no word for NaN and the infinities.
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A circle, or arrays in arrays by the thousand: JSON.parse reads what JSON.stringify has no stack for.
    return "a value too deep to show";
  }
}
