import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import { BundledFunction, type BundledFunctionProps } from "./bundled-function.ts";

export interface ScheduledFunctionProps extends BundledFunctionProps {
  readonly everyMinutes: number;
}

/** A function that runs again and again. */
export class ScheduledFunction extends Construct {
  readonly function: BundledFunction;

  constructor(scope: Construct, id: string, { everyMinutes, ...props }: ScheduledFunctionProps) {
    super(scope, id);
    this.function = new BundledFunction(this, "Function", props);
    // What failed is looked at again by the next run anyway. EventBridge's retries are of the handing over, Lambda's of the run.
    this.function.configureAsyncInvoke({ retryAttempts: 0 });
    new Rule(this, "Rule", {
      description: `${props.description}, every ${everyMinutes} minutes`,
      schedule: Schedule.rate(Duration.minutes(everyMinutes)),
      targets: [new LambdaFunction(this.function, { retryAttempts: 0 })],
    });
  }
}
