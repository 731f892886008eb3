import { replayLimits } from "../../limits.ts";
import { type Problem, problem } from "../../problem.ts";
import { parseTimestamp } from "../../time.ts";
import type { Fields } from "./fields.ts";

/**
 * What a replay out of quarantine notes on an event, in `millrace.replayed`: the collector takes the field from senders.
 * Whoever writes into the stream itself can set it, and could as well set the timestamp.
 */
export interface ReplayedNote {
  /** The entry of quarantine that it was. */
  readonly entry: string;
  /** When the event first arrived, ISO 8601: what is late and what is early is judged against it. */
  readonly arrival: string;
  /** How often the event was replayed, this time included. */
  readonly attempt: number;
  /** ISO 8601: a copy that arrives later is not counted, so whoever sent it may be thought dead from then on. */
  readonly until: string;
}

/** The note, read. */
export interface Replayed {
  readonly arrivalMs: number;
  readonly untilMs: number;
  readonly attempt: number;
}

const timeOf = (value: unknown): number => (typeof value === "string" ? parseTimestamp(value) : Number.NaN);

/** The note of an event that was replayed; nothing where there is none, or no well-formed one. */
export function replayedOf({ millrace: note }: Fields): Replayed | undefined {
  const replayed = typeof note === "object" && note !== null ? (note as Fields).replayed : undefined;
  if (typeof replayed !== "object" || replayed === null) return undefined;
  const { arrival, until, attempt } = replayed as Fields;
  const [arrivalMs, untilMs] = [timeOf(arrival), timeOf(until)];
  if (Number.isNaN(arrivalMs) || Number.isNaN(untilMs)) return undefined;
  if (typeof attempt !== "number" || !Number.isSafeInteger(attempt) || attempt < 1) return undefined;
  return { arrivalMs, untilMs, attempt };
}

/** Between the first and the last moment at which a copy of one attempt counts: all of them are known as duplicates. */
export const replayWindowMs = (dedupeWindowMs: number): number => Math.min(replayLimits.windowMsMax, dedupeWindowMs);

/**
 * The arrival that a replayed event is judged by: its first one, at most so long before this one as replays reach. A
 * problem where it came out of the time that was set for this replay: nobody would look for it there.
 */
export function judgedArrival(
  { arrivalMs, untilMs }: Replayed,
  nowMs: number,
  dedupeWindowMs: number,
): number | Problem {
  const windowMs = replayWindowMs(dedupeWindowMs);
  if (nowMs > untilMs || nowMs < untilMs - windowMs) {
    const [from, until, now] = [untilMs - windowMs, untilMs, nowMs].map((ms) => new Date(ms).toISOString());
    return problem("late", `expected a replayed event between ${from} and ${until}, got it at ${now}`);
  }
  return Math.min(nowMs, Math.max(arrivalMs, nowMs - replayLimits.reachMsMax));
}
