import { durationMs } from "../duration.ts";
import { parseTimestamp } from "../timestamp.ts";
import { QuestionProblem } from "./question-problem.ts";

/** Timestream's own range of times ends in 2262. */
const msMax = Date.UTC(2262, 0, 1);

/**
 * Epoch milliseconds of "now", "-1h", "2026-01-31" (midnight UTC) or an ISO 8601 time (UTC where it has no zone); NaN
 * for anything else and for times before 1970 or after 2261.
 */
export function pointInTime(text: string, nowMs: number): number {
  const ms = epochMs(text, nowMs);
  return ms >= 0 && ms <= msMax ? ms : Number.NaN;
}

function epochMs(text: string, nowMs: number): number {
  if (text === "now") return nowMs;
  if (text.startsWith("-")) return nowMs - (durationMs(text.slice(1)) ?? Number.NaN);
  return parseTimestamp(text);
}

/** The point in time that a field of a question asks for. Throws QuestionProblem where it is none. */
export function pointAsked(field: string, text: unknown, nowMs: number): number {
  const ms = typeof text === "string" ? pointInTime(text, nowMs) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  const expected = 'an ISO 8601 time, a date, "now" or a time back such as "-1h"';
  throw new QuestionProblem(400, field, `expected ${expected}, got ${JSON.stringify(String(text).slice(0, 80))}`);
}
