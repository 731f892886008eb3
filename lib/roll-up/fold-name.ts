import type { SkippedRecord } from "../store/ledger/ledger.ts";
import { covers, type Range } from "../stream/range.ts";
import { compareSequence } from "../stream/sequence.ts";

/** What a part was folded under: definitions, and which of its records were skipped. */
export interface FoldedUnder {
  /** Of the definitions. */
  readonly hash: string;
  /** In order. */
  readonly skipped: readonly SkippedRecord[];
}

const killing = "!";

/**
 * A short text for what a part was folded under, where its `definitions` in the ledger have a hash: the same where the
 * same rows come out. Without skipped records it is the hash itself.
 */
export const foldName = ({ hash, skipped }: FoldedUnder): string =>
  [hash, ...skipped.map(({ sequenceNumber, kills }) => `${sequenceNumber}${kills ? killing : ""}`)].join(",");

export function readFoldName(name: string): FoldedUnder {
  const [hash = "", ...skipped] = name.split(",");
  return {
    hash,
    skipped: skipped.map((text) => ({ sequenceNumber: text.replace(killing, ""), kills: text.endsWith(killing) })),
  };
}

/**
 * What a part in the range is to be folded under now: the marks of the head, and those it was folded under before, which
 * never go away. So nobody who has seen fewer marks takes one back.
 */
export function foldedUnder(
  hash: string,
  range: Range,
  marked: readonly SkippedRecord[],
  before: string | undefined,
): FoldedUnder {
  const bySequence = new Map<string, SkippedRecord>();
  const earlier = before === undefined ? [] : readFoldName(before).skipped;
  for (const record of [...earlier, ...marked]) {
    if (!covers(range, record.sequenceNumber)) continue;
    const kills = record.kills || (bySequence.get(record.sequenceNumber)?.kills ?? false);
    bySequence.set(record.sequenceNumber, { sequenceNumber: record.sequenceNumber, kills });
  }
  const skipped = [...bySequence.values()].sort((a, b) => compareSequence(a.sequenceNumber, b.sequenceNumber));
  return { hash, skipped };
}

/** Whose rows may have been written under the earlier name: its own skipped records aside, and those that kill now. */
export function skippedThen(earlier: FoldedUnder, now: FoldedUnder): ReadonlySet<string> {
  const dead = now.skipped.filter(({ kills }) => kills);
  return new Set([...earlier.skipped, ...dead].map(({ sequenceNumber }) => sequenceNumber));
}
