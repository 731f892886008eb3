import type { Schedule } from "../../eventbridge/schedule.ts";
import { rateMs } from "../../eventbridge/schedule.ts";
import type { Provisioner } from "../run.ts";
import { text } from "./property.ts";

interface Target {
  readonly Arn: string;
  readonly Input?: string;
}

/** AWS::Events::Rule with a rate and functions as targets; a disabled one is made and not run. */
export const scheduleRule =
  (add: (schedule: Schedule) => void): Provisioner =>
  ({ properties, physicalId }) => {
    const name = String(properties.Name ?? physicalId);
    const ruleArn = `arn:aws:events:us-east-1:000000000000:rule/${name}`;
    const everyMs = rateMs(text(properties, "ScheduleExpression"));
    for (const { Arn, Input } of (properties.Targets ?? []) as readonly Target[]) {
      if (!Arn.includes(":lambda:")) throw new Error(`expected a function as target, got ${Arn}`);
      if (properties.State !== "DISABLED") add({ name, ruleArn, everyMs, functionArn: Arn, input: Input });
    }
    return { ref: name, attributes: { Arn: ruleArn } };
  };
