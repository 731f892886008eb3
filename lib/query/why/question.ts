import { messageIdBytesMax } from "../../limits.ts";
import { notOneOf, pointAsked, QuestionProblem } from "../url-question.ts";

/** Steps of a search, in their order: what is quickly done, and says most of a message that was just sent, comes first. */
export const searchPhases = ["waiting", "failures", "parts"] as const;
export type SearchPhase = (typeof searchPhases)[number];

/** Where a search goes on. */
export interface SearchPlace {
  readonly phase: SearchPhase;
  /** Shards before it are done. */
  readonly shardId: string;
  /** Within the shard: what was looked at last. */
  readonly at?: string;
}

/** What is asked of a message id. */
export interface WhyQuestion {
  readonly messageId: string;
  /** Only events of this source, "" for those that name none; undefined for all. */
  readonly source: string | undefined;
  /** By arrival, half-open, epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly place: SearchPlace | undefined;
}

const fields = ["from", "to", "source", "next"] as const;
const sourceCharactersMax = 256;
const dayMs = 86_400_000;
/** The ledger forgets after 90 days; a day less, so that what an event may be a duplicate of is still there. */
const backMsMax = 89 * dayMs;

/** Reads the question of a URL. Throws QuestionProblem for what is unknown, malformed or out of range. */
export function readWhyQuestion(messageId: string, parameters: URLSearchParams, nowMs: number): WhyQuestion {
  if (messageId === "" || Buffer.byteLength(messageId) > messageIdBytesMax) {
    throw new QuestionProblem(400, "messageId", `expected a text of 1 to ${messageIdBytesMax} bytes`);
  }
  for (const [field] of parameters) {
    if (!(fields as readonly string[]).includes(field)) throw notOneOf("query", fields, field);
    if (parameters.getAll(field).length > 1) {
      throw new QuestionProblem(400, field, "expected it once, got it more often");
    }
  }
  const toMs = pointAsked("to", parameters.get("to") ?? "now", nowMs);
  const fromMs = pointAsked("from", parameters.get("from") ?? "-24h", nowMs);
  if (fromMs >= toMs) throw new QuestionProblem(400, "to", "expected a time after from, got one that is not");
  if (fromMs < nowMs - backMsMax) {
    const received = new Date(fromMs).toISOString();
    throw new QuestionProblem(400, "from", `expected a time of the last 89 days (the ledger forgets), got ${received}`);
  }
  const source = parameters.get("source") ?? undefined;
  if (source !== undefined && source.length > sourceCharactersMax) {
    throw new QuestionProblem(
      400,
      "source",
      `expected at most ${sourceCharactersMax} characters, got ${source.length}`,
    );
  }
  const next = parameters.get("next");
  return { messageId, source, fromMs, toMs, place: next === null ? undefined : readPlace(next) };
}

export const placeText = ({ phase, shardId, at }: SearchPlace): string =>
  Buffer.from(JSON.stringify([phase, shardId, at ?? null])).toString("base64url");

function readPlace(text: string): SearchPlace {
  const wrong = new QuestionProblem(400, "next", "expected the next of an answer, got another text");
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text.slice(0, 4_096), "base64url").toString("utf8"));
  } catch {
    throw wrong;
  }
  if (!Array.isArray(parts)) throw wrong;
  const [name, shardId, at]: unknown[] = parts;
  const phase = searchPhases.find((known) => known === name);
  if (phase === undefined || typeof shardId !== "string" || !/^shardId-\d{1,20}$/.test(shardId)) throw wrong;
  if (at !== null && (typeof at !== "string" || (phase !== "failures" && !/^\d{1,129}$/.test(at)))) throw wrong;
  return { phase, shardId, ...(at === null ? {} : { at }) };
}
