import { Duration } from "aws-cdk-lib";
import { MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";

/** How often a function was invoked, well or badly (Lambda developer guide, "Types of metrics for Lambda functions"). */
export const runsOf = ({ functionName }: IFunction): Metric =>
  new Metric({
    namespace: "AWS/Lambda",
    metricName: "Invocations",
    dimensionsMap: { FunctionName: functionName },
    statistic: "Sum",
  });

export interface SilenceProps {
  /** Of something that runs in any case, so that before the first deployment nothing is missing. */
  readonly runs: Metric;
  /** What is published by that which may fall silent. */
  readonly looked: Metric;
  /** Over `looked`. */
  readonly expression: string;
  readonly periodMinutes: number;
}

/**
 * The value of the expression while something runs, else 0. An alarm that took missing data for a finding would ring at the
 * first deployment, when there is none yet (CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data").
 */
export function silence({ runs, looked, expression, periodMinutes }: SilenceProps): MathExpression {
  const period = Duration.minutes(periodMinutes);
  return new MathExpression({
    expression: `IF(FILL(runs, 0) > 0, ${expression}, 0)`,
    usingMetrics: { runs: runs.with({ period }), looked: looked.with({ period }) },
    period,
  });
}
