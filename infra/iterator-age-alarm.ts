import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import type { EventStream } from "./event-stream.ts";

/** Minutes that the roll-up may be behind the stream before somebody should look. */
const behindMinutesMax = 5;

/** The roll-up is behind. */
export class IteratorAgeAlarm extends Construct {
  constructor(scope: Construct, id: string, { stream }: EventStream) {
    super(scope, id);
    new Alarm(this, "Alarm", {
      alarmName: "millrace-iterator-age",
      alarmDescription: `The roll-up is more than ${behindMinutesMax} minutes behind the stream, or reads it no more.`,
      metric: stream.metricGetRecordsIteratorAgeMilliseconds({ statistic: "Maximum", period: Duration.minutes(1) }),
      threshold: behindMinutesMax * 60_000,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // An enabled mapping reads all the time: no data means that nobody does.
      treatMissingData: TreatMissingData.BREACHING,
    });
  }
}
