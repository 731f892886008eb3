import { memoryStoreHours, type Settings } from "../../config/settings.ts";
import type { Outcome } from "../../invoke.ts";
import { aheadMsMax } from "../../limits.ts";
import type { OpenPart } from "../../store/ledger/ledger.ts";
import type { Batch } from "../../stream/batch.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import { killersIn, Unsure } from "./poison-records.ts";
import type { Preview } from "./preview.ts";
import { said, type TimedFunction } from "./roll-up-function.ts";

/** How far back the store takes rows, and events count. */
export interface StoreReach {
  /** How old a minute may be that the store still takes, in milliseconds. */
  readonly reachMs: number;
  /** How long before its record arrived an event may have happened. */
  readonly allowedLatenessMs: number;
}

export const storeReachOf = (settings: Settings): StoreReach => ({
  reachMs: memoryStoreHours(settings) * 3_600_000,
  allowedLatenessMs: settings.allowedLatenessMs,
});

/** Safety margin: rows may be written minutes after the part was begun, after retries. */
const spareMs = 15 * 60_000;

/** Why records are not to be counted now. */
export interface NotNow {
  readonly why: "out-of-reach" | "not-counted";
  readonly detail: string;
}

/**
 * Whether the store still takes what records would come to. It refuses rows for their age, and an event of a refused row is
 * late: in quarantine, counted nowhere, and never to be counted again, for its record is in a committed part.
 */
export class ReachCheck {
  readonly #reach: StoreReach;
  readonly #rollUp: TimedFunction;
  readonly #acceptLate: boolean;

  /** With `acceptLate` everything is in reach: the caller has accepted that some events end as late. */
  constructor(reach: StoreReach, rollUp: TimedFunction, acceptLate: boolean) {
    this.#reach = reach;
    this.#rollUp = rollUp;
    this.#acceptLate = acceptLate;
  }

  /** The oldest minute that is sure to be taken, epoch milliseconds. */
  get oldestMs(): number {
    return this.#rollUp.nowMs - this.#reach.reachMs + spareMs;
  }

  /** Why a batch is not to be counted now; asks the function only where the arrivals do not tell. */
  async of(batch: Batch): Promise<NotNow | undefined> {
    const { oldestMs } = this;
    const arrivals = arrivalsOf(batch.records);
    if (this.#acceptLate || arrivals.firstMs - this.#reach.allowedLatenessMs >= oldestMs) return undefined;
    // An event is never further ahead of its record.
    if (arrivals.lastMs + aheadMsMax < oldestMs)
      return outOfReach(oldestMs, `records that arrived until ${iso(arrivals.lastMs)}`);
    const foreseen = await this.#foresee(batch, oldestMs);
    if (foreseen.kind !== "done") return { why: "not-counted", detail: said(foreseen) };
    const { outOfReach: late, events } = foreseen.answer;
    return late === 0 ? undefined : outOfReach(oldestMs, `${late} of ${events} events of earlier ones`);
  }

  /** As above of a promise: it says itself how old its first minute is. */
  ofPromise({ firstBucketMs }: Pick<OpenPart, "firstBucketMs">): NotNow | undefined {
    const { oldestMs } = this;
    if (this.#acceptLate || firstBucketMs === undefined || firstBucketMs >= oldestMs) return undefined;
    return outOfReach(oldestMs, `a part with rows from ${iso(firstBucketMs)} on`);
  }

  /** Records that end the process are none of it: they go to quarantine whenever they are counted. */
  async #foresee(batch: Batch, oldestMs: number): Promise<Outcome<Preview>> {
    const whole = await this.#rollUp.preview(batch, oldestMs);
    if (whole.kind !== "died") return whole;
    try {
      const killers = new Set<StreamRecord>();
      for await (const record of killersIn(batch, this.#rollUp)) killers.add(record);
      return this.#rollUp.preview({ ...batch, records: batch.records.filter((one) => !killers.has(one)) }, oldestMs);
    } catch (error) {
      if (error instanceof Unsure) return { kind: error.kind, why: error.message };
      throw error;
    }
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

const outOfReach = (oldestMs: number, got: string): NotNow => ({
  why: "out-of-reach",
  detail:
    `Expected minutes from ${iso(oldestMs)} on, which the store still takes, got ${got}:` +
    " raise store.memoryRetention, deploy and run it again, or run it with --accept-late to put them into quarantine",
});

const arrivalsOf = (records: readonly StreamRecord[]): { readonly firstMs: number; readonly lastMs: number } => ({
  firstMs: records.reduce((least, { arrivalMs }) => Math.min(least, arrivalMs), Number.POSITIVE_INFINITY),
  lastMs: records.reduce((greatest, { arrivalMs }) => Math.max(greatest, arrivalMs), Number.NEGATIVE_INFINITY),
});
