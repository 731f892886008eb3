import { randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Clock, systemClock } from "../../clock.ts";
import type { Definitions } from "../../config/definitions.ts";
import { ledgerDays } from "../../limits.ts";
import { compareSequence, paddedSequence } from "../../stream/sequence.ts";
import { headItem, headItemOf, headOf, onRevision } from "./head-item.ts";
import { ItemTable, ledgerKeys } from "./item-table.ts";
import {
  type CommittedPart,
  type ExpiringLedger,
  type Head,
  type HeadState,
  hashKeyBytes,
  type KnownShard,
  type Ledger,
  newHead,
  type PartRange,
  type RememberedRange,
} from "./ledger.ts";
import { packedPart, unpackedPart } from "./packed-names.ts";

const shardsPrefix = "shards/";
/** How long the list keeps a shard whose head is gone. The sweep, every five minutes, has seen by then if it is back. */
const listedDays = 7;
const definitionsItem = "definitions";
const partItem = (sequenceNumber: string): string => `part#${paddedSequence(sequenceNumber)}`;
/** Characters of definitions that are kept as they are, for people to read. */
const plainDefinitionsMax = 50_000;
/** Parts in the first page of a read that may need many. */
const firstPage = 25;
const keyPartition = "message-key";
const keyItem = "key";
/** Sort before and behind every part. */
const beforeParts = "part#";
const afterParts = "part$";
const idsItem = (sequenceNumber: string): string => `ids#${paddedSequence(sequenceNumber)}`;

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

/** Names one call that writes, among all that ever do. */
export const randomWriter = (): string => randomBytes(8).toString("base64url");

/** The ledger in a DynamoDB table. Conditional single-item writes are all it needs: no transactions. */
export class DynamoLedger implements Ledger, ExpiringLedger {
  readonly #table: ItemTable;
  readonly #clock: Clock;
  /** Hash of the definitions this process has written: once is enough. */
  #kept = "";
  #messageKey: Uint8Array | undefined;

  constructor(client: DynamoDBClient, table: string, clock: Clock = systemClock) {
    this.#table = new ItemTable(client, table, clock);
    this.#clock = clock;
  }

  async head(shard: string): Promise<Head> {
    const item = await this.#table.get(shard, headItem);
    return item === undefined ? newHead : headOf(item);
  }

  async headsOf(shards: readonly string[]): Promise<Map<string, Head>> {
    const heads = new Map<string, Head>(shards.map((shard) => [shard, newHead]));
    const items = await this.#table.getOfEach([...heads.keys()], headItem);
    for (const item of items) heads.set(item.shard as string, headOf(item));
    return heads;
  }

  async moveHead(shard: string, from: Head, next: HeadState): Promise<boolean> {
    // Before the head itself: a shard that has one can be found.
    if (from.revision === 0) await this.listShard(shard, false);
    const writer = randomWriter();
    const item = { ...headItemOf(shard, from.revision + 1, next), writer };
    if (await this.#table.put(item, onRevision(from.revision))) return true;
    // The SDK repeats a write whose answer was lost, and is then refused for its own.
    return (await this.#table.get(shard, headItem))?.writer === writer;
  }

  async expireHead(shard: string, head: Head): Promise<boolean> {
    const expires = this.#secondsIn(ledgerDays);
    return this.#table.put({ ...headItemOf(shard, head.revision, head), expires }, onRevision(head.revision));
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
    for await (const item of this.#table.range(shard, ends, { ScanIndexForward: direction === "after" }, firstPage)) {
      yield unpackedPart(item.part as CommittedPart);
    }
  }

  async *ranges(shard: string, from: string, direction: "before" | "after"): AsyncGenerator<RememberedRange> {
    const ends = direction === "after" ? [partItem(from), afterParts] : [beforeParts, partItem(from)];
    const more = { ScanIndexForward: direction === "after", ...onlyRange };
    for await (const item of this.#table.range(shard, ends, more, firstPage)) yield item.part as RememberedRange;
  }

  async newest(shard: string): Promise<CommittedPart | undefined> {
    const ends = [beforeParts, afterParts];
    for await (const item of this.#table.range(shard, ends, { ScanIndexForward: false }, 1)) {
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
    for await (const { item, expires } of this.#table.range(`${shardsPrefix}${streamName}`, ["shard", "share"])) {
      shards.push({ shardId: item as string, isExpiring: expires !== undefined });
    }
    return shards;
  }

  async listShard(shard: string, isExpiring: boolean): Promise<void> {
    const [streamName = "", shardId = ""] = shard.split("/");
    const end = isExpiring ? { [ledgerKeys.timeToLive]: this.#secondsIn(listedDays) } : {};
    await this.#table.put({ shard: `${shardsPrefix}${streamName}`, item: shardId, ...end });
  }

  async keepIds(
    shard: string,
    { idsName, lastSequence }: Pick<PartRange, "idsName" | "lastSequence">,
    ids: Buffer,
  ): Promise<void> {
    const item = `${idsItem(lastSequence)}#${idsName}`;
    await this.#table.put({ shard, item, idsName, ids, expires: this.#secondsIn(ledgerDays) });
  }

  async *ids(shard: string, firstSequence: string, lastSequence: string): AsyncGenerator<[string, Buffer]> {
    const ends = [idsItem(firstSequence), `${idsItem(lastSequence)}$`];
    for await (const { idsName, ids } of this.#table.range(shard, ends))
      yield [idsName as string, Buffer.from(ids as Uint8Array)];
  }

  async commit(shard: string, part: CommittedPart): Promise<void> {
    // A writer of an earlier definition that was thought dead must not have the last word.
    const version = part.definitions.length;
    // What was counted is the truth, whichever of the two is written first.
    const standing = part.lost === undefined ? "version <= :version" : "version < :version";
    await this.#table.put(
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
    await this.#table.put({
      shard: `definitions/${definitions.hash}`,
      item: definitionsItem,
      // A thousand metrics with a few dimensions each are more than an item holds, and compress to a tenth.
      definitions: text.length > plainDefinitionsMax ? gzipSync(text) : text,
      expires: this.#secondsIn(ledgerDays),
    });
    this.#kept = definitions.hash;
  }

  async definitions(hash: string): Promise<Definitions | undefined> {
    const item = await this.#table.get(`definitions/${hash}`, definitionsItem);
    if (item === undefined) return undefined;
    const kept = item.definitions as string | Uint8Array;
    return JSON.parse(typeof kept === "string" ? kept : gunzipSync(kept).toString("utf8")) as Definitions;
  }

  async messageKey(): Promise<Uint8Array> {
    this.#messageKey ??= await this.#drawnKey();
    return this.#messageKey;
  }

  async #drawnKey(): Promise<Uint8Array> {
    const known = await this.#table.get(keyPartition, keyItem);
    if (known !== undefined) return known.key as Uint8Array;
    // Of two that draw one at the same time, the first counts; the other reads it.
    const condition = {
      ConditionExpression: "attribute_not_exists(#key)",
      ExpressionAttributeNames: { "#key": "key" },
    };
    await this.#table.put({ shard: keyPartition, item: keyItem, key: randomBytes(hashKeyBytes) }, condition);
    const drawn = await this.#table.get(keyPartition, keyItem);
    if (drawn === undefined) throw new Error(`The table ${this.#table.name} did not keep the key of the message ids`);
    return drawn.key as Uint8Array;
  }

  /** A time to live: seconds since the epoch. */
  #secondsIn(days: number): number {
    return Math.floor(this.#clock.now() / 1_000) + days * 86_400;
  }
}
