import type { DynamoDb } from "../../dynamodb/dynamodb.ts";
import type { Provisioner } from "../run.ts";
import { object } from "./property.ts";

/** AWS::DynamoDB::Table. There is no point-in-time recovery. */
export const dynamoDbTable =
  (dynamodb: DynamoDb): Provisioner =>
  async ({ properties, physicalId }) => {
    const { AttributeDefinitions, BillingMode, KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes } = properties;
    const TableName = String(properties.TableName ?? physicalId);
    const shape = { AttributeDefinitions, BillingMode, KeySchema, GlobalSecondaryIndexes, LocalSecondaryIndexes };
    const given = Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined));
    const { AttributeName, Enabled } = object(properties, "TimeToLiveSpecification");
    if (Enabled === true && typeof AttributeName === "string") dynamodb.setTimeToLive(TableName, AttributeName);
    const arn = await dynamodb.createTable({ ...given, TableName });
    return { ref: TableName, attributes: { Arn: arn } };
  };
