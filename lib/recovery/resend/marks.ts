import type { MessageName } from "../../roll-up/dedupe/message-hash.ts";
import { disorderMs } from "../../roll-up/dedupe/recall.ts";
import type { Candidate } from "./resent-event.ts";

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

/** How far the replay of a message is. A message has one mark, however many entries of quarantine have its source and id. */
export interface Mark {
  /** Raised by every change. */
  readonly revision: number;
  /** Which replay of the message this is, from 1: a copy that is rejected again has the number in its note. */
  readonly attempt: number;
  /** Which one the entry came from that is replayed: 0 for what its sender sent. */
  readonly of: number;
  /** `sending`: a copy may be in the stream, or may still come until `untilMs`. `sent`: the stream has taken one. */
  readonly state: "sending" | "sent";
  /** The entry that is replayed, and a hash of what was changed in it. */
  readonly entry: string;
  readonly patch: string;
  /** Epoch milliseconds; a copy that arrives later does not count. */
  readonly untilMs: number;
}

/** Remembers what was replayed, as long as the ledger remembers and quarantine keeps. Reads are strongly consistent. */
export interface ReplayMarks {
  /** The mark of a message; undefined where it was never replayed. */
  read(name: MessageName): Promise<Mark | undefined>;
  /** Puts the next mark in place of `from`; false, and nothing written, where another call did first. */
  move(name: MessageName, from: Mark | undefined, next: Omit<Mark, "revision">): Promise<boolean>;
}
