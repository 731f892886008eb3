import { randomUUID } from "node:crypto";
import {
  BatchGetItemCommand,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
} from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientSettings } from "../../lib/aws.ts";
import { ledgerKeys } from "../../lib/store/ledger/item-table.ts";
import { startAws, type TestAws } from "../aws.ts";
import { createLedgerTable } from "../lib/store/ledger/ledger-table.ts";
import { DynamoTable } from "./dynamo-table.ts";

const TableName = "ledger";
let aws: TestAws;
let dynalite: DynamoDBClient;
/** One for each test. */
let shard = "";

beforeAll(async () => {
  aws = await startAws();
  await createLedgerTable(aws, TableName);
  dynalite = new DynamoDBClient(clientSettings());
});
afterAll(async () => {
  dynalite.destroy();
  await aws[Symbol.asyncDispose]();
});

beforeEach(() => {
  shard = randomUUID();
});

const tableOf = (settings: Partial<DynamoTable["settings"]> = {}): DynamoTable =>
  new DynamoTable({ name: TableName, keys: ledgerKeys, now: () => 0, ...settings });
const key = (item: string) => marshall({ shard, item });
const put = (item: string, more: object = {}, condition: Partial<PutItemCommandInput> = {}): PutItemCommand =>
  new PutItemCommand({ TableName, Item: marshall({ shard, item, ...more }), ...condition });
const get = (item: string, more: object = {}): GetItemCommand =>
  new GetItemCommand({ TableName, Key: key(item), ConsistentRead: true, ...more });
const query = (condition: string, values: object, more: Partial<QueryCommandInput> = {}): QueryCommand =>
  new QueryCommand({
    TableName,
    ConsistentRead: true,
    KeyConditionExpression: `#shard = :shard AND ${condition}`,
    ExpressionAttributeNames: { "#shard": "shard", "#item": "item" },
    ExpressionAttributeValues: marshall({ ":shard": shard, ...values }),
    ...more,
  });
const since = (revision: number) => ({
  ConditionExpression: "attribute_not_exists(revision) OR revision <= :revision",
  ExpressionAttributeValues: marshall({ ":revision": revision }),
});

/** What a client is answered, or the name of its error. */
async function answers(client: DynamoDBClient, commands: readonly object[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const command of commands) {
    try {
      const { $metadata: _, ...answer } = (await client.send(command as PutItemCommand)) as unknown as {
        $metadata: unknown;
      };
      found.push(JSON.parse(JSON.stringify(answer)));
    } catch (error) {
      found.push((error as Error).name);
    }
  }
  return found;
}

