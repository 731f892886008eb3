import { aheadMsMax } from "../limits.ts";
import { disorderMs } from "../roll-up/dedupe/recall.ts";
import type { CommittedPart } from "../store/ledger/ledger.ts";
import { lastOfAll, shardKey } from "../stream/sequence.ts";
import { type AuditRun, questionMsMax } from "./audit-run.ts";

/** Kept back of the time there is, for a page of the ledger that comes slowly, and for the report. */
const reserveMs = 60_000;

/** Time kept back for the final question, about a sample of the parts. */
const reserveOf = ({ rows }: AuditRun): number => (rows === "sample" ? reserveMs + questionMsMax : reserveMs);

/** Parts of a shard, the newest first, as far back as one may hold records that arrived since, or rows since then. */
export async function* partsSince(run: AuditRun, shardId: string): AsyncGenerator<CommittedPart> {
  const { ledger, streamName } = run.ports;
  // Rows may be ahead of their record's arrival, and arrivals out of the order of the parts.
  const sinceMs = run.fromMs - aheadMsMax - disorderMs;
  for await (const part of ledger.neighbours(shardKey(streamName, shardId), lastOfAll, "before")) {
    if (part.lastArrivalMs < sinceMs) return;
    if (!run.hasTime(reserveOf(run))) {
      run.leaveLedger();
      return;
    }
    yield part;
  }
}
