import { type KinesisClient, ListShardsCommand } from "@aws-sdk/client-kinesis";
import { type Shard, ShardMap } from "./shard-map.ts";

/**
 * The open shards of a stream (a closed one has an ending sequence number; Kinesis API reference, "ListShards"). Throws
 * what the SDK throws, and an Error when the answer is no complete set of shards, as it can be amid a resharding.
 */
export async function listShards(client: KinesisClient, streamName: string, timeoutMs: number): Promise<ShardMap> {
  const open: Shard[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await client.send(
      // The API takes the stream's name or a token, not both.
      new ListShardsCommand(nextToken === undefined ? { StreamName: streamName } : { NextToken: nextToken }),
      { abortSignal: AbortSignal.timeout(timeoutMs) },
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
