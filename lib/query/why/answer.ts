import type { Reason } from "../../problem.ts";
import { duplicateOf } from "./sentences.ts";

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

/** What was looked through. */
export interface Looked {
  readonly parts: number;
  readonly ids: number;
  readonly quarantineFiles: number;
  /** Records that are in no part. */
  readonly waitingRecords: number;
  readonly failureFiles: number;
  readonly bytes: number;
}

/** The answer about one message id, or a part of it. Times are ISO 8601. */
export interface WhyAnswer {
  readonly messageId: string;
  /**
   * Sources whose events were looked for; "" for events that name none. Of a source that is not among them, only copies
   * that were not counted are found.
   */
  readonly sources: readonly string[];
  /** Range of arrivals that was asked for, half-open. What waits to be counted is looked at whenever it is from. */
  readonly from: string;
  readonly to: string;
  /** In the order of their arrival. */
  readonly copies: readonly Copy[];
  /** Of all copies together. */
  readonly says: readonly Sentence[];
  readonly looked: Looked;
  /** What could not be looked into, and why: the id may be there. */
  readonly notLooked: readonly string[];
  readonly complete: boolean;
  /** Where it is not complete: ask again with this `next`, and join the answers. */
  readonly next?: string;
}

const keyOf = ({ shardId, part, sequenceNumber, index }: CopyPlace): string =>
  sequenceNumber === null ? `${shardId} part ${part}` : `${shardId} ${sequenceNumber} ${index}`;

/** Copies by their place; of two at one place the one that is in a part, and then the later. In the order of arrival. */
export function joinedCopies(copies: readonly Copy[]): Copy[] {
  const byPlace = new Map<string, Copy>();
  for (const copy of copies) {
    const known = byPlace.get(keyOf(copy));
    if (known === undefined || known.part === null || copy.part !== null) byPlace.set(keyOf(copy), copy);
  }
  const order = ({ arrival, shardId, sequenceNumber, index }: Copy): string =>
    [arrival ?? "", shardId, (sequenceNumber ?? "").padStart(129, "0"), String(index ?? 0).padStart(6, "0")].join(" ");
  return [...byPlace.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** Duplicates with the copy that they are one of, where only its part was known before. */
export function withOriginals(copies: readonly Copy[]): Copy[] {
  return copies.map((copy) => {
    if (copy.fate.kind !== "duplicate" || copy.fate.of.sequenceNumber !== null) return copy;
    const { of } = copy.fate;
    const others = copies.filter(
      ({ shardId, part, source }) => shardId === of.shardId && part === of.part && source === copy.source,
    );
    const original = others.find(({ fate }) => fate.kind.startsWith("counted")) ?? others[0];
    if (original === undefined || copy.says.some(({ text }) => text === duplicateOf(original).text)) return copy;
    const { shardId, part, sequenceNumber, index } = original;
    const fate = { kind: "duplicate", of: { shardId, part, sequenceNumber, index } } as const;
    return { ...copy, fate, says: [...copy.says, duplicateOf(original)] };
  });
}

/** Two answers of one search as one. */
export function joinedAnswers(first: WhyAnswer, second: WhyAnswer): WhyAnswer {
  const { next: _, ...rest } = first;
  const looked = Object.fromEntries(
    Object.entries(first.looked).map(([name, amount]) => [name, amount + second.looked[name as keyof Looked]]),
  ) as unknown as Looked;
  const joined = {
    ...rest,
    copies: withOriginals(joinedCopies([...first.copies, ...second.copies])),
    looked,
    notLooked: [...new Set([...first.notLooked, ...second.notLooked])],
    complete: second.complete,
    ...(second.next === undefined ? {} : { next: second.next }),
  };
  return { ...joined, says: conclusions(joined) };
}

/** What can be said of all copies together. */
export function conclusions({
  sources,
  copies,
  looked,
  notLooked,
  complete,
  from,
  to,
}: Pick<WhyAnswer, "sources" | "copies" | "looked" | "notLooked" | "complete" | "from" | "to">): Sentence[] {
  const restsOn = [
    `the ids that ${looked.parts} parts left in the ledger (${looked.ids}, as 64-bit hashes)`,
    `${looked.quarantineFiles} files in quarantine`,
    `${looked.waitingRecords} records in no finished part`,
    `${looked.failureFiles} batches that Lambda gave up on`,
  ].join(", ");
  const of = sources.map((source) => (source === "" ? "no source" : JSON.stringify(source))).join(", ");
  const range = `what was counted (of ${of}) or rejected of arrivals from ${from} to ${to}, or waits to be counted`;
  if (copies.length > 0) {
    const kinds = Map.groupBy(copies, ({ fate }) => fate.kind);
    const counts = [...kinds].map(([kind, of]) => `${of.length} ${kind}`).join(", ");
    const times = copies.length === 1 ? "once" : `${copies.length} times`;
    const isAll = complete && notLooked.length === 0;
    return [{ text: `${isAll ? "Accepted" : "Accepted at least"} ${times}: ${counts}.`, restsOn }];
  }
  if (!complete) return [{ text: "Nothing found yet: not all was looked at.", restsOn }];
  if (notLooked.length > 0) {
    return [{ text: `Unknown: not found in ${range}; but not all of it could be looked into.`, restsOn }];
  }
  return [
    { text: `Not found: nothing of ${range} has this id.`, restsOn },
    {
      text: "It was not accepted then; or its record was left out between two parts and no file has it, which millrace audit finds.",
      restsOn: "what this search does not read: records of the stream before the newest part",
    },
  ];
}
