/** One metric x one group of dimension values x one bucket, of one part. */
export interface Row {
  readonly metric: string;
  /** Short hash of the metric's definition. */
  readonly def: string;
  /** Start of the minute, epoch milliseconds. */
  readonly bucketMs: number;
  /** The metric's own dimensions, alias and value. */
  readonly dimensions: readonly (readonly [alias: string, value: string])[];
  /** Events; 0 only in a row that takes an earlier definition's back. */
  readonly count: number;
  /** Of a `sum`: always all three or none. */
  readonly numbers: { readonly sum: number; readonly min: number; readonly max: number } | undefined;
}

/** What makes a row the same row within its part. */
export const rowKey = (row: Pick<Row, "metric" | "def" | "bucketMs" | "dimensions">): string =>
  [row.metric, row.def, row.bucketMs, ...row.dimensions.flat()].join("\u0000");

/** The group of events that lack a value. */
export const noValue = "(none)";

/** The group of what cannot have a group of its own: values over the cap, groups over the cap. */
export const otherValue = "(other)";
