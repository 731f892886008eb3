import { compareSequence } from "../record/sequence.ts";
import type { StreamRecord } from "../record/stream-record.ts";

/** A run of records of one shard, by the sequence numbers of its first and last. */
export interface Range {
  readonly firstSequence: string;
  readonly lastSequence: string;
}

export const covers = (range: Range, sequenceNumber: string): boolean =>
  compareSequence(range.firstSequence, sequenceNumber) <= 0 && compareSequence(sequenceNumber, range.lastSequence) <= 0;

export const overlaps = (a: Range, b: Range): boolean =>
  compareSequence(a.firstSequence, b.lastSequence) <= 0 && compareSequence(b.firstSequence, a.lastSequence) <= 0;

/**
 * The first run of records that lies in none of the ranges; empty where all do. A run ends where a range begins, even
 * one that holds no record of the batch: a part must never reach over another.
 */
export function firstUncovered(records: readonly StreamRecord[], covered: readonly Range[]): StreamRecord[] {
  const run: StreamRecord[] = [];
  for (const record of records) {
    const { sequenceNumber } = record;
    const [first] = run;
    if (covered.some((range) => covers(range, sequenceNumber))) {
      if (first !== undefined) return run;
      continue;
    }
    const grown = { firstSequence: first?.sequenceNumber ?? sequenceNumber, lastSequence: sequenceNumber };
    if (covered.some((range) => overlaps(range, grown))) return run;
    run.push(record);
  }
  return run;
}
