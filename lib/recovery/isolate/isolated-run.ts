import type { Outcome } from "../../invoke.ts";
import type { Batch } from "../../stream/batch.ts";
import { shardKey } from "../../stream/sequence.ts";
import { type SkippingLedger, skip } from "../skip/skip.ts";
import { killersIn, Unsure } from "./poison-records.ts";
import type { TimedFunction } from "./roll-up-function.ts";

/** What a batch is run with. */
export interface IsolationPorts {
  readonly ledger: SkippingLedger;
  readonly rollUp: TimedFunction;
  /** Told of each record that is convicted and skipped. */
  readonly onSkip: (shardId: string, sequenceNumber: string) => void;
}

/**
 * Runs a batch as one more invocation. Where the process dies of it, records that end it by themselves are skipped, and
 * the rest is run again; where none does, the halves are run, for less may fit where all did not. Nothing is skipped for
 * an error that the function threw. The outcome is the first that was not `done`.
 */
export async function runIsolated(batch: Batch, ports: IsolationPorts): Promise<Outcome<unknown>> {
  const outcome = await ports.rollUp.run(batch);
  if (outcome.kind === "too-large") return runHalves(batch, ports, outcome);
  if (outcome.kind !== "died") return outcome;
  let skipped: number;
  try {
    skipped = await skipKillers(batch, ports);
  } catch (error) {
    if (error instanceof Unsure) return { kind: error.kind, why: error.message };
    throw error;
  }
  const again = skipped === 0 ? outcome : await ports.rollUp.run(batch);
  return again.kind === "died" || again.kind === "too-large" ? runHalves(batch, ports, again) : again;
}

async function skipKillers(batch: Batch, { ledger, rollUp, onSkip }: IsolationPorts): Promise<number> {
  const shard = shardKey(batch.streamName, batch.shardId);
  const { skipped } = await ledger.head(shard);
  const known = new Set(skipped.filter(({ kills }) => kills).map(({ sequenceNumber }) => sequenceNumber));
  const suspects = batch.records.filter(({ sequenceNumber }) => !known.has(sequenceNumber));
  let count = 0;
  // Each mark is written as soon as it is found: who continues after this process starts from there.
  for await (const { sequenceNumber } of killersIn({ ...batch, records: suspects }, rollUp)) {
    if ((await skip(ledger, shard, sequenceNumber, async () => true)).kind !== "skipped") continue;
    count++;
    onSkip(batch.shardId, sequenceNumber);
  }
  return count;
}

async function runHalves(batch: Batch, ports: IsolationPorts, whole: Outcome<unknown>): Promise<Outcome<unknown>> {
  const { records } = batch;
  if (records.length <= 1) return whole;
  const middle = Math.ceil(records.length / 2);
  const first = await runIsolated({ ...batch, records: records.slice(0, middle) }, ports);
  // What died may have been the one half; anything else will meet the other half as well.
  if (first.kind === "threw" || first.kind === "refused") return first;
  const second = await runIsolated({ ...batch, records: records.slice(middle) }, ports);
  return first.kind === "done" ? second : first;
}
