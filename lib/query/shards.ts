import type { Ledger } from "../ledger/ledger.ts";
import { shardKey } from "../record/shard-key.ts";
import type { KinesisStream } from "../stream/kinesis.ts";

/** How far the roll-up is with one shard. */
export interface ShardState {
  readonly shardId: string;
  /** Age of the oldest record that is in no committed part; 0 where all are. */
  readonly iteratorAgeMs: number;
  /** Arrival of the last record that is in a committed part, ISO 8601; null before the first. */
  readonly committedThrough: string | null;
  /** Parts that are promised and not committed. */
  readonly openParts: number;
}

/** The state of every shard, from the ledger and the stream itself: it tells of a roll-up that stands still too. */
export async function shardStates(
  stream: KinesisStream,
  streamName: string,
  ledger: Ledger,
  nowMs: number,
): Promise<ShardState[]> {
  const shardIds = await stream.shardIds();
  return Promise.all(
    shardIds.map(async (shardId) => {
      const shard = shardKey(streamName, shardId);
      const [head, newest] = await Promise.all([ledger.head(shard), ledger.newest(shard)]);
      const waitingMs = await stream.nextArrivalMs(shardId, newest?.lastSequence);
      return {
        shardId,
        iteratorAgeMs: waitingMs === undefined ? 0 : Math.max(0, nowMs - waitingMs),
        committedThrough: newest === undefined ? null : new Date(newest.lastArrivalMs).toISOString(),
        openParts: head.open.length,
      };
    }),
  );
}
