import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Clock } from "../../clock.ts";

/** Key attributes of the ledger's table; `expires` is its time-to-live attribute. */
export const ledgerKeys = { partition: "shard", sort: "item", timeToLive: "expires" } as const;

/** How much larger each page of a read is than the one before. */
const pageGrowth = 4;
/** More items than DynamoDB puts into a page: those of 1 MB. */
const wholePage = 1_000;

/** Items of one BatchGetItem, and how many of these run at once (DynamoDB API, BatchGetItem). */
const keysPerBatchMax = 100;
const batchesAtOnce = 4;
/** Attempts at what a batch left out, for its answer was full or the table was throttled; together they wait at most 5 s. */
const batchAttemptsMax = 10;
const [batchDelayMs, batchDelayMsMax] = [25, 1_000];

/** An item as DynamoDB's client gives it back. */
export type Item = Record<string, unknown>;
/** What has to hold for a write. */
export type Condition = Pick<
  PutItemCommandInput,
  "ConditionExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;
/** Which way a range of items is read, and what of each. */
export type Reading = Pick<QueryCommandInput, "ScanIndexForward" | "ProjectionExpression" | "ExpressionAttributeNames">;

/** The items of the ledger's table, by shard and sort key. Every read is strongly consistent. */
export class ItemTable {
  readonly name: string;
  readonly #client: DynamoDBClient;
  readonly #clock: Clock;

  constructor(client: DynamoDBClient, name: string, clock: Clock) {
    this.#client = client;
    this.name = name;
    this.#clock = clock;
  }

  async get(shard: string, item: string): Promise<Item | undefined> {
    const get = new GetItemCommand({ TableName: this.name, Key: marshall({ shard, item }), ConsistentRead: true });
    const { Item } = await this.#found(this.#client.send(get));
    return Item === undefined ? undefined : unmarshall(Item);
  }

  /** The items of one name of many shards, in any order, as far as there are such. Not all are read at one moment. */
  async getOfEach(shards: readonly string[], item: string): Promise<Item[]> {
    const found: Item[] = [];
    const batches = inChunks(shards, keysPerBatchMax);
    for (const some of inChunks(batches, batchesAtOnce)) {
      for (const items of await Promise.all(some.map((batch) => this.#batch(batch, item)))) found.push(...items);
    }
    return found;
  }

  /**
   * Items of a shard between two sort keys, both included, page by page: the first page has at most `limit` items, each
   * one after it four times as many, and from then on as many as DynamoDB puts into one, 1 MB. Who needs one or two reads
   * no more than a few; who needs a hundred thousand makes a hundred requests.
   */
  async *range(
    shard: string,
    [from, to]: readonly string[],
    more: Reading = {},
    limit = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<Item> {
    let start: QueryCommandInput["ExclusiveStartKey"];
    let pageItems = limit;
    do {
      const query = new QueryCommand({
        TableName: this.name,
        ConsistentRead: true,
        ...more,
        KeyConditionExpression: "#shard = :shard AND #item BETWEEN :from AND :to",
        ExpressionAttributeNames: {
          "#shard": ledgerKeys.partition,
          "#item": ledgerKeys.sort,
          ...more.ExpressionAttributeNames,
        },
        ExpressionAttributeValues: marshall({ ":shard": shard, ":from": from, ":to": to }),
        ExclusiveStartKey: start,
        ...(pageItems < wholePage ? { Limit: pageItems } : {}),
      });
      const page = await this.#found(this.#client.send(query));
      for (const item of page.Items ?? []) yield unmarshall(item);
      start = page.LastEvaluatedKey;
      pageItems *= pageGrowth;
    } while (start !== undefined);
  }

  /** False where the condition does not hold. An item without `expires` stays. */
  async put(item: Item, condition: Condition = {}): Promise<boolean> {
    const Item = marshall(item, { removeUndefinedValues: true });
    try {
      await this.#found(this.#client.send(new PutItemCommand({ TableName: this.name, Item, ...condition })));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  /** The same for at most 100 shards. What DynamoDB leaves out of an answer is asked for again. */
  async #batch(shards: readonly string[], item: string): Promise<Item[]> {
    const items: Item[] = [];
    let Keys: Record<string, AttributeValue>[] | undefined = shards.map((shard) => marshall({ shard, item }));
    for (let attempt = 0; attempt < batchAttemptsMax; attempt++) {
      if (attempt > 0) {
        await this.#clock.sleep(Math.random() * Math.min(batchDelayMsMax, batchDelayMs * 2 ** attempt));
      }
      const RequestItems = { [this.name]: { Keys, ConsistentRead: true } };
      const answer: BatchGetItemCommandOutput = await this.#found(
        this.#client.send(new BatchGetItemCommand({ RequestItems })),
      );
      const { Responses, UnprocessedKeys } = answer;
      for (const found of Responses?.[this.name] ?? []) items.push(unmarshall(found));
      Keys = UnprocessedKeys?.[this.name]?.Keys;
      if (Keys === undefined || Keys.length === 0) return items;
    }
    throw new Error(
      `Expected the ${item} of ${shards.length} shards from ${this.name}, got none of ${Keys?.length} in ${batchAttemptsMax} attempts: the table is throttled`,
    );
  }

  /** Names the table where there is none of that name: DynamoDB does not. */
  async #found<Output>(sent: Promise<Output>): Promise<Output> {
    try {
      return await sent;
    } catch (cause) {
      if (!(cause instanceof ResourceNotFoundException)) throw cause;
      throw new Error(`Expected the ledger's table ${this.name}, got none of that name in this account and region`, {
        cause,
      });
    }
  }
}

function inChunks<T>(values: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let first = 0; first < values.length; first += size) chunks.push(values.slice(first, first + size));
  return chunks;
}
