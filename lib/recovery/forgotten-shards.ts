import type { ExpiringLedger, Head } from "../store/ledger/ledger.ts";
import { shardKey } from "../stream/sequence.ts";

/** Shards that are written at one time. */
const shardsAtOnce = 10;

/**
 * Gives an end to the heads of shards that the stream has forgotten and that have nothing open, and to their places in the
 * ledger's list once the heads are gone. The stream has no record of such a shard, and every record that it had is too old
 * to be redriven before the end comes. A roll-up that moves the head meanwhile takes the end away again; so does the next
 * sweep, where the stream has the shard after all. Idempotent.
 */
export async function expireForgotten(
  ledger: ExpiringLedger,
  streamName: string,
  inStream: ReadonlySet<string>,
  heads: ReadonlyMap<string, Head>,
): Promise<void> {
  const known = await ledger.knownShards(streamName);
  for (let first = 0; first < known.length; first += shardsAtOnce) {
    const some = known.slice(first, first + shardsAtOnce);
    await Promise.all(
      some.map(async ({ shardId, isExpiring }) => {
        const shard = shardKey(streamName, shardId);
        const head = heads.get(shard);
        if (head === undefined) return;
        const isForgotten = !inStream.has(shardId);
        const isGone = isForgotten && head.revision === 0;
        if (isExpiring !== isGone) await ledger.listShard(shard, isGone);
        if (isGone) return;
        if (!isForgotten && head.expiresMs !== undefined) await ledger.moveHead(shard, head, head);
        else if (isForgotten && head.expiresMs === undefined && head.open.length === 0) {
          await ledger.expireHead(shard, head);
        }
      }),
    );
  }
}
