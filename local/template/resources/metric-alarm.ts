import type { AlarmMath, AlarmMetric, AlarmSettings } from "../../cloudwatch/alarm.ts";
import type { Provisioner } from "../run.ts";
import { number, object, type Properties, text } from "./property.ts";

function metricOf(properties: Properties, statistic: string): AlarmMetric {
  const dimensions = (properties.Dimensions ?? []) as readonly { readonly Name: string; readonly Value: string }[];
  return {
    namespace: text(properties, "Namespace"),
    metric: text(properties, "MetricName"),
    dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
    statistic,
  };
}

/** One expression, and the metrics that it is over, all of one period. */
function mathOf(queries: readonly Properties[]): { readonly math: AlarmMath; readonly periodSeconds: number } {
  const [expression, ...more] = queries.filter(({ Expression }) => Expression !== undefined);
  if (expression === undefined || more.length > 0) {
    throw new Error(`expected Metrics to have one Expression, got ${more.length + (expression === undefined ? 0 : 1)}`);
  }
  const stats = queries.filter(({ MetricStat }) => MetricStat !== undefined);
  const periods = new Set(stats.map((query) => number(object(query, "MetricStat"), "Period")));
  const [periodSeconds = 0] = periods;
  if (periods.size !== 1) throw new Error(`expected Metrics of one Period, got ${[...periods].join(", ")}`);
  const metrics = stats.map((query) => {
    const stat = object(query, "MetricStat");
    return [text(query, "Id"), metricOf(object(stat, "Metric"), text(stat, "Stat"))] as const;
  });
  return { math: { text: text(expression, "Expression"), metrics: Object.fromEntries(metrics) }, periodSeconds };
}

/** AWS::CloudWatch::Alarm over one metric with a plain statistic, or over metric math. */
export const metricAlarm =
  (add: (alarm: AlarmSettings) => void): Provisioner =>
  ({ properties, physicalId }) => {
    const name = String(properties.AlarmName ?? physicalId);
    const { math, periodSeconds } =
      properties.Metrics === undefined
        ? { math: undefined, periodSeconds: number(properties, "Period") }
        : mathOf(properties.Metrics as readonly Properties[]);
    const evaluationPeriods = number(properties, "EvaluationPeriods");
    add({
      name,
      description: String(properties.AlarmDescription ?? ""),
      of: math ?? metricOf(properties, text(properties, "Statistic")),
      comparison: text(properties, "ComparisonOperator"),
      threshold: number(properties, "Threshold"),
      periodSeconds,
      evaluationPeriods,
      datapointsToAlarm: number(properties, "DatapointsToAlarm", evaluationPeriods),
      treatMissingData: String(properties.TreatMissingData ?? "missing"),
    });
    return { ref: name, attributes: { Arn: `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}` } };
  };
