import type { Batch } from "../../stream/batch.ts";
import type { Preview } from "./preview.ts";

/** What came of an invocation. Only `died` can be the fault of a record: code does not throw for what is in one. */
export type Outcome<Answer> =
  | { readonly kind: "done"; readonly answer: Answer }
  /** The function's own error: the store or the ledger is down, a promise is held. The batch must come again. */
  | { readonly kind: "threw"; readonly why: string }
  /** The process came to its end: time limit, memory, a crash. */
  | { readonly kind: "died"; readonly why: string }
  /** It did not run: throttled, `isBusy`, or Lambda cannot be reached. */
  | { readonly kind: "refused"; readonly why: string; readonly isBusy?: boolean }
  /** No invocation can carry so much. */
  | { readonly kind: "too-large" };

/** The roll-up in a process of its own, so that what a record does to it is done to nobody else. */
export interface RollUpFunction {
  /** One more invocation, with this batch. */
  run(batch: Batch): Promise<Outcome<unknown>>;
  /**
   * Takes the records apart and folds them, with neither ledger nor store: nothing is changed. No records are fine. Events
   * of minutes before `takenFromMs`, epoch milliseconds, are late: the store takes them no more.
   */
  preview(batch: Batch, takenFromMs?: number): Promise<Outcome<Preview>>;
}

/** In words for a report. */
export const said = (outcome: Exclude<Outcome<unknown>, { kind: "done" }>): string =>
  outcome.kind === "too-large" ? "too large for an invocation" : `${outcome.kind}: ${outcome.why}`;
