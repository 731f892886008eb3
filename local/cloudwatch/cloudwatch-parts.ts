import type { AlarmWatch } from "./alarm-watch.ts";
import type { MetricStore } from "./metrics.ts";

/** What CloudWatch answers from. */
export interface CloudWatchParts {
  readonly metrics: MetricStore;
  readonly alarms: AlarmWatch;
  /** Nothing of before is in `metrics`. */
  readonly startedMs: number;
  readonly now: () => number;
  readonly region: string;
  readonly accountId: string;
}
