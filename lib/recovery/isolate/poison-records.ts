import type { Outcome } from "../../invoke.ts";
import type { Batch } from "../../stream/batch.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import { said, type TimedFunction } from "./roll-up-function.ts";

/** It could not be found out whether a record ends the process. */
export class Unsure extends Error {
  override readonly name = "Unsure";
  readonly kind: "threw" | "refused";

  constructor(kind: "threw" | "refused", why: string) {
    super(why);
    this.kind = kind;
  }
}

/**
 * Records that end the process when they are folded, each by itself, with neither ledger nor store: so a store that hangs
 * is never a record's fault. Each is convicted by dying alone twice, while no record at all does no harm. Records that
 * do harm only together are not among them. Throws Unsure.
 */
export async function* killersIn(batch: Batch, rollUp: TimedFunction): AsyncGenerator<StreamRecord> {
  const { records } = batch;
  if (records.length === 0 || !(await dies(records))) return;
  const [first] = records;
  if (records.length > 1 || first === undefined) {
    const middle = Math.ceil(records.length / 2);
    yield* killersIn({ ...batch, records: records.slice(0, middle) }, rollUp);
    yield* killersIn({ ...batch, records: records.slice(middle) }, rollUp);
    return;
  }
  if (await dies([])) throw new Unsure("threw", "the function dies without any record too");
  if (await dies([first])) yield first;

  async function dies(some: readonly StreamRecord[]): Promise<boolean> {
    const outcome: Outcome<unknown> = await rollUp.preview({ ...batch, records: some });
    // What no invocation can carry is looked at in halves.
    if (outcome.kind === "died" || (outcome.kind === "too-large" && some.length > 1)) return true;
    if (outcome.kind === "done") return false;
    throw new Unsure(outcome.kind === "refused" ? "refused" : "threw", said(outcome));
  }
}
