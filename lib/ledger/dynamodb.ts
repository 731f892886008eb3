import { gunzipSync, gzipSync } from "node:zlib";
import {
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
import type { Definitions } from "../definitions.ts";
import { ledgerDays } from "../limits.ts";
import { compareSequence, paddedSequence } from "../record/sequence.ts";
import { type CommittedPart, type Head, type HeadState, type Ledger, newHead, type PartRange } from "./ledger.ts";
import { packNames, unpackNames } from "./packed-names.ts";

/** Key attributes of the ledger's table; `expires` is its time-to-live attribute. */
export const ledgerKeys = { partition: "shard", sort: "item", timeToLive: "expires" } as const;

const headItem = "head";
const definitionsItem = "definitions";
const partItem = (sequenceNumber: string): string => `part#${paddedSequence(sequenceNumber)}`;
/** Characters of definitions that are kept as they are, for people to read. */
const plainDefinitionsMax = 50_000;
/** Sort before and behind every part. */
const beforeParts = "part#";
const afterParts = "part$";
const idsItem = (sequenceNumber: string): string => `ids#${paddedSequence(sequenceNumber)}`;

const packedPart = <Part extends { readonly definitions: readonly string[] }>(part: Part): Part => ({
  ...part,
  definitions: packNames(part.definitions),
});
const unpackedPart = <Part extends { readonly definitions: readonly string[] }>(part: Part): Part => ({
  ...part,
  definitions: unpackNames(part.definitions),
});

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
    // Heads of before have nothing to skip.
    if (item === undefined) return newHead;
    const head = { ...newHead, ...(item.head as Head) };
    return { ...head, open: head.open.map(unpackedPart) };
  }

  async moveHead(
    shard: string,
    from: Head,
    { open, ancestors, descendants, orphanedMs, bornMs, skipped }: HeadState,
  ): Promise<boolean> {
    const revision = from.revision + 1;
    const head = { revision, open: open.map(packedPart), ancestors, descendants, orphanedMs, bornMs, skipped };
    const item = { shard, item: headItem, revision, head };
    // Before the head itself: a shard that has one can be found.
    if (from.revision === 0) await this.#keepShard(shard);
    return this.#put(item, {
      ConditionExpression: from.revision === 0 ? "attribute_not_exists(revision)" : "revision = :revision",
      ...(from.revision === 0 ? {} : { ExpressionAttributeValues: { ":revision": { N: String(from.revision) } } }),
    });
  }

  async committed(shard: string, firstSequence: string, lastSequence: string): Promise<CommittedPart[]> {
    const parts: CommittedPart[] = [];
    // Parts do not overlap and are sorted by their last number: from the first that ends in or behind the range, on.
    for await (const part of this.neighbours(shard, firstSequence, "after")) {
      if (compareSequence(part.firstSequence, lastSequence) > 0) break;
      parts.push(part);
    }
    return parts;
  }

  async *neighbours(shard: string, from: string, direction: "before" | "after"): AsyncGenerator<CommittedPart> {
    const ends = direction === "after" ? [partItem(from), afterParts] : [beforeParts, partItem(from)];
    for await (const item of this.#items(shard, ends, { ScanIndexForward: direction === "after", Limit: 25 })) {
      yield unpackedPart(item.part as CommittedPart);
    }
  }

  async newest(shard: string): Promise<CommittedPart | undefined> {
    const ends = [beforeParts, afterParts];
    for await (const item of this.#items(shard, ends, { ScanIndexForward: false, Limit: 1 })) {
      return unpackedPart(item.part as CommittedPart);
    }
    return undefined;
  }

  /** Ids of the shards of a stream that were ever written for, those that the stream has forgotten too. */
  async shardIds(streamName: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { item } of this.#items(`shards/${streamName}`, ["shard", "share"], {})) ids.push(item as string);
    return ids;
  }

  async #keepShard(shard: string): Promise<void> {
    const [streamName = "", shardId = ""] = shard.split("/");
    await this.#put({ shard: `shards/${streamName}`, item: shardId });
  }

  async keepIds(
    shard: string,
    { idsName, lastSequence }: Pick<PartRange, "idsName" | "lastSequence">,
    ids: Buffer,
  ): Promise<void> {
    await this.#put({ shard, item: `${idsItem(lastSequence)}#${idsName}`, idsName, ids });
  }

  async *ids(shard: string, firstSequence: string, lastSequence: string): AsyncGenerator<[string, Buffer]> {
    const ends = [idsItem(firstSequence), `${idsItem(lastSequence)}$`];
    for await (const { idsName, ids } of this.#items(shard, ends, {}))
      yield [idsName as string, Buffer.from(ids as Uint8Array)];
  }

  async commit(shard: string, part: CommittedPart): Promise<void> {
    // A writer of an earlier definition that was thought dead must not have the last word.
    const version = part.definitions.length;
    await this.#put(
      { shard, item: partItem(part.lastSequence), version, part: packedPart(part) },
      {
        ConditionExpression: "attribute_not_exists(version) OR version <= :version",
        ExpressionAttributeValues: { ":version": { N: String(version) } },
      },
    );
  }

  async keepDefinitions(definitions: Definitions): Promise<void> {
    if (this.#kept === definitions.hash) return;
    const text = JSON.stringify(definitions);
    await this.#put({
      shard: `definitions/${definitions.hash}`,
      item: definitionsItem,
      // A thousand metrics with a few dimensions each are more than an item holds, and compress to a tenth.
      definitions: text.length > plainDefinitionsMax ? gzipSync(text) : text,
    });
    this.#kept = definitions.hash;
  }

  async definitions(hash: string): Promise<Definitions | undefined> {
    const item = await this.#get(`definitions/${hash}`, definitionsItem);
    if (item === undefined) return undefined;
    const kept = item.definitions as string | Uint8Array;
    return JSON.parse(typeof kept === "string" ? kept : gunzipSync(kept).toString("utf8")) as Definitions;
  }

  /** Items of a shard between two sort keys, both included, page by page. */
  async *#items(
    shard: string,
    [from, to]: readonly string[],
    more: Pick<QueryCommandInput, "ScanIndexForward" | "Limit">,
  ): AsyncGenerator<Record<string, unknown>> {
    let start: QueryCommandInput["ExclusiveStartKey"];
    do {
      const query = new QueryCommand({
        TableName: this.#table,
        ConsistentRead: true,
        KeyConditionExpression: "#shard = :shard AND #item BETWEEN :from AND :to",
        ExpressionAttributeNames: { "#shard": ledgerKeys.partition, "#item": ledgerKeys.sort },
        ExpressionAttributeValues: marshall({ ":shard": shard, ":from": from, ":to": to }),
        ExclusiveStartKey: start,
        ...more,
      });
      const page = await this.#found(this.#client.send(query));
      for (const item of page.Items ?? []) yield unmarshall(item);
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
  }

  async #get(shard: string, item: string): Promise<Record<string, unknown> | undefined> {
    const get = new GetItemCommand({ TableName: this.#table, Key: marshall({ shard, item }), ConsistentRead: true });
    const { Item } = await this.#found(this.#client.send(get));
    return Item === undefined ? undefined : unmarshall(Item);
  }

  /** False where the condition does not hold. */
  async #put(item: Record<string, unknown>, condition: Partial<PutItemCommandInput> = {}): Promise<boolean> {
    const expires = Math.floor(Date.now() / 1_000) + ledgerDays * 86_400;
    // A head is small, and its promises must not be forgotten: it stays.
    const stays = item.item === headItem || String(item.shard).startsWith("shards/");
    const forgotten = stays ? {} : { [ledgerKeys.timeToLive]: expires };
    const Item = marshall({ ...item, ...forgotten }, { removeUndefinedValues: true });
    try {
      await this.#found(this.#client.send(new PutItemCommand({ TableName: this.#table, Item, ...condition })));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  /** Names the table where there is none of that name: DynamoDB does not. */
  async #found<Output>(sent: Promise<Output>): Promise<Output> {
    try {
      return await sent;
    } catch (cause) {
      if (!(cause instanceof ResourceNotFoundException)) throw cause;
      throw new Error(`Expected the ledger's table ${this.#table}, got none of that name in this account and region`, {
        cause,
      });
    }
  }
}
