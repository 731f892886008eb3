import { type KinesisClient, ListShardsCommand } from "@aws-sdk/client-kinesis";
import type { Clock } from "../clock.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import { pause } from "./pause.ts";
import { type Failure, failureOf } from "./put-records.ts";
import { type Shard, ShardMap } from "./shard-map.ts";

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
