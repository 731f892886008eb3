import type { Reason } from "../../problem.ts";

/** One thing that is known, and what it rests on. */
export interface Sentence {
  readonly text: string;
  readonly restsOn: string;
}

/** A row that an event is part of. */
export interface CountedIn {
  readonly metric: string;
  /** ISO 8601, the beginning of it. */
  readonly minute: string;
  /** Dimension and value. */
  readonly group: Readonly<Record<string, string>>;
  /**
   * Present where the metric had more groups in this minute of the part than it may have, and which of them came too late
   * is not known: the event is in `group`, or in the group `(other)`.
   */
  readonly orOther?: true;
  /** Present where the metric's definition has changed since: questions are answered from the rows of the new one. */
  readonly outdated?: true;
}

/** Where a copy lies. `null` for what is not known any more. */
export interface CopyPlace {
  readonly shardId: string;
  /** `null` where it is in no part. */
  readonly part: string | null;
  readonly sequenceNumber: string | null;
  /** Place in the record, from 0; `null` for the record as a whole too. */
  readonly index: number | null;
}

/** What became of one copy. Times are ISO 8601. */
export type Fate =
  | { readonly kind: "counted"; readonly metrics: readonly CountedIn[]; readonly since: string }
  /** It counts, and its record is gone: in which metrics cannot be told. */
  | { readonly kind: "counted-somewhere"; readonly since: string }
  | { readonly kind: "duplicate"; readonly of: CopyPlace }
  | { readonly kind: "late" | "quarantined"; readonly reason: Reason; readonly detail: string }
  /** In a part that is begun and not finished. */
  | { readonly kind: "open"; readonly opened: string }
  /** In the stream, and in no part. */
  | { readonly kind: "waiting"; readonly behindSeconds: number }
  /** In a batch that Lambda gave up on. */
  | { readonly kind: "given-up"; readonly file: string }
  | { readonly kind: "unknown" };

/** One event that was accepted with the message id. */
export interface Copy extends CopyPlace {
  readonly arrival: string | null;
  /** Source within which the id counts, "" where the event names none; `null` where the event was not taken apart. */
  readonly source: string | null;
  /** What the event says of itself; `null` where it is gone or was not taken apart. */
  readonly event: EventSummary | null;
  readonly fate: Fate;
  readonly says: readonly Sentence[];
}

export interface EventSummary {
  readonly type: string;
  readonly name: string;
  readonly source: string | null;
  readonly receivedAt: string | null;
  readonly timestamp: string | null;
  readonly user: string | null;
  /** How it breaks a tracking plan that is only observed, as the collector noted it; `null` where it did not. */
  readonly observed: string | null;
  /** Which attempt of a replay out of quarantine it is; `null` where it is none. */
  readonly replay: number | null;
}
