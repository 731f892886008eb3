import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { Definitions } from "../definitions.ts";
import { compareSequence, paddedSequence } from "../record/sequence.ts";
import type { CommittedPart, Head, Ledger, OpenPart } from "./ledger.ts";

/** How long the ledger remembers. Redrive refuses what is older. */
const rememberedDays = 90;

/** Key attributes of the ledger's table; `expires` is its time-to-live attribute. */
export const ledgerKeys = { partition: "shard", sort: "item", timeToLive: "expires" } as const;

const headItem = "head";
const partItem = (sequenceNumber: string): string => `part#${paddedSequence(sequenceNumber)}`;
/** Sorts behind every part. */
const afterParts = "part$";

/** The ledger in a DynamoDB table. Conditional single-item writes are all it needs: no transactions. */
export class DynamoLedger implements Ledger {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  /** Hash of the definitions this process has written: once is enough. */
  #kept = "";

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async head(shard: string): Promise<Head> {
    const item = await this.#get(shard, headItem);
    return item === undefined
      ? { revision: 0, open: [] }
      : { revision: item.revision as number, open: item.open as OpenPart[] };
  }

  moveHead(shard: string, from: Head, open: readonly OpenPart[]): Promise<boolean> {
    const item = { shard, item: headItem, revision: from.revision + 1, open };
    return this.#put(item, {
      ConditionExpression: from.revision === 0 ? "attribute_not_exists(revision)" : "revision = :revision",
      ...(from.revision === 0 ? {} : { ExpressionAttributeValues: { ":revision": { N: String(from.revision) } } }),
    });
  }

  async committed(shard: string, firstSequence: string, lastSequence: string): Promise<CommittedPart[]> {
    const parts: CommittedPart[] = [];
    let start: PutItemCommandInput["Item"];
    do {
      // Parts do not overlap and are sorted by their last number: from the first that ends in or behind the range, on.
      const page = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          ConsistentRead: true,
          KeyConditionExpression: "#shard = :shard AND #item BETWEEN :from AND :to",
          ExpressionAttributeNames: { "#shard": ledgerKeys.partition, "#item": ledgerKeys.sort },
          ExpressionAttributeValues: marshall({ ":shard": shard, ":from": partItem(firstSequence), ":to": afterParts }),
          Limit: 25,
          ExclusiveStartKey: start,
        }),
      );
      for (const item of page.Items ?? []) {
        const part = partOf(unmarshall(item));
        if (compareSequence(part.firstSequence, lastSequence) > 0) return parts;
        parts.push(part);
      }
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return parts;
  }

  async newest(shard: string): Promise<CommittedPart | undefined> {
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: "#shard = :shard AND #item BETWEEN :from AND :to",
        ExpressionAttributeNames: { "#shard": ledgerKeys.partition, "#item": ledgerKeys.sort },
        ExpressionAttributeValues: marshall({ ":shard": shard, ":from": "part#", ":to": afterParts }),
        ScanIndexForward: false,
        Limit: 1,
      }),
    );
    return Items[0] === undefined ? undefined : partOf(unmarshall(Items[0]));
  }

  async commit(shard: string, part: CommittedPart): Promise<void> {
    // A writer of an earlier definition that was thought dead must not have the last word.
    const version = part.definitions.length;
    await this.#put(
      { shard, item: partItem(part.lastSequence), version, part },
      {
        ConditionExpression: "attribute_not_exists(version) OR version <= :version",
        ExpressionAttributeValues: { ":version": { N: String(version) } },
      },
    );
  }

  async keepDefinitions(definitions: Definitions): Promise<void> {
    if (this.#kept === definitions.hash) return;
    await this.#put({
      shard: `definitions/${definitions.hash}`,
      item: headItem,
      definitions: JSON.stringify(definitions),
    });
  }

  async definitions(hash: string): Promise<Definitions | undefined> {
    const item = await this.#get(`definitions/${hash}`, headItem);
    return item === undefined ? undefined : (JSON.parse(item.definitions as string) as Definitions);
  }

  async #get(shard: string, item: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: marshall({ shard, item }), ConsistentRead: true }),
    );
    return Item === undefined ? undefined : unmarshall(Item);
  }

  /** False where the condition does not hold. */
  async #put(item: Record<string, unknown>, condition: Partial<PutItemCommandInput> = {}): Promise<boolean> {
    const expires = Math.floor(Date.now() / 1_000) + rememberedDays * 86_400;
    const Item = marshall({ ...item, expires }, { removeUndefinedValues: true });
    try {
      await this.#client.send(new PutItemCommand({ TableName: this.#table, Item, ...condition }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

/** Only this class writes the table, so what it reads has the shape it wrote. */
function partOf(item: Record<string, unknown>): CommittedPart {
  const part = item.part as CommittedPart;
  return { ...part, firstBucketMs: part.firstBucketMs, lastBucketMs: part.lastBucketMs };
}
