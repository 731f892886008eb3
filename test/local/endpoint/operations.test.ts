import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DynamoDb, openDynamoDb } from "../../../local/dynamodb/dynamodb.ts";
import { type Kinesis, openKinesis } from "../../../local/kinesis/kinesis.ts";

const where = { region: "eu-west-1", accountId: "111122223333" };

let kinesis: Kinesis;
let dynamodb: DynamoDb;

beforeAll(async () => {
  [kinesis, dynamodb] = await Promise.all([openKinesis(where), openDynamoDb(where)]);
  await kinesis.createStream({ name: "s", shards: 1, retentionHours: 24 });
  await kinesis.call("PutRecord", { StreamName: "s", PartitionKey: "p", Data: "eA==" });
  await dynamodb.createTable({
    TableName: "ttt",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "k", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "k", KeyType: "HASH" }],
  });
});

afterAll(() => Promise.all([kinesis.close(), dynamodb.close()]));

/** Members that an operation knows, with values that may or may not be of its types. */
function inputs(members: Record<string, unknown[]>) {
  const any = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(null, "", 0, -1, [], [null], {}, "eA=="));
  const model = Object.entries(members).map(([name, good]) => [
    name,
    fc.oneof({ arbitrary: fc.constantFrom(...good), weight: 3 }, any),
  ]);
  return fc.record(Object.fromEntries(model), { requiredKeys: [] });
}

const item = { k: { S: "k" } };
const kinesisInput = inputs({
  StreamName: ["s"],
  ShardId: ["shardId-000000000000", "0", "x"],
  ShardIteratorType: ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"],
  StartingSequenceNumber: ["0", "1".repeat(56)],
  Timestamp: [1, Date.now() / 1000],
  ShardIterator: ["AAAA", "A".repeat(224)],
  Records: [[{ PartitionKey: "p", Data: "eA==" }], [{ PartitionKey: "p" }], [{ Data: "eA==" }], [{}]],
  PartitionKey: ["p"],
  Data: ["eA==", "e"],
  ExplicitHashKey: ["0", "9".repeat(39)],
  Limit: [1],
});
const dynamodbInput = inputs({
  TableName: ["ttt"],
  Key: [item, { k: { N: "1" } }, { other: { S: "x" } }],
  Item: [item, { k: { S: "k", N: "1" } }, { k: { L: [{ S: "x" }, {}] } }, { k: {} }],
  UpdateExpression: ["SET a = :a", "SET a =", "REMOVE a"],
  ConditionExpression: ["attribute_exists(a)", "a = :a AND"],
  KeyConditionExpression: ["k = :a", "k"],
  ExpressionAttributeValues: [{ ":a": { S: "x" } }, { ":a": { N: "x" } }, { ":a": {} }],
  RequestItems: [{ ttt: { Keys: [item] } }, { ttt: [{ PutRequest: { Item: item } }] }, { ttt: [{}] }],
  Limit: [1],
});

describe("any input whatever", () => {
  it.each(["GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "ListShards", "DescribeStream"])(
    "is answered by Kinesis %s, by an output or by saying what is wrong with it",
    async (operation) => {
      await fc.assert(
        fc.asyncProperty(kinesisInput, async (input) => {
          const outcome = await kinesis.call(operation, structuredClone(input)).catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toMatchObject({ name: "OperationError" });
        }),
      );
    },
  );

  it.each(["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem"])(
    "is answered by DynamoDB %s, by an output or by saying what is wrong with it",
    async (operation) => {
      await fc.assert(
        fc.asyncProperty(dynamodbInput, async (input) => {
          const outcome = await dynamodb.call(operation, structuredClone(input)).catch((error: unknown) => error);
          if (outcome instanceof Error) expect(outcome).toMatchObject({ name: "OperationError" });
        }),
      );
    },
  );
});
