import { compareSequence } from "./sequence.ts";
import type { StreamRecord } from "./stream-record.ts";

/** A run of records of one shard, by the sequence numbers of its first and last. */
export interface Range {
  readonly firstSequence: string;
  readonly lastSequence: string;
}

/** The range of a batch's records. Throws where there are none. */
export function rangeOf(records: readonly StreamRecord[]): Range {
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined) {
    throw new Error("Expected a batch of at least one record, got an empty one");
  }
  return { firstSequence: first.sequenceNumber, lastSequence: last.sequenceNumber };
}

export const covers = (range: Range, sequenceNumber: string): boolean =>
  compareSequence(range.firstSequence, sequenceNumber) <= 0 && compareSequence(sequenceNumber, range.lastSequence) <= 0;

export const overlaps = (a: Range, b: Range): boolean =>
  compareSequence(a.firstSequence, b.lastSequence) <= 0 && compareSequence(b.firstSequence, a.lastSequence) <= 0;

/**
 * The runs of records that lie in none of the ranges. A run ends where a range begins, even one that holds no record of
 * the batch: a part must never reach over another. Ranges may be equal and do not overlap otherwise.
 */
export function* uncoveredRuns(
  records: readonly StreamRecord[],
  covered: readonly Range[],
): Generator<readonly StreamRecord[]> {
  const ranges = covered.toSorted((a, b) => compareSequence(a.lastSequence, b.lastSequence));
  let next = 0;
  let run: StreamRecord[] = [];
  for (const record of records) {
    const before = next;
    while (next < ranges.length && compareSequence(ranges[next]?.lastSequence ?? "", record.sequenceNumber) < 0) next++;
    const range = ranges[next];
    const isCovered = range !== undefined && compareSequence(range.firstSequence, record.sequenceNumber) <= 0;
    if (run.length > 0 && (isCovered || next > before)) {
      yield run;
      run = [];
    }
    if (!isCovered) run.push(record);
  }
  if (run.length > 0) yield run;
}
