import type { BucketWidth } from "../../lib/store/rows/bucket.ts";

/** A stretch of time that the page can show, and the bucket width that fits it. */
export interface Range {
  readonly key: string;
  readonly label: string;
  /** One bucket, in words: "events per minute". */
  readonly per: string;
  readonly every: BucketWidth;
  /** Whole buckets shown beside the one that is still filling. */
  readonly buckets: number;
  /**
   * `from` of the question: one bucket more than is shown where buckets are wider than a minute, because the API cuts
   * the range at minutes and the first bucket may be a part of one.
   */
  readonly from: string;
}

export const ranges = [
  { key: "30m", label: "30 min", per: "minute", every: "1m", buckets: 30, from: "-30m" },
  { key: "3h", label: "3 h", per: "5 minutes", every: "5m", buckets: 36, from: "-185m" },
  { key: "24h", label: "24 h", per: "15 minutes", every: "15m", buckets: 96, from: "-1455m" },
] as const satisfies readonly Range[];

/** The range of a key; the shortest for an unknown one. */
export const rangeOf = (key: string | null): Range => ranges.find((range) => range.key === key) ?? ranges[0];
