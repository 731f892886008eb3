import { randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
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
import { type Clock, systemClock } from "../clock.ts";
import { hashKeyBytes } from "../dedupe/message-hash.ts";
import type { Definitions } from "../definitions.ts";
import { ledgerDays } from "../limits.ts";
import { compareSequence, paddedSequence } from "../record/sequence.ts";
import {
  type CommittedPart,
  type ExpiringLedger,
  type Head,
  type HeadState,
  type KnownShard,
  type Ledger,
  newHead,
  type PartRange,
  type RememberedRange,
} from "./ledger.ts";
import { packNames, unpackNames } from "./packed-names.ts";

/** Key attributes of the ledger's table; `expires` is its time-to-live attribute. */
export const ledgerKeys = { partition: "shard", sort: "item", timeToLive: "expires" } as const;

const headItem = "head";
const shardsPrefix = "shards/";
/** How long the list keeps a shard whose head is gone. The sweep, every five minutes, has seen by then if it is back. */
const listedDays = 7;
const definitionsItem = "definitions";
const partItem = (sequenceNumber: string): string => `part#${paddedSequence(sequenceNumber)}`;
/** Characters of definitions that are kept as they are, for people to read. */
const plainDefinitionsMax = 50_000;
/** Parts in the first page of a read that may need many, and how much larger each page after it is. */
const firstPage = 25;
const pageGrowth = 4;
/** More items than DynamoDB puts into a page: those of 1 MB. */
const wholePage = 1_000;
const keyPartition = "message-key";
const keyItem = "key";
/** Sort before and behind every part. */
const beforeParts = "part#";
const afterParts = "part$";
const idsItem = (sequenceNumber: string): string => `ids#${paddedSequence(sequenceNumber)}`;

/** Items of one BatchGetItem, and how many of these run at once (DynamoDB API, BatchGetItem). */
const keysPerBatchMax = 100;
const batchesAtOnce = 4;
/** Attempts at what a batch left out, for its answer was full or the table was throttled; together they wait at most 5 s. */
const batchAttemptsMax = 10;
const [batchDelayMs, batchDelayMsMax] = [25, 1_000];

const rangeFields: readonly (keyof RememberedRange)[] = [
  "id",
  "idsName",
  "number",
  "ids",
  "firstSequence",
  "lastSequence",
  "firstArrivalMs",
  "lastArrivalMs",
  "views",
  "outOfOrderBefore",
];
/** Names of attributes go through placeholders: some are words of DynamoDB's own. */
const onlyRange = {
  ProjectionExpression: rangeFields.map((field) => `#part.#${field}`).join(", "),
  ExpressionAttributeNames: Object.fromEntries([
    ["#part", "part"],
    ...rangeFields.map((field): [string, string] => [`#${field}`, field]),
  ]),
};

const packedPart = <Part extends { readonly definitions: readonly string[] }>(part: Part): Part => ({
  ...part,
  definitions: packNames(part.definitions),
});
const unpackedPart = <Part extends { readonly definitions: readonly string[] }>(part: Part): Part => ({
  ...part,
  definitions: unpackNames(part.definitions),
});

/** Names one call that writes, among all that ever do. */
export const randomWriter = (): string => randomBytes(8).toString("base64url");

/** The ledger in a DynamoDB table. Conditional single-item writes are all it needs: no transactions. */
export class DynamoLedger implements Ledger, ExpiringLedger {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #clock: Clock;
  /** Hash of the definitions this process has written: once is enough. */
  #kept = "";
  #messageKey: Uint8Array | undefined;

  constructor(client: DynamoDBClient, table: string, clock: Clock = systemClock) {
    this.#client = client;
    this.#table = table;
    this.#clock = clock;
  }

  async head(shard: string): Promise<Head> {
    const item = await this.#get(shard, headItem);
    return item === undefined ? newHead : headOf(item);
  }

  async headsOf(shards: readonly string[]): Promise<Map<string, Head>> {
    const heads = new Map<string, Head>(shards.map((shard) => [shard, newHead]));
    const batches = inChunks([...heads.keys()], keysPerBatchMax);
    for (const some of inChunks(batches, batchesAtOnce)) {
      for (const items of await Promise.all(some.map((batch) => this.#headItems(batch)))) {
        for (const item of items) heads.set(item.shard as string, headOf(item));
      }
    }
    return heads;
  }

  async moveHead(shard: string, from: Head, next: HeadState): Promise<boolean> {
    // Before the head itself: a shard that has one can be found.
    if (from.revision === 0) await this.listShard(shard, false);
    const writer = randomWriter();
    const item = { ...headItemOf(shard, from.revision + 1, next), writer };
    if (await this.#put(item, onRevision(from.revision))) return true;
    // The SDK repeats a write whose answer was lost, and is then refused for its own.
    return (await this.#get(shard, headItem))?.writer === writer;
  }

  async expireHead(shard: string, head: Head): Promise<boolean> {
    const expires = this.#secondsIn(ledgerDays);
    return this.#put({ ...headItemOf(shard, head.revision, head), expires }, onRevision(head.revision));
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
    for await (const item of this.#items(shard, ends, { ScanIndexForward: direction === "after" }, firstPage)) {
      yield unpackedPart(item.part as CommittedPart);
    }
  }

  async *ranges(shard: string, from: string, direction: "before" | "after"): AsyncGenerator<RememberedRange> {
    const ends = direction === "after" ? [partItem(from), afterParts] : [beforeParts, partItem(from)];
    const more = { ScanIndexForward: direction === "after", ...onlyRange };
    for await (const item of this.#items(shard, ends, more, firstPage)) yield item.part as RememberedRange;
  }

  async newest(shard: string): Promise<CommittedPart | undefined> {
    const ends = [beforeParts, afterParts];
    for await (const item of this.#items(shard, ends, { ScanIndexForward: false }, 1)) {
      return unpackedPart(item.part as CommittedPart);
    }
    return undefined;
  }

  /** Ids of the shards of a stream that the ledger knows, those that the stream has forgotten too. */
  async shardIds(streamName: string): Promise<string[]> {
    return (await this.knownShards(streamName)).map(({ shardId }) => shardId);
  }

  async knownShards(streamName: string): Promise<KnownShard[]> {
    const shards: KnownShard[] = [];
    for await (const { item, expires } of this.#items(`${shardsPrefix}${streamName}`, ["shard", "share"], {})) {
      shards.push({ shardId: item as string, isExpiring: expires !== undefined });
    }
    return shards;
  }

  async listShard(shard: string, isExpiring: boolean): Promise<void> {
    const [streamName = "", shardId = ""] = shard.split("/");
    const end = isExpiring ? { [ledgerKeys.timeToLive]: this.#secondsIn(listedDays) } : {};
    await this.#put({ shard: `${shardsPrefix}${streamName}`, item: shardId, ...end });
  }

  async keepIds(
    shard: string,
    { idsName, lastSequence }: Pick<PartRange, "idsName" | "lastSequence">,
    ids: Buffer,
  ): Promise<void> {
    const item = `${idsItem(lastSequence)}#${idsName}`;
    await this.#put({ shard, item, idsName, ids, expires: this.#secondsIn(ledgerDays) });
  }

  async *ids(shard: string, firstSequence: string, lastSequence: string): AsyncGenerator<[string, Buffer]> {
    const ends = [idsItem(firstSequence), `${idsItem(lastSequence)}$`];
    for await (const { idsName, ids } of this.#items(shard, ends, {}))
      yield [idsName as string, Buffer.from(ids as Uint8Array)];
  }

  async commit(shard: string, part: CommittedPart): Promise<void> {
    // A writer of an earlier definition that was thought dead must not have the last word.
    const version = part.definitions.length;
    // What was counted is the truth, whichever of the two is written first.
    const standing = part.lost === undefined ? "version <= :version" : "version < :version";
    await this.#put(
      {
        shard,
        item: partItem(part.lastSequence),
        version,
        part: packedPart(part),
        expires: this.#secondsIn(ledgerDays),
      },
      {
        ConditionExpression: `attribute_not_exists(version) OR ${standing}`,
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
      expires: this.#secondsIn(ledgerDays),
    });
    this.#kept = definitions.hash;
  }

  async definitions(hash: string): Promise<Definitions | undefined> {
    const item = await this.#get(`definitions/${hash}`, definitionsItem);
    if (item === undefined) return undefined;
    const kept = item.definitions as string | Uint8Array;
    return JSON.parse(typeof kept === "string" ? kept : gunzipSync(kept).toString("utf8")) as Definitions;
  }

  async messageKey(): Promise<Uint8Array> {
    this.#messageKey ??= await this.#drawnKey();
    return this.#messageKey;
  }

  async #drawnKey(): Promise<Uint8Array> {
    const known = await this.#get(keyPartition, keyItem);
    if (known !== undefined) return known.key as Uint8Array;
    // Of two that draw one at the same time, the first counts; the other reads it.
    const condition = {
      ConditionExpression: "attribute_not_exists(#key)",
      ExpressionAttributeNames: { "#key": "key" },
    };
    await this.#put({ shard: keyPartition, item: keyItem, key: randomBytes(hashKeyBytes) }, condition);
    const drawn = await this.#get(keyPartition, keyItem);
    if (drawn === undefined) throw new Error(`The table ${this.#table} did not keep the key of the message ids`);
    return drawn.key as Uint8Array;
  }

  /**
   * Items of a shard between two sort keys, both included, page by page: the first page has at most `limit` items, each
   * one after it four times as many, and from then on as many as DynamoDB puts into one, 1 MB. Who needs one or two reads
   * no more than a few; who needs a hundred thousand makes a hundred requests.
   */
  async *#items(
    shard: string,
    [from, to]: readonly string[],
    more: Pick<QueryCommandInput, "ScanIndexForward" | "ProjectionExpression" | "ExpressionAttributeNames">,
    limit = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<Record<string, unknown>> {
    let start: QueryCommandInput["ExclusiveStartKey"];
    let pageItems = limit;
    do {
      const query = new QueryCommand({
        TableName: this.#table,
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

  async #get(shard: string, item: string): Promise<Record<string, unknown> | undefined> {
    const get = new GetItemCommand({ TableName: this.#table, Key: marshall({ shard, item }), ConsistentRead: true });
    const { Item } = await this.#found(this.#client.send(get));
    return Item === undefined ? undefined : unmarshall(Item);
  }

  /** The head items of at most 100 shards. What DynamoDB leaves out of an answer is asked for again. */
  async #headItems(shards: readonly string[]): Promise<Record<string, unknown>[]> {
    const items: Record<string, unknown>[] = [];
    let Keys: Record<string, AttributeValue>[] | undefined = shards.map((shard) => marshall({ shard, item: headItem }));
    for (let attempt = 0; attempt < batchAttemptsMax; attempt++) {
      if (attempt > 0) {
        await this.#clock.sleep(Math.random() * Math.min(batchDelayMsMax, batchDelayMs * 2 ** attempt));
      }
      const RequestItems = { [this.#table]: { Keys, ConsistentRead: true } };
      const answer: BatchGetItemCommandOutput = await this.#found(
        this.#client.send(new BatchGetItemCommand({ RequestItems })),
      );
      const { Responses, UnprocessedKeys } = answer;
      for (const item of Responses?.[this.#table] ?? []) items.push(unmarshall(item));
      Keys = UnprocessedKeys?.[this.#table]?.Keys;
      if (Keys === undefined || Keys.length === 0) return items;
    }
    throw new Error(
      `Expected the heads of ${shards.length} shards from ${this.#table}, got none of ${Keys?.length} in ${batchAttemptsMax} attempts: the table is throttled`,
    );
  }

  /** A time to live: seconds since the epoch. */
  #secondsIn(days: number): number {
    return Math.floor(this.#clock.now() / 1_000) + days * 86_400;
  }

  /** False where the condition does not hold. An item without `expires` stays. */
  async #put(item: Record<string, unknown>, condition: Partial<PutItemCommandInput> = {}): Promise<boolean> {
    const Item = marshall(item, { removeUndefinedValues: true });
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

function headOf({ head: kept, expires }: Record<string, unknown>): Head {
  // An older head has no list of records to skip.
  const head = { ...newHead, ...(kept as Head) };
  const end = expires === undefined ? {} : { expiresMs: Number(expires) * 1_000 };
  return { ...head, ...end, open: head.open.map(unpackedPart) };
}

/** Without an end: promises must not be forgotten, and a head is small. */
function headItemOf(
  shard: string,
  revision: number,
  { open, ancestors, descendants, orphanedMs, bornMs, skipped, furthest, outOfOrder, hashKeys }: HeadState,
): Record<string, unknown> {
  const lineage = { ancestors, descendants, orphanedMs, bornMs, hashKeys };
  const head = { revision, open: open.map(packedPart), ...lineage, skipped, furthest, outOfOrder };
  return { shard, item: headItem, revision, head };
}

const onRevision = (revision: number): Partial<PutItemCommandInput> =>
  revision === 0
    ? { ConditionExpression: "attribute_not_exists(revision)" }
    : {
        ConditionExpression: "revision = :revision",
        ExpressionAttributeValues: { ":revision": { N: String(revision) } },
      };

function inChunks<T>(values: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let first = 0; first < values.length; first += size) chunks.push(values.slice(first, first + size));
  return chunks;
}
