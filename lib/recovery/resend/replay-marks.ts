import type { MessageName } from "../../roll-up/dedupe/message-hash.ts";

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