describe("the table answers as another implementation of DynamoDB does", () => {
  test.each<[string, () => object[]]>([
    [
      "items come back as they were put",
      () => [put("a", { n: 1.5, list: [1, { deep: true }], no: null }), get("a"), get("b")],
    ],
    ["bytes too", () => [put("a", { bytes: new Uint8Array([1, 2]) }), get("a")]],
    [
      "a condition holds for one of two",
      () => [
        put("head", { revision: 3 }, since(3)),
        put("head", { revision: 9 }, since(2)),
        put("head", { revision: 4 }, since(4)),
        get("head"),
      ],
    ],
    [
      "an item is made once",
      () => {
        const once = { ConditionExpression: "attribute_not_exists(revision)" };
        return [put("once", { revision: 1 }, once), put("once", { revision: 2 }, once), get("once")];
      },
    ],
    ["an item of more than 400 KB is refused", () => [put("large", { text: "x".repeat(410_000) }), get("large")]],
    ["an item without its sort key is refused", () => [new PutItemCommand({ TableName, Item: marshall({ shard }) })]],
    ["another table is not there", () => [new GetItemCommand({ TableName: "other", Key: key("a") })]],
    [
      "a part of an item can be asked for",
      () => [
        put("shown", { head: { revision: 1, open: [] }, more: "m" }),
        get("shown", { ProjectionExpression: "#i, head.revision", ExpressionAttributeNames: { "#i": "item" } }),
      ],
    ],
    [
      "an item that is deleted is gone",
      () => [put("d"), new DeleteItemCommand({ TableName, Key: key("d") }), get("d")],
    ],
  ])("%s", async (_, script) => {
    expect(await answers(tableOf().client(), script())).toEqual(await answers(dynalite, script()));
  });

  test.each<[string, string, object, Partial<QueryCommandInput>]>([
    ["between two ends", "#item BETWEEN :a AND :b", { ":a": "q#2", ":b": "q#5" }, {}],
    [
      "backward, so many",
      "#item BETWEEN :a AND :b",
      { ":a": "q#1", ":b": "q#6" },
      { ScanIndexForward: false, Limit: 3 },
    ],
    ["exactly as many as there are", "#item BETWEEN :a AND :b", { ":a": "q#2", ":b": "q#3" }, { Limit: 2 }],
    ["behind the end of a page", "#item > :a", { ":a": "q#1" }, { ExclusiveStartKey: key("q#4") }],
    [
      "with a beginning",
      "begins_with(#item, :a)",
      { ":a": "q#" },
      { ScanIndexForward: false, ExclusiveStartKey: key("q#4") },
    ],
    ["before one", "#item < :a", { ":a": "q#2" }, {}],
    [
      "and a filter, which counts what it leaves out",
      "begins_with(#item, :a)",
      { ":a": "q#", ":two": 2 },
      { Limit: 4, FilterExpression: "n > :two" },
    ],
  ])("a query for items %s", async (_, condition, values, more) => {
    const items = Array.from({ length: 7 }, (_, n) => put(`q#${n}`, { n }));
    // ScannedCount is of no use to anybody here.
    const withoutCount = (all: unknown[]) => all.slice(7).map((each) => ({ ...(each as object), ScannedCount: 0 }));
    const script = () => [...items, query(condition, values, more)];
    const [found, expected] = [await answers(tableOf().client(), script()), await answers(dynalite, script())];
    expect(withoutCount(found)).toEqual(withoutCount(expected));
  });

  test("pages end at 1 MB, and all of them together have all items", async () => {
    const items = Array.from({ length: 7 }, (_, n) => put(`large#${n}`, { text: "x".repeat(300_000) }));
    const pages = async (client: DynamoDBClient): Promise<string[][]> => {
      const found: string[][] = [];
      let start: QueryCommandInput["ExclusiveStartKey"];
      do {
        const page = await client.send(
          query("begins_with(#item, :a)", { ":a": "large#" }, { ExclusiveStartKey: start }),
        );
        found.push((page.Items ?? []).map(({ item }) => item?.S ?? ""));
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
      return found;
    };
    const clients = [tableOf().client(), dynalite];
    for (const client of clients) await answers(client, items);
    const [found, expected] = await Promise.all(clients.map(pages));
    expect(found?.flat()).toEqual(expected?.flat());
    expect(found?.map(({ length }) => length)).toEqual([3, 3, 1]);
  });
});

describe("what no other implementation plays", () => {
  test("a read that is not consistent may miss the last write, for a while", async () => {
    let nowMs = 0;
    const client = tableOf({ now: () => nowMs, staleMs: 1_000 }).client();
    const seen = async (ConsistentRead: boolean) =>
      (await client.send(new GetItemCommand({ TableName, Key: key("a"), ConsistentRead }))).Item?.n?.N;
    await client.send(put("a", { n: 1 }));
    expect([await seen(false), await seen(true)]).toEqual([undefined, "1"]);
    nowMs += 1_000;
    await client.send(put("a", { n: 2 }));
    expect([await seen(false), await seen(true)]).toEqual(["1", "2"]);
    nowMs += 1_000;
    expect(await seen(false)).toBe("2");
  });

  test("an item is gone some time after it has expired", async () => {
    let nowMs = 0;
    const client = tableOf({ now: () => nowMs, deletedAfterMs: 5_000 }).client();
    await client.send(put("a", { [ledgerKeys.timeToLive]: 10 }));
    const isThere = async () => (await client.send(get("a"))).Item !== undefined;
    nowMs = 14_999;
    expect(await isThere()).toBe(true);
    nowMs = 15_000;
    expect(await isThere()).toBe(false);
    expect((await client.send(query("#item > :a", { ":a": "0" }))).Items).toEqual([]);
    await client.send(put("a", { revision: 1 }, { ConditionExpression: "attribute_not_exists(item)" }));
    expect(await isThere()).toBe(true);
  });

  test("some keys of a batch are left for another request, never all of them", async () => {
    const table = tableOf();
    const client = table.client();
    const names = ["a", "b", "c"];
    for (const name of names) await client.send(put(name));
    table.isUnprocessed = () => true;
    const found = await client.send(
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: names.map(key), ConsistentRead: true } } }),
    );
    expect(found.Responses?.[TableName]).toHaveLength(1);
    expect(found.UnprocessedKeys?.[TableName]).toMatchObject({ Keys: [key("a"), key("b")], ConsistentRead: true });
  });

  test("what was put is the table's own: whoever goes on writing into its bytes changes nothing", async () => {
    const client = tableOf().client();
    const bytes = Buffer.from([1, 2, 3]);
    await client.send(put("a", { bytes }));
    bytes.fill(0);
    expect((await client.send(get("a"))).Item?.bytes?.B).toEqual(new Uint8Array([1, 2, 3]));
  });
});
