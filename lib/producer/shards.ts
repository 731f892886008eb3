import { hash } from "node:crypto";
import { type KinesisClient, ListShardsCommand } from "@aws-sdk/client-kinesis";
import type { Clock } from "../clock.ts";
import { type Failure, failureOf } from "./put-records.ts";
import { type Backoff, backoffMs, pause } from "./waiting.ts";

/**
 * The open shards of a stream (a closed one has an ending sequence number; Kinesis API reference, "ListShards"). Throws
 * what the SDK throws, and an Error when the answer is no complete set of shards, as it can be amid a resharding.
 */
export async function listShards(client: KinesisClient, streamName: string, signal: AbortSignal): Promise<ShardMap> {
  const open: Shard[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await client.send(
      // The API takes the stream's name or a token, not both.
      new ListShardsCommand(nextToken === undefined ? { StreamName: streamName } : { NextToken: nextToken }),
      { abortSignal: signal },
    );
    for (const { ShardId, HashKeyRange, SequenceNumberRange } of answer.Shards ?? []) {
      if (SequenceNumberRange?.EndingSequenceNumber !== undefined) continue;
      const { StartingHashKey, EndingHashKey } = HashKeyRange ?? {};
      if (ShardId === undefined || StartingHashKey === undefined || EndingHashKey === undefined) continue;
      open.push({ id: ShardId, firstHash: BigInt(StartingHashKey), lastHash: BigInt(EndingHashKey) });
    }
    nextToken = answer.NextToken;
  } while (nextToken !== undefined);
  return new ShardMap(open);
}

/** How long and how often to ask, and what to ask with. */
export interface Asking {
  readonly client: KinesisClient;
  readonly streamName: string;
  readonly requestTimeoutMs: number;
  readonly retryForMs: number;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Lists the shards, again while that may help. Undefined when the signal ended it. */
export async function findShards(asking: Asking, signal: AbortSignal): Promise<ShardMap | Failure | undefined> {
  const { client, streamName, requestTimeoutMs, retryForMs, backoff, clock, random } = asking;
  const sinceMs = clock.now();
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const timeout = AbortSignal.timeout(requestTimeoutMs);
      return await listShards(client, streamName, AbortSignal.any([signal, timeout]));
    } catch (cause) {
      if (signal.aborted) return undefined;
      const failure = failureOf(cause);
      const isLast = attempt >= backoff.attemptsMax || clock.now() - sinceMs >= retryForMs;
      if (!failure.retry || isLast) return failure;
    }
    await pause(clock, backoffMs(backoff, attempt, random), signal);
  }
  return undefined;
}

export interface Shard {
  readonly id: string;
  /** First and last hash key of the shard, both inside it. */
  readonly firstHash: bigint;
  readonly lastHash: bigint;
}

/** Persons whose shard is remembered, twice this at most. */
const rememberedMax = 20_000;

/** MD5 of a partition key as an unsigned 128-bit integer, as Kinesis does (Kinesis API reference, "PutRecords"). */
export function hashKey(key: string): bigint {
  return BigInt(`0x${hash("md5", key, "hex")}`);
}

/** Which open shard a partition key belongs to. Immutable: a resharding makes a new map. */
export class ShardMap {
  /** By hash key, ascending. */
  readonly shards: readonly Shard[];
  // Two generations: when the young one is full it becomes the old one, so what is in use survives and memory is
  // bounded.
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  /** Throws when the shards are not exactly one cover of the hash keys 0 to 2^128 - 1. */
  constructor(shards: readonly Shard[]) {
    this.shards = shards.toSorted((a, b) => (a.firstHash < b.firstHash ? -1 : 1));
    let next = 0n;
    for (const { id, firstHash, lastHash } of this.shards) {
      if (firstHash !== next || lastHash < firstHash) {
        throw new Error(
          `expected the open shards to cover the hash keys without gap or overlap, got ${id} from ${firstHash}, wanted ${next}`,
        );
      }
      next = lastHash + 1n;
    }
    if (next !== 1n << 128n)
      throw new Error(`expected open shards up to hash key 2^128 - 1, got ${shards.length} that end before ${next}`);
  }

  /** Index in `shards` of the one that a partition key belongs to. */
  indexOf(key: string): number {
    if (this.shards.length === 1) return 0;
    let index = this.#young.get(key);
    if (index !== undefined) return index;
    index = this.#old.get(key) ?? this.#search(hashKey(key));
    if (this.#young.size >= rememberedMax) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, index);
    return index;
  }

  sameShards(other: ShardMap): boolean {
    return (
      this.shards.length === other.shards.length &&
      this.shards.every((shard, index) => shard.id === other.shards[index]?.id)
    );
  }

  /** The last shard that starts at or before the hash. */
  #search(wanted: bigint): number {
    let low = 0;
    let high = this.shards.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.shards[middle]?.firstHash ?? 0n) <= wanted) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** What stands for the stream until its shards are known: one shard that takes everything. */
export const wholeStream: Shard = { id: "", firstHash: 0n, lastHash: (1n << 128n) - 1n };
