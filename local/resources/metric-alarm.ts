import type { AlarmSettings } from "../alarm.ts";
import type { Provisioner } from "../template/run.ts";
import { number, text } from "./property.ts";

/** AWS::CloudWatch::Alarm over one metric with a plain statistic. */
export const metricAlarm =
  (add: (alarm: AlarmSettings) => void): Provisioner =>
  ({ properties, physicalId }) => {
    const name = String(properties.AlarmName ?? physicalId);
    const dimensions = (properties.Dimensions ?? []) as readonly { readonly Name: string; readonly Value: string }[];
    const evaluationPeriods = number(properties, "EvaluationPeriods");
    add({
      name,
      description: String(properties.AlarmDescription ?? ""),
      namespace: text(properties, "Namespace"),
      metric: text(properties, "MetricName"),
      dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name, Value])),
      statistic: text(properties, "Statistic"),
      comparison: text(properties, "ComparisonOperator"),
      threshold: number(properties, "Threshold"),
      periodSeconds: number(properties, "Period"),
      evaluationPeriods,
      datapointsToAlarm: number(properties, "DatapointsToAlarm", evaluationPeriods),
      treatMissingData: String(properties.TreatMissingData ?? "missing"),
    });
    return { ref: name, attributes: { Arn: `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}` } };
  };
