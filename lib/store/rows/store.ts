import type { Patience } from "../../retry.ts";
import type { BucketWidth } from "./bucket.ts";
import type { Row } from "./row.ts";

/** A row that the store will never take. */
export interface Refusal {
  readonly row: Row;
  /** `late`: its time is out of the store's retention. `refused`: anything else. */
  readonly reason: "late" | "refused";
  /** The store's own words. */
  readonly detail: string;
  /** An earlier attempt to write the row had no answer: it may be in the store all the same. */
  readonly mayBeStored?: true;
}

/** What became of rows. */
export interface Written {
  readonly refusals: readonly Refusal[];
  /**
   * Rows that were there under the same version, although no attempt of this write can have left them. Whether with another
   * value the store does not say.
   */
  readonly existing: number;
}

/** Takes the rows of parts. */
export interface RowStore {
  /**
   * Writes all rows of one part at one version. A row that is there already, at this version or a later one, stays as it
   * is. Waits while the store is throttled or down, and throws when patience ends: some rows may be written then.
   */
  write(part: string, version: number, rows: readonly Row[], patience: Patience): Promise<Written>;
}

/** A question about one metric. */
export interface MetricQuestion {
  readonly metric: string;
  readonly def: string;
  readonly measure: "count" | "sum";
  /** Half-open, epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Width of a bucket; undefined for one bucket from `fromMs` to `toMs`. */
  readonly every: BucketWidth | undefined;
  readonly by: readonly string[];
  /** Dimensions and values that must be equal; those of the same dimension are alternatives. */
  readonly where: readonly (readonly [alias: string, value: string])[];
  readonly order: { readonly column: "time" | "value"; readonly descending: boolean };
  readonly limit: number;
}

/** One row of an answer. */
export interface MetricAnswer {
  /** Start of the bucket. */
  readonly timeMs: number;
  /** In the order of the question's `by`. */
  readonly values: readonly string[];
  readonly value: number;
}

/** Answers questions. */
export interface MetricStore {
  answer(question: MetricQuestion): Promise<MetricAnswer[]>;
}

/** What the store holds of one part: rows with events, and the sum of their counts. */
export interface PartRows {
  readonly part: string;
  readonly rows: number;
  readonly count: number;
  /** Of the absolute sums, where it was asked for; 0 where no row has one. */
  readonly sum?: number;
  readonly firstBucketMs: number;
  readonly lastBucketMs: number;
}

/** Which parts' rows: of minutes that begin within the half-open range, epoch milliseconds. */
export interface PartRowsQuestion {
  readonly fromMs: number;
  readonly toMs: number;
  /** At most 2,000 ids; undefined for every part that has rows there. */
  readonly parts: readonly string[] | undefined;
  /** Whether their sums are wanted too: only where a row of them has one, for there may be none in all of the store. */
  readonly withSums?: boolean;
}

/** Says what it holds of parts; nothing of a part without rows. Reads may lag behind writes. */
export interface PartRowStore {
  rowsOfParts(question: PartRowsQuestion): AsyncIterable<PartRows>;
}
