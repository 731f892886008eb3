import { createHash } from "node:crypto";
import { noValue } from "./evaluate.ts";

/** Where a stack is said to run: the answers to a template's pseudo parameters, and values for its own parameters. */
export type StackSettings = {
  readonly stackName: string;
  readonly region: string;
  readonly accountId: string;
  /** `aws` where not given. */
  readonly partition?: string;
  /** Values for the template's parameters, before their defaults. */
  readonly parameters?: Readonly<Record<string, unknown>>;
};

/** The value of a pseudo parameter (CloudFormation user guide, Pseudo parameters reference), or nothing. */
export function pseudoParameter(name: string, settings: StackSettings): unknown {
  const partition = settings.partition ?? "aws";
  switch (name) {
    case "AWS::AccountId":
      return settings.accountId;
    case "AWS::NoValue":
      return noValue;
    case "AWS::NotificationARNs":
      return [];
    case "AWS::Partition":
      return partition;
    case "AWS::Region":
      return settings.region;
    case "AWS::StackId": {
      // A stack's id ends in a UUID; one made from the name stays the same from start to start.
      const hex = createHash("sha256").update(settings.stackName).digest("hex");
      const uuid = [0, 8, 12, 16, 20].map((at, n) => hex.slice(at, [8, 12, 16, 20, 32][n])).join("-");
      return `arn:${partition}:cloudformation:${settings.region}:${settings.accountId}:stack/${settings.stackName}/${uuid}`;
    }
    case "AWS::StackName":
      return settings.stackName;
    case "AWS::URLSuffix":
      return partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
    default:
      return undefined;
  }
}
