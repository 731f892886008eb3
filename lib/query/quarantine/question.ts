import type { Reason } from "../../problem.ts";
import { notOneOf, pointAsked, QuestionProblem } from "../url-question.ts";
import { type Position, readPosition } from "./position.ts";

/** Which events of quarantine. */
export interface EventFilter {
  /** Half-open, epoch milliseconds, of their arrival. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason?: Reason;
  readonly event?: string;
  readonly source?: string;
}

export interface QuarantineQuestion extends EventFilter {
  /** Entries to show. */
  readonly limit: number;
  /** Where an earlier answer ended. */
  readonly after?: Position;
}

/** All reasons: an object, so that none is left out. */
const reasons: Readonly<Record<Reason, true>> = {
  unreadable: true,
  "too-large": true,
  invalid: true,
  plan: true,
  late: true,
  early: true,
  refused: true,
  skipped: true,
  changed: true,
};

const fields = ["from", "to", "reason", "event", "source", "limit", "next"] as const;
const limitDefault = 50;
export const limitMax = 500;
const valueCharactersMax = 256;

/** Reads the question that a URL's query asks of quarantine. Throws QuestionProblem. */
export function readQuarantineQuestion(parameters: URLSearchParams, nowMs: number): QuarantineQuestion {
  for (const [field] of parameters) {
    if (!(fields as readonly string[]).includes(field)) throw notOneOf("query", fields, field);
    if (parameters.getAll(field).length > 1)
      throw new QuestionProblem(400, field, "expected it once, got it more often");
  }
  const fromMs = pointAsked("from", parameters.get("from") ?? "-1d", nowMs);
  const toMs = pointAsked("to", parameters.get("to") ?? "now", nowMs);
  if (fromMs >= toMs) throw new QuestionProblem(400, "to", "expected a time after from, got one that is not");
  const next = parameters.get("next");
  const after = next === null ? undefined : readPosition(next);
  if (next !== null && after === undefined) throw new QuestionProblem(400, "next", "expected it as an answer gave it");
  return {
    fromMs,
    toMs,
    ...reasonOf(parameters.get("reason")),
    ...textOf("event", parameters.get("event")),
    ...textOf("source", parameters.get("source")),
    limit: limitOf(parameters.get("limit")),
    ...(after === undefined ? {} : { after }),
  };
}

function reasonOf(text: string | null): { readonly reason?: Reason } {
  if (text === null) return {};
  if (!Object.hasOwn(reasons, text)) throw notOneOf("reason", Object.keys(reasons), text);
  return { reason: text as Reason };
}

function textOf<Name extends "event" | "source">(
  field: Name,
  text: string | null,
): { readonly [name in Name]?: string } {
  if (text === null) return {};
  if (text.length <= valueCharactersMax) return { [field]: text } as { readonly [name in Name]: string };
  throw new QuestionProblem(400, field, `expected at most ${valueCharactersMax} characters, got ${text.length}`);
}

function limitOf(text: string | null): number {
  if (text === null) return limitDefault;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (limit >= 0 && limit <= limitMax) return limit;
  throw new QuestionProblem(
    400,
    "limit",
    `expected a whole number from 0 to ${limitMax}, got ${JSON.stringify(text.slice(0, 20))}`,
  );
}
