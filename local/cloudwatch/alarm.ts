import { readExpression } from "./expression.ts";
import type { MetricStore } from "./metrics.ts";
import { statistics } from "./statistic.ts";

/** A metric that an alarm looks at. */
export interface AlarmMetric {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

/** Metric math over some metrics, by their ids in it. */
export interface AlarmMath {
  readonly text: string;
  readonly metrics: Readonly<Record<string, AlarmMetric>>;
}

/** An alarm, as its resource in the template says. */
export interface AlarmSettings {
  readonly name: string;
  readonly description: string;
  readonly of: AlarmMetric | AlarmMath;
  readonly comparison: string;
  readonly threshold: number;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: string;
}

export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";

/** What an alarm finds, and why, in words. */
export interface AlarmFinding {
  readonly state: AlarmState;
  readonly reason: string;
}

const comparisons: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** Throws an error that names what an alarm asks for and is not known here. */
export function checkAlarm({ of, comparison }: AlarmSettings): void {
  const metrics = "text" in of ? Object.values(of.metrics) : [of];
  for (const [name, known, given] of [
    ...metrics.map(({ statistic }) => ["Statistic", statistics, statistic] as const),
    ["ComparisonOperator", comparisons, comparison] as const,
  ]) {
    if (!Object.hasOwn(known, given))
      throw new Error(`expected ${name} to be one of ${Object.keys(known)}, got ${given}`);
  }
  if (!("text" in of)) return;
  for (const id of readExpression(of.text).ids) {
    if (!Object.hasOwn(of.metrics, id))
      throw new Error(`expected ${of.text} to be over metrics that it has, got ${id}`);
  }
}

/**
 * The state of an alarm now: M out of the last N whole periods (CloudWatch user guide, "Evaluating an alarm" and
 * "Configuring how CloudWatch alarms treat missing data"). Periods before `sinceMs`, when nothing ran yet, do not count.
 */
export function alarmState(alarm: AlarmSettings, metrics: MetricStore, sinceMs: number, nowMs: number): AlarmFinding {
  const periodMs = alarm.periodSeconds * 1_000;
  const lastEnd = Math.floor(nowMs / periodMs) * periodMs;
  const evaluate = periodValue(alarm.of, metrics);
  const values: (number | undefined)[] = [];
  for (let back = 1; back <= alarm.evaluationPeriods; back++) {
    const start = lastEnd - back * periodMs;
    if (start < sinceMs) break;
    values.push(evaluate(start, start + periodMs));
  }
  const breaches = values.map((value) => (value === undefined ? missing(alarm) : isBreach(alarm, value)));
  const reason = reasonOf(alarm, values);
  if (breaches.length < alarm.datapointsToAlarm || breaches.every((breach) => breach === undefined)) {
    return { state: "INSUFFICIENT_DATA", reason };
  }
  const breaching = breaches.filter((breach) => breach === true).length;
  return { state: breaching >= alarm.datapointsToAlarm ? "ALARM" : "OK", reason };
}

/** Gives what an alarm compares in the period between two times. */
function periodValue(
  of: AlarmSettings["of"],
  metrics: MetricStore,
): (fromMs: number, toMs: number) => number | undefined {
  if (!("text" in of)) {
    const { namespace, metric, dimensions, statistic } = of;
    return (fromMs, toMs) => statistics[statistic]?.(metrics.statistics(namespace, metric, dimensions, fromMs, toMs));
  }
  const { evaluate } = readExpression(of.text);
  const parts = Object.entries(of.metrics).map(([id, metric]) => [id, periodValue(metric, metrics)] as const);
  return (fromMs, toMs) => evaluate(new Map(parts.map(([id, value]) => [id, value(fromMs, toMs)])));
}

const isBreach = ({ comparison, threshold }: AlarmSettings, value: number): boolean =>
  comparisons[comparison]?.(value, threshold) === true;

/** What a period without data counts as; undefined where it tells nothing. */
function missing({ treatMissingData }: AlarmSettings): boolean | undefined {
  if (treatMissingData === "breaching") return true;
  return treatMissingData === "notBreaching" ? false : undefined;
}

/** "3 of the last 5 periods of 60 s have data: 2, 1, 0 (newest first); the alarm is at GreaterThanThreshold 0". */
function reasonOf(alarm: AlarmSettings, values: readonly (number | undefined)[]): string {
  const { evaluationPeriods, periodSeconds, comparison, threshold, treatMissingData } = alarm;
  const known = values.filter((value) => value !== undefined);
  const shown = known.length === 0 ? "" : `: ${known.join(", ")} (newest first)`;
  const periods = `${known.length} of the last ${evaluationPeriods} periods of ${periodSeconds} s have data${shown}`;
  const lacking = values.length > known.length ? `, missing data is treated as ${treatMissingData}` : "";
  return `${periods}; the alarm is at ${comparison} ${threshold}${lacking}`;
}
