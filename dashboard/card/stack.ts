import type { Series } from "./series.ts";

/** From where to where a bar of one series reaches in one bucket. */
export type Span = readonly [from: number, to: number];

export interface Stack {
  /** Per series, per bucket. */
  readonly spans: readonly (readonly Span[])[];
  /** Per bucket, the highest and the lowest end of a bar. */
  readonly highs: readonly number[];
  readonly lows: readonly number[];
}

/** Puts the series on each other: what is above zero grows up from it, what is below grows down (refunds in a sum). */
export function stackOf(series: readonly Series[], buckets: number): Stack {
  const highs = Array.from({ length: buckets }, () => 0);
  const lows = Array.from({ length: buckets }, () => 0);
  const spans = series.map(({ amounts }) =>
    highs.map((_, index): Span => {
      const amount = amounts[index] ?? 0;
      const ends = amount >= 0 ? highs : lows;
      const from = ends[index] ?? 0;
      const to = from + amount;
      ends[index] = to;
      return [from, to];
    }),
  );
  return { spans, highs, lows };
}
