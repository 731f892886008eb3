import type { AttributeValue, QueryCommandInput } from "@aws-sdk/client-dynamodb";
import { type Condition, type Placeholders, parseCondition, pathOf } from "./dynamo-expression.ts";

/** What a query asks for: one partition, and its sort keys between two ends. */
export interface KeyRange {
  readonly partition: string;
  readonly low: string;
  readonly isLowIn: boolean;
  readonly high: string;
  readonly isHighIn: boolean;
}

/** Behind every sort key: 1,024 bytes at most (DynamoDB developer guide, "Quotas"). */
const behindAll = "\uffff".repeat(512);

/** The keys that a KeyConditionExpression asks for: DynamoDB developer guide, "Key condition expressions for the Query operation". */
export function keyRangeOf(input: QueryCommandInput, keys: { partition: string; sort: string }): KeyRange {
  const condition = parseCondition(input.KeyConditionExpression ?? "");
  let partition: string | undefined;
  let range: Omit<KeyRange, "partition"> = { low: "", isLowIn: true, high: behindAll, isHighIn: true };
  for (const each of condition.kind === "and" ? condition.of : [condition]) {
    const name = nameOf(each, input);
    if (name === keys.partition && each.kind === "compare" && each.by === "=") partition = text(each.right, input);
    else if (name === keys.sort) range = { ...range, ...sortRange(each, input) };
    else throw new Error(`Expected conditions for ${keys.partition} and ${keys.sort}, got one for ${name}`);
  }
  if (partition === undefined) throw new Error(`Expected a query for one ${keys.partition}, got none`);
  return { partition, ...range };
}

function nameOf(condition: Condition, placeholders: Placeholders): string {
  if (condition.kind === "compare") return pathOf(condition.left, placeholders).join(".");
  if (condition.kind === "between") return pathOf(condition.of, placeholders).join(".");
  if (condition.kind === "call") return pathOf(condition.operands[0] ?? "", placeholders).join(".");
  throw new Error(`Expected comparisons joined by AND, got ${condition.kind}`);
}

function sortRange(condition: Condition, input: Placeholders): Partial<KeyRange> {
  if (condition.kind === "between")
    return { low: text(condition.low, input), isLowIn: true, high: text(condition.high, input), isHighIn: true };
  if (condition.kind === "call" && condition.name === "begins_with") {
    const low = text(condition.operands[1] ?? "", input);
    return { low, high: `${low}${behindAll}` };
  }
  if (condition.kind !== "compare") throw new Error(`Expected a condition for a sort key, got ${condition.kind}`);
  const end = text(condition.right, input);
  if (condition.by === "=") return { low: end, high: end };
  if (condition.by === ">" || condition.by === ">=") return { low: end, isLowIn: condition.by === ">=" };
  if (condition.by === "<" || condition.by === "<=") return { high: end, isHighIn: condition.by === "<=" };
  throw new Error(`Expected a condition for a sort key, got ${condition.by}`);
}

function text(placeholder: string, { ExpressionAttributeValues: values }: Placeholders): string {
  const value: AttributeValue | undefined = values?.[placeholder];
  if (value?.S === undefined) throw new Error(`Expected text for ${placeholder}, got ${JSON.stringify(value)}`);
  return value.S;
}
