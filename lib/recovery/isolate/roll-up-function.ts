import type { Clock } from "../../clock.ts";
import type { Outcome } from "../../invoke.ts";
import { rollUpTimeoutSeconds } from "../../limits.ts";
import type { Batch } from "../../stream/batch.ts";
import type { Preview } from "./preview.ts";

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

/** What an invocation takes beyond the function's time limit, and what is kept back to report. */
const reserveMs = 15_000;

/** The roll-up, refused once there is no time left to wait for it. */
export class TimedFunction implements RollUpFunction {
  readonly #rollUp: RollUpFunction;
  readonly #clock: Clock;
  readonly #deadlineMs: number;

  constructor(rollUp: RollUpFunction, clock: Clock, deadlineMs: number) {
    this.#rollUp = rollUp;
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
  }

  /** Whether one more invocation could run to its own time limit. */
  get hasTime(): boolean {
    return this.#clock.now() + rollUpTimeoutSeconds * 1_000 + reserveMs <= this.#deadlineMs;
  }

  get nowMs(): number {
    return this.#clock.now();
  }

  async run(batch: Batch): Promise<Outcome<unknown>> {
    return this.hasTime ? this.#rollUp.run(batch) : noTime;
  }

  async preview(batch: Batch, takenFromMs?: number): Promise<Outcome<Preview>> {
    return this.hasTime ? this.#rollUp.preview(batch, takenFromMs) : noTime;
  }
}

const noTime = { kind: "refused", why: "no time left" } as const;
