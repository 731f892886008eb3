import { disorderMs } from "../../roll-up/dedupe/recall.ts";
import type { Mark } from "./replay-marks.ts";
import type { Candidate } from "./replayed-event.ts";

/** What is to be done with an event, by the mark of its message. */
export type Decision =
  /** Its sender's event, never replayed: send it, unless it was counted around the time that it arrived. */
  | { readonly kind: "first" }
  /** Send the same again: whatever comes of both, they are a duplicate. */
  | { readonly kind: "again"; readonly mark: Mark }
  /** The attempt is over: send another, unless a copy of it was counted. */
  | { readonly kind: "next"; readonly mark: Mark }
  /** It was sent, or another event of the same message was. */
  | { readonly kind: "replayed" }
  /** A copy may be under way. */
  | { readonly kind: "in-doubt"; readonly untilMs: number };

/** What is left of an attempt's time must be enough to send. */
const sendingMs = 5_000;

/**
 * Decides from the mark alone; what was counted is asked after. Only two of a message's entries are of account: the one
 * that the last attempt replays, while it is not known that it was sent, and the one that came of it. A copy of an attempt
 * counts only while its time lasts, so all copies of one attempt are within `dedupeWindow`, and afterwards there come no
 * more.
 */
export function decide(candidate: Candidate, patch: string, mark: Mark | undefined, nowMs: number): Decision {
  const { attempt, event } = candidate;
  if (mark === undefined) return attempt === 0 ? { kind: "first" } : { kind: "replayed" };
  const isOver = nowMs > mark.untilMs + disorderMs;
  const next: Decision = isOver ? { kind: "next", mark } : { kind: "in-doubt", untilMs: mark.untilMs + disorderMs };
  // It is what came back of the last attempt.
  if (attempt === mark.attempt) return next;
  if (attempt !== mark.of || mark.state === "sent") return { kind: "replayed" };
  const isSame = mark.entry === event.entry.id && mark.patch === patch;
  return isSame && nowMs < mark.untilMs - sendingMs ? { kind: "again", mark } : next;
}
