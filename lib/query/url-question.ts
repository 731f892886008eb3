import { durationMs, parseTimestamp } from "../time.ts";

/** A question that cannot be answered: which field of it, why, and the HTTP status that says so. */
export class QuestionProblem extends Error {
  override readonly name = "QuestionProblem";
  readonly status: 400 | 404 | 413;
  /** The field of the question: "from", "by", "metric". */
  readonly field: string;

  constructor(status: 400 | 404 | 413, field: string, detail: string) {
    super(`${field}: ${detail}`);
    this.status = status;
    this.field = field;
  }
}

/** The problem of a field that may be one of some values. */
export function notOneOf(field: string, known: readonly string[], received: string): QuestionProblem {
  return new QuestionProblem(
    400,
    field,
    `expected one of ${known.join(", ")}, got ${JSON.stringify(received.slice(0, 80))}`,
  );
}

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
