import type { MetricView } from "./metric-view.ts";
import type { Series } from "./series.ts";
import { isWhole } from "./timeline.ts";

/** A bucket and the amount in it. */
export interface Moment {
  readonly startMs: number;
  readonly amount: number;
}

/** What is drawn of a view, and its figures. */
export interface Selection {
  readonly shown: readonly Series[];
  /** Key of the series that is drawn alone. */
  readonly chosen: string | undefined;
  readonly total: number;
  /** The newest bucket that is whole; none where a shard is behind all of them. */
  readonly last: Moment | undefined;
  /** The bucket that now is in: so far. */
  readonly now: Moment;
  /** The largest of the complete buckets, the earliest of them where there are several; and their mean. */
  readonly peak: Moment | undefined;
  readonly mean: number | undefined;
}

/** Tells series apart, the rest from a value that is called "rest". */
export const seriesKey = ({ kind, value }: Series): string => `${kind}:${value}`;

export const seriesLabel = ({ kind, value }: Series): string => (kind === "value" ? value : kind);

/** What some series add up to in one bucket. */
export const amountIn = (shown: readonly Series[], bucket: number): number =>
  shown.reduce((sum, { amounts }) => sum + (amounts[bucket] ?? 0), 0);

/**
 * All series, or the chosen one alone while it is there. Values of a unit are always shown one at a time, the largest
 * at first: euros do not go on top of dollars.
 */
export function select({ series, timeline, unit, total }: MetricView, choice: string | undefined): Selection {
  const single = series.find((one) => seriesKey(one) === choice) ?? (unit ? series[0] : undefined);
  const shown = single === undefined ? series : [single];
  const moments = timeline.startsMs.map((startMs, bucket): Moment => ({ startMs, amount: amountIn(shown, bucket) }));
  const complete = moments.filter((_, bucket) => isWhole(timeline, bucket));
  return {
    shown,
    chosen: single === undefined ? undefined : seriesKey(single),
    total: single?.total ?? total,
    last: complete.at(-1),
    now: moments.at(-1) ?? { startMs: 0, amount: 0 },
    peak: complete.toSorted((a, b) => b.amount - a.amount)[0],
    mean: complete.length === 0 ? undefined : complete.reduce((sum, { amount }) => sum + amount, 0) / complete.length,
  };
}
