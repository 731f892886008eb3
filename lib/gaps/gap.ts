import { disorderMs } from "../dedupe/recall.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { lastOfAll } from "../record/sequence.ts";

/** Between two committed parts that are next to each other, or behind the last: whether records are there is not known. */
export interface Gap {
  /** Sequence number of the record before it; undefined for the beginning of the shard. */
  readonly after: string | undefined;
  /** Of the record behind it; undefined for the end of the shard. */
  readonly before: string | undefined;
}

/** The gaps of a shard, the newest first, as far back as records of them may have arrived since. Holds two parts. */
export async function* gapsSince(
  ledger: Pick<Ledger, "neighbours">,
  shard: string,
  fromMs: number,
): AsyncGenerator<Gap> {
  let before: string | undefined;
  for await (const { firstSequence, lastSequence, lastArrivalMs } of ledger.neighbours(shard, lastOfAll, "before")) {
    yield { after: lastSequence, before };
    if (lastArrivalMs < fromMs - disorderMs) return;
    before = firstSequence;
  }
  yield { after: undefined, before };
}
