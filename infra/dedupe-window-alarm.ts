import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { dedupeIdsMax } from "../lib/limits.ts";
import { names } from "../lib/names.ts";

/** The roll-up remembers fewer message ids than `dedupeWindow` asks for, and not only for a moment. */
export class DedupeWindowAlarm extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    new Alarm(this, "Alarm", {
      alarmName: "millrace-dedupe-window",
      alarmDescription:
        `More than ${dedupeIdsMax} message ids arrived at a shard within dedupeWindow, and the oldest are not remembered:` +
        ` a message that comes again further apart than the metric ${names.dedupeWindow} says, in seconds, may count` +
        " twice. Use more shards, or a dedupeWindow that is no longer than that.",
      // Published in the embedded metric format, whose one dimension is the function's service.
      metric: new Metric({
        namespace: names.metricNamespace,
        metricName: names.dedupeWindowShort,
        dimensionsMap: { service: names.rollUp },
        statistic: "Sum",
        period: Duration.minutes(5),
      }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // A burst passes: after it, the memory grows back by itself.
      evaluationPeriods: 3,
      datapointsToAlarm: 3,
      // No data means that no batch came: nothing is forgotten.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
