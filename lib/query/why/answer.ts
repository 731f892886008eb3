import type { Copy, CopyPlace, Sentence } from "./copy.ts";
import { duplicateOf } from "./sentences.ts";

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
