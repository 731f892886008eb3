import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DynamoDb, openDynamoDb } from "../../../local/dynamodb/dynamodb.ts";
import { type AwsEndpoint, startAwsEndpoint } from "../../../local/endpoint/aws-endpoint.ts";

const where = { region: "eu-west-1", accountId: "111122223333" };
const TableName = "ledger";
const table = {
  TableName,
  BillingMode: "PAY_PER_REQUEST",
  AttributeDefinitions: [
    { AttributeName: "shard", AttributeType: "S" },
    { AttributeName: "last", AttributeType: "S" },
  ],
  KeySchema: [
    { AttributeName: "shard", KeyType: "HASH" },
    { AttributeName: "last", KeyType: "RANGE" },
  ],
};

let directory: string;
let dynamodb: DynamoDb;
let endpoint: AwsEndpoint;
let client: DynamoDBClient;

async function start(): Promise<void> {
  dynamodb = await openDynamoDb({ ...where, path: join(directory, "dynamodb") });
  endpoint = await startAwsEndpoint({ port: 0, services: { dynamodb } });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  client = new DynamoDBClient({ endpoint: endpoint.url, region: where.region, credentials, maxAttempts: 1 });
}

async function stop(): Promise<void> {
  client.destroy();
  await endpoint.close();
  await dynamodb.close();
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dynamodb-"));
  await start();
  await dynamodb.createTable(table);
});

afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

const key = (shard: string, last: string) => ({ shard: { S: shard }, last: { S: last } });

describe("a table", () => {
  it("is made once, and active when it is made", async () => {
    const arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/ledger";
    await expect(dynamodb.createTable(table)).resolves.toBe(arn);
    await expect(dynamodb.createTable(table)).resolves.toBe(arn);
  });

  it("lets one of many conditional writes through", async () => {
    await client.send(new PutItemCommand({ TableName, Item: { ...key("one", "head"), revision: { N: "0" } } }));
    const open = (n: number) =>
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: key("one", "head"),
          UpdateExpression: "SET revision = revision + :one, writer = :writer",
          ConditionExpression: "revision = :known",
          ExpressionAttributeValues: { ":one": { N: "1" }, ":writer": { N: String(n) }, ":known": { N: "0" } },
        }),
      );
    const results = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => open(n)));
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.map(({ reason }) => reason.name)).toEqual(Array(7).fill("ConditionalCheckFailedException"));
  });

  it("is read in order, from either end, by pages", async () => {
    for (const last of ["003", "001", "002"]) {
      await client.send(
        new PutItemCommand({ TableName, Item: { ...key("pages", last), data: { B: Buffer.from(last) } } }),
      );
    }
    const query = (more: object) =>
      client.send(
        new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: "#shard = :shard AND #last >= :from",
          ExpressionAttributeNames: { "#shard": "shard", "#last": "last" },
          ExpressionAttributeValues: { ":shard": { S: "pages" }, ":from": { S: "001" } },
          ...more,
        }),
      );
    const names = (items: { last?: { S?: string } }[] | undefined) => items?.map(({ last }) => last?.S);
    const first = await query({ Limit: 2 });
    expect(names(first.Items as never)).toEqual(["001", "002"]);
    const second = await query({ Limit: 2, ExclusiveStartKey: first.LastEvaluatedKey });
    expect(names(second.Items as never)).toEqual(["003"]);
    expect(names((await query({ Limit: 1, ScanIndexForward: false })).Items as never)).toEqual(["003"]);
    expect(Buffer.from(first.Items?.[0]?.data?.B ?? [])).toEqual(Buffer.from("001"));
  });

  it("is there again after a restart", async () => {
    await client.send(new PutItemCommand({ TableName, Item: { ...key("kept", "1"), n: { N: "7" } } }));
    await stop();
    await start();
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: key("kept", "1"), ConsistentRead: true }));
    expect(Item?.n).toEqual({ N: "7" });
  });

  it("drops expired items and no others", async () => {
    const nowMs = Date.UTC(2026, 0, 1);
    const put = (last: string, expires?: number) =>
      client.send(
        new PutItemCommand({
          TableName,
          Item: {
            shard: { S: "expiring" },
            last: { S: last },
            text: { S: "x".repeat(300_000) },
            ...(expires === undefined ? {} : { expires: { N: String(nowMs / 1_000 + expires) } }),
          },
        }),
      );
    for (let index = 0; index < 8; index++) await put(`over-${index}`, -1 - index);
    await put("mistake", -6 * 365 * 86_400);
    await put("now", 0);
    await put("later", 60);
    await put("stays");
    const left = async () => {
      const asked = { TableName, KeyConditionExpression: "#shard = :shard", ProjectionExpression: "#last" };
      const ExpressionAttributeValues = { ":shard": { S: "expiring" } };
      const ExpressionAttributeNames = { "#shard": "shard", "#last": "last" };
      const found = new Set<string>();
      let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
      do {
        const page: QueryCommandOutput = await client.send(
          new QueryCommand({ ...asked, ExpressionAttributeValues, ExpressionAttributeNames, ExclusiveStartKey }),
        );
        for (const { last } of page.Items ?? []) found.add(last?.S ?? "");
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
      return [...found];
    };
    await dynamodb.deleteExpired(nowMs);
    expect(await left()).toHaveLength(12);
    dynamodb.setTimeToLive(TableName, "expires");
    await dynamodb.deleteExpired(nowMs);
    expect(await left()).toEqual(["later", "mistake", "now", "stays"]);
  });

  it("is refused what dynalite does not know, by name", async () => {
    await expect(dynamodb.call("TransactWriteItems", {})).rejects.toMatchObject({
      type: "UnknownOperationException",
      message: "The operation TransactWriteItems does not run here",
    });
  });

  it("cannot be opened by two at once", async () => {
    await expect(openDynamoDb({ ...where, path: join(directory, "dynamodb") })).rejects.toThrow(
      "Expected to open the tables at",
    );
  });
});
