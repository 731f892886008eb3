import type { Amounts } from "./amounts.ts";
import type { ColourName } from "./palette.ts";
import type { Series } from "./series.ts";
import type { Timeline } from "./timeline.ts";

/** What a chart draws: the series on each other, one bar per bucket. */
export interface Bars {
  readonly timeline: Timeline;
  readonly series: readonly Series[];
  /** One per series. */
  readonly colours: readonly ColourName[];
  readonly amounts: Amounts;
  /** Counts have no ticks between whole numbers. */
  readonly whole: boolean;
}
