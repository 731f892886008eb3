import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, MathExpression, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { names } from "../lib/names.ts";
import { silence } from "./silence.ts";

/** Minutes that the roll-up may be behind the stream before somebody should look. */
const behindMinutesMax = 5;
/** Minutes in which it must be known how far it is behind. */
const silentMinutesMax = 15;

const common = { comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD };

/** How long records of the shard that is furthest behind wait. The stream's name is the dimension, whoever publishes it. */
const shardLag = (statistic: string): Metric =>
  new Metric({
    namespace: names.metricNamespace,
    metricName: names.shardLag,
    dimensionsMap: { service: names.stream },
    statistic,
  });

export interface IteratorAgeAlarmProps {
  readonly rollUp: IFunction;
  /** How often something ran that runs in any case. */
  readonly runs: Metric;
}

/** The roll-up is behind with a shard, or nobody knows whether it is. */
export class IteratorAgeAlarm extends Construct {
  constructor(scope: Construct, id: string, { rollUp, runs }: IteratorAgeAlarmProps) {
    super(scope, id);
    this.#behind(rollUp);
    this.#silent(runs);
  }

  /**
   * Lambda's age of the batches that it sends, and our own of what waits: the former is there where the ledger is down, the
   * latter where Lambda sends nothing. That of the stream's GetRecords is one of all readers and shards together. Two
   * minutes of five: between two retries there may be a minute, and a single old batch that comes again is no backlog.
   */
  #behind({ functionName }: IFunction): void {
    const age = new Metric({
      namespace: "AWS/Lambda",
      metricName: "IteratorAge",
      dimensionsMap: { FunctionName: functionName },
      statistic: "Maximum",
    });
    const period = Duration.minutes(1);
    new Alarm(this, "Alarm", {
      ...common,
      alarmName: "millrace-iterator-age",
      alarmDescription:
        `The roll-up is more than ${behindMinutesMax} minutes behind with a shard. GET /v1/shards and the log of` +
        ` ${names.live} say which: aws logs tail --since 10m, of its log group. Its own log says why, or it is not run at` +
        " all: aws lambda list-event-source-mappings says whether the mapping is enabled.",
      metric: new MathExpression({
        expression: "MAX([FILL(age, 0), FILL(lag, 0)])",
        usingMetrics: { age: age.with({ period }), lag: shardLag("Maximum").with({ period }) },
        period,
      }),
      threshold: behindMinutesMax * 60_000,
      evaluationPeriods: 5,
      datapointsToAlarm: 2,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  #silent(runs: Metric): void {
    new Alarm(this, "Silence", {
      ...common,
      alarmName: "millrace-iterator-age-silent",
      alarmDescription:
        `Nobody has said for ${2 * silentMinutesMax} minutes how far the roll-up is behind: the log of ${names.live} says why.` +
        " aws logs tail --since 30m, of its log group.",
      metric: silence({
        runs,
        looked: shardLag("SampleCount"),
        expression: "IF(FILL(looked, 0) > 0, 0, 1)",
        periodMinutes: silentMinutesMax,
      }),
      threshold: 0,
      evaluationPeriods: 2,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
