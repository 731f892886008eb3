import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";

export interface SumAlarmProps {
  /** Behind `millrace-`. */
  readonly name: string;
  /** What is wrong, until when it can be mended, and the command to begin with. */
  readonly description: string;
  /** An alarm without exactly the dimensions that are published has no data, ever. */
  readonly metric: {
    readonly namespace: string;
    readonly name: string;
    readonly dimensions: Readonly<Record<string, string>>;
  };
  /** More than so many in a period are too many. */
  readonly countMax: number;
  readonly periodMinutes: number;
  /** Periods that have too many, of how many. */
  readonly periods: number;
  readonly ofPeriods: number;
}

/** Something happens too often. No data is a zero here. */
export class SumAlarm extends Construct {
  constructor(scope: Construct, id: string, props: SumAlarmProps) {
    super(scope, id);
    const { namespace, name, dimensions } = props.metric;
    new Alarm(this, "Alarm", {
      alarmName: `millrace-${props.name}`,
      alarmDescription: props.description,
      metric: new Metric({
        namespace,
        metricName: name,
        dimensionsMap: { ...dimensions },
        statistic: "Sum",
        period: Duration.minutes(props.periodMinutes),
      }),
      threshold: props.countMax,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: props.ofPeriods,
      datapointsToAlarm: props.periods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}

/** "PromisesLost" as "promises-lost". */
export const dashed = (id: string): string => id.replaceAll(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
