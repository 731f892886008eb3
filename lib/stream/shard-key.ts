/** The name of a shard in the ledger and in quarantine: the same shard id means another shard in another stream. */
export const shardKey = (streamName: string, shardId: string): string => `${streamName}/${shardId}`;
