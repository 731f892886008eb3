import { createHash } from "node:crypto";
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { replayLimits } from "../../limits.ts";
import { type MessageName, nameText } from "../../roll-up/dedupe/message-hash.ts";
import { randomWriter } from "../../store/ledger/dynamodb.ts";
import { ledgerKeys } from "../../store/ledger/item-table.ts";
import type { Mark, ReplayMarks } from "./marks.ts";

/** A message id may be of any characters, and personal: the key has a hash of it. */
const keyOf = (name: MessageName) => ({
  [ledgerKeys.partition]: `replayed/${createHash("sha256").update(nameText(name)).digest("hex")}`,
  [ledgerKeys.sort]: "mark",
});

/** Marks in the ledger's table, one item a message, gone by themselves when its entries are. */
export class DynamoReplayMarks implements ReplayMarks {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async read(name: MessageName): Promise<Mark | undefined> {
    return (await this.#item(name))?.mark as Mark | undefined;
  }

  async move(name: MessageName, from: Mark | undefined, next: Omit<Mark, "revision">): Promise<boolean> {
    const revision = (from?.revision ?? 0) + 1;
    // A copy that is rejected now is in quarantine for as long again, counted from its arrival.
    const expires = Math.ceil((next.untilMs + replayLimits.reachMsMax) / 1_000) + 86_400;
    const writer = randomWriter();
    const mark = { ...next, revision };
    const item = { ...keyOf(name), revision, writer, mark, [ledgerKeys.timeToLive]: expires };
    const condition =
      from === undefined
        ? { ConditionExpression: "attribute_not_exists(revision)" }
        : {
            ConditionExpression: "revision = :revision",
            ExpressionAttributeValues: marshall({ ":revision": from.revision }),
          };
    try {
      await this.#client.send(new PutItemCommand({ TableName: this.#table, Item: marshall(item), ...condition }));
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // The SDK repeats a write whose answer was lost, and is then refused for its own.
      return (await this.#item(name))?.writer === writer;
    }
  }

  async #item(name: MessageName): Promise<Record<string, unknown> | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: marshall(keyOf(name)), ConsistentRead: true }),
    );
    return Item === undefined ? undefined : unmarshall(Item);
  }
}
