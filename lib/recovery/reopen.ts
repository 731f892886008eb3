import { headBytes, headBytesMax } from "../store/ledger/head-room.ts";
import type { CommittedPart, OpenPart } from "../store/ledger/ledger.ts";
import type { SkippingLedger } from "./skip/skip.ts";

/**
 * Promises a part once more that was written off and whose records turned up after all: keeping it puts the true part
 * in the place of the one that holds nothing. The promise as it was made; undefined where it cannot be made again: it was
 * never settled which parts of other shards it sees, and later parts rely on that; or the head has no room.
 */
export async function reopen(
  ledger: SkippingLedger,
  shard: string,
  part: CommittedPart,
  nowMs: number,
): Promise<OpenPart | undefined> {
  if (part.views === undefined) return undefined;
  for (;;) {
    const head = await ledger.head(shard);
    const open = head.open.find(({ id }) => id === part.id);
    if (open !== undefined) return open;
    const promise = promiseOf(part, nowMs);
    const next = { ...head, open: [...head.open, promise] };
    if (headBytes(next) > headBytesMax) return undefined;
    if (await ledger.moveHead(shard, head, next)) return promise;
  }
}

const promiseOf = (part: CommittedPart, openedMs: number): OpenPart => ({
  id: part.id,
  firstSequence: part.firstSequence,
  lastSequence: part.lastSequence,
  firstArrivalMs: part.firstArrivalMs,
  lastArrivalMs: part.lastArrivalMs,
  ids: part.ids,
  idsName: part.idsName,
  number: part.number,
  definitions: part.definitions,
  openedMs,
  records: part.records,
  events: part.events,
  firstBucketMs: part.firstBucketMs,
  lastBucketMs: part.lastBucketMs,
  views: part.views,
});
