import { disorderMs } from "../../roll-up/dedupe/recall.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
import { lastOfAll } from "../../stream/sequence.ts";

/** Between two committed parts that are next to each other, or behind the last: whether records are there is not known. */
export interface Gap {
  /** Sequence number of the record before it; undefined for the beginning of the shard. */
  readonly after: string | undefined;
  /** Of the record behind it; undefined for the end of the shard. */
  readonly before: string | undefined;
}

/** Gaps of a shard that are next to each other, the oldest first, so that one reading can look at all of them. */
export interface GapRun {
  readonly gaps: readonly Gap[];
  /** Records of the parts between them. */
  readonly records: number;
}

/**
 * The gaps of a shard in which records may have arrived since, in runs with at most the given number of records between
 * them; the newest run first. The end of the shard is a run by itself.
 */
export async function* gapRuns(
  ledger: Pick<Ledger, "neighbours">,
  shard: string,
  fromMs: number,
  recordsMax: () => number,
): AsyncGenerator<GapRun> {
  let before: string | undefined;
  let gaps: Gap[] = [];
  let between = 0;
  for await (const part of ledger.neighbours(shard, lastOfAll, "before")) {
    const { firstSequence, lastSequence, lastArrivalMs, records } = part;
    gaps.unshift({ after: lastSequence, before });
    if (before === undefined || between + records > recordsMax()) {
      yield { gaps, records: between };
      [gaps, between] = [[], 0];
    } else {
      between += records;
    }
    if (lastArrivalMs < fromMs - disorderMs) {
      if (gaps.length > 0) yield { gaps, records: between };
      return;
    }
    before = firstSequence;
  }
  yield { gaps: [{ after: undefined, before }, ...gaps], records: between };
}
