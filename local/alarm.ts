import type { MetricStatistics, MetricStore } from "./metrics.ts";

/** An alarm over one metric, as its resource in the template says. */
export interface AlarmSettings {
  readonly name: string;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
  readonly comparison: string;
  readonly threshold: number;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: string;
}

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

const statistics: Readonly<Record<string, (found: MetricStatistics) => number | undefined>> = {
  Maximum: ({ max }) => max,
  Minimum: ({ min }) => min,
  Average: ({ average }) => average,
  Sum: ({ sum, samples }) => (samples === 0 ? undefined : sum),
  SampleCount: ({ samples }) => (samples === 0 ? undefined : samples),
};

const comparisons: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** Throws an error that names what an alarm asks for and this file does not know. */
export function checkAlarm({ statistic, comparison }: AlarmSettings): void {
  for (const [name, known, given] of [
    ["Statistic", statistics, statistic],
    ["ComparisonOperator", comparisons, comparison],
  ] as const) {
    if (!Object.hasOwn(known, given))
      throw new Error(`expected ${name} to be one of ${Object.keys(known)}, got ${given}`);
  }
}

/**
 * The state of an alarm now: M out of the last N whole periods (CloudWatch user guide, "Evaluating an alarm" and
 * "Configuring how CloudWatch alarms treat missing data"). Periods before `sinceMs`, when nothing ran yet, do not count.
 */
export function alarmState(alarm: AlarmSettings, metrics: MetricStore, sinceMs: number, nowMs: number): AlarmState {
  const periodMs = alarm.periodSeconds * 1_000;
  const lastEnd = Math.floor(nowMs / periodMs) * periodMs;
  const breaches: (boolean | undefined)[] = [];
  for (let back = 1; back <= alarm.evaluationPeriods; back++) {
    const start = lastEnd - back * periodMs;
    if (start < sinceMs) break;
    const found = metrics.statistics(alarm.namespace, alarm.metric, alarm.dimensions, start, start + periodMs);
    const value = statistics[alarm.statistic]?.(found);
    breaches.push(value === undefined ? missing(alarm) : comparisons[alarm.comparison]?.(value, alarm.threshold));
  }
  if (breaches.length < alarm.datapointsToAlarm || breaches.every((breach) => breach === undefined)) {
    return "INSUFFICIENT_DATA";
  }
  return breaches.filter((breach) => breach === true).length >= alarm.datapointsToAlarm ? "ALARM" : "OK";
}

/** What a period without data counts as; undefined where it tells nothing. */
function missing({ treatMissingData }: AlarmSettings): boolean | undefined {
  if (treatMissingData === "breaching") return true;
  return treatMissingData === "notBreaching" ? false : undefined;
}
