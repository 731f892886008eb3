import type { Clock } from "../clock.ts";
import type { FailureFiles } from "../failures/failure-files.ts";
import { FailureIndex } from "../failures/failure-index.ts";
import { bucketMsOf } from "../fold/part-fold.ts";
import { type ExpiringLedger, type Ledger, newHead, type OpenPart } from "../ledger/ledger.ts";
import { rollUpTimeoutSeconds } from "../limits.ts";
import { shardKey } from "../record/shard-key.ts";
import { RecordSource } from "../redelivery/record-source.ts";
import type { RollUpFunction } from "../redelivery/roll-up-function.ts";
import { TimedFunction } from "../redelivery/timed-function.ts";
import { readFoldName } from "../skip/fold-name.ts";
import type { SkippingLedger } from "../skip/skip.ts";
import type { RangeReader } from "../stream/range-reader.ts";
import { expireForgotten } from "./forgotten-shards.ts";
import { type Kept, PromiseKeeper } from "./promise-keeper.ts";

/** Names shards. */
export interface ShardList {
  shardIds(): Promise<readonly string[]>;
}

/** What the sweep works with. */
export interface SweepPorts {
  readonly streamName: string;
  /** First the shards that the stream still has, then those that the ledger knows. */
  readonly shardLists: readonly ShardList[];
  readonly ledger: Pick<Ledger, "definitions" | "commit" | "headsOf"> & ExpiringLedger & SkippingLedger;
  readonly stream: Pick<RangeReader, "read">;
  readonly failures: FailureFiles;
  readonly rollUp: RollUpFunction;
  readonly clock: Clock;
}

export interface SweepOptions {
  /** Says what it would do, and does nothing. */
  readonly dryRun: boolean;
  /** Closes the promises that are lost, so that nobody tries again. */
  readonly writeOff?: boolean;
  /** Epoch milliseconds; what has not begun by then is left to the next sweep. */
  readonly deadlineMs: number;
}

/** A promise in a report. */
export interface SweptPromise {
  readonly shardId: string;
  readonly part: string;
  readonly firstSequence: string;
  readonly lastSequence: string;
  /** ISO 8601. */
  readonly opened: string;
}

/** A promise whose records are gone: what is known of what is missing in the totals. */
export interface LostPromise extends SweptPromise {
  /** First and last minute, ISO 8601: of its events, of its records' arrival where none was fit to be counted. */
  readonly firstMinute: string;
  readonly lastMinute: string;
  /** Metrics that its events may count in. */
  readonly metrics: readonly string[];
  readonly records: number;
  readonly recordsFound: number;
  readonly events: number;
  /** Whether it is closed now. */
  readonly writtenOff: boolean;
}

export interface SweepReport {
  readonly dryRun: boolean;
  readonly shards: number;
  /** Promises that were open when the sweep came by, those that somebody is surely still at included. */
  readonly open: number;
  readonly kept: readonly SweptPromise[];
  readonly lost: readonly LostPromise[];
  readonly notKept: readonly (SweptPromise & { readonly why: string })[];
  /** Records that were found to end the process, and are skipped now. */
  readonly skipped: readonly { readonly shardId: string; readonly sequenceNumber: string }[];
  /** Promises that there was no time for. */
  readonly left: number;
}

/**
 * Keeps the promises that nobody came back for: the last batch before silence, a batch that was given up. Reads one head
 * a shard, in batches, and nothing else where none is open for longer than the roll-up's time limit; gives the heads of
 * shards that the stream has forgotten an end. Throws what the ledger, the stream and S3 throw.
 */
export async function sweep(
  ports: SweepPorts,
  { dryRun, writeOff = false, deadlineMs }: SweepOptions,
): Promise<SweepReport> {
  const { clock, ledger, streamName, stream, failures } = ports;
  const heads = await openPromises(ports, dryRun);
  const open = heads.reduce((sum, { promises }) => sum + promises.length, 0);
  const skipped: { shardId: string; sequenceNumber: string }[] = [];
  const rollUp = new TimedFunction(ports.rollUp, clock, deadlineMs);
  const records = new RecordSource(stream, failures, new FailureIndex(failures));
  const onSkip = (shardId: string, sequenceNumber: string) => void skipped.push({ shardId, sequenceNumber });
  const keeper = new PromiseKeeper({ streamName, ledger, rollUp, records, onSkip });

  const due = inTurn(heads, clock.now());
  const kept: SweptPromise[] = [];
  const lost: LostPromise[] = [];
  const notKept: (SweptPromise & { why: string })[] = [];
  let left = 0;
  // One by one: each may bring megabytes of records.
  for (const { shardId, promise } of due) {
    if (!rollUp.hasTime) {
      left++;
      continue;
    }
    const outcome: Kept = dryRun ? await keeper.foresee(shardId, promise) : await keeper.keep(shardId, promise);
    const about = swept(shardId, promise);
    if (outcome.kind === "kept") kept.push(about);
    else if (outcome.kind === "not-kept") notKept.push({ ...about, why: outcome.why });
    else {
      const definitions = await ledger.definitions(readFoldName(promise.definitions.at(-1) ?? "").hash);
      const metrics = definitions?.metrics.map(({ name }) => name) ?? [];
      const writtenOff = writeOff && !dryRun;
      if (writtenOff) await keeper.writeOff(shardId, promise, promise.events * Math.max(1, metrics.length));
      lost.push(lostPromise(about, promise, { metrics, writtenOff, recordsFound: outcome.recordsFound }));
    }
  }
  return { dryRun, shards: heads.length, open, kept, lost, notKept, skipped, left };
}

interface ShardPromises {
  readonly shardId: string;
  readonly promises: readonly OpenPart[];
}

/** Every shard that is known, and what is open in it. */
async function openPromises({ shardLists, ledger, streamName }: SweepPorts, dryRun: boolean): Promise<ShardPromises[]> {
  const lists = await Promise.all(shardLists.map((list) => list.shardIds()));
  const shardIds = [...new Set(lists.flat())].sort();
  const heads = await ledger.headsOf(shardIds.map((shardId) => shardKey(streamName, shardId)));
  if (!dryRun) await expireForgotten(ledger, streamName, new Set(lists[0]), heads);
  return shardIds.map((shardId): ShardPromises => {
    const { open } = heads.get(shardKey(streamName, shardId)) ?? newHead;
    return { shardId, promises: [...open].sort((a, b) => a.number - b.number) };
  });
}

/**
 * Promises older than the roll-up's time limit: nobody is at them any more. The older ones of a shard first; the shards
 * in another order every minute, so that one that costs all the time there is does not keep the others from their turn.
 */
function inTurn(heads: readonly ShardPromises[], nowMs: number): { shardId: string; promise: OpenPart }[] {
  const shards = heads.flatMap(({ shardId, promises }) => {
    const due = promises.filter(({ openedMs }) => openedMs + rollUpTimeoutSeconds * 1_000 <= nowMs);
    return due.length === 0 ? [] : [due.map((promise) => ({ shardId, promise }))];
  });
  const start = shards.length === 0 ? 0 : Math.floor(nowMs / 60_000) % shards.length;
  return [...shards.slice(start), ...shards.slice(0, start)].flat();
}

const swept = (shardId: string, { id, firstSequence, lastSequence, openedMs }: OpenPart): SweptPromise => ({
  shardId,
  part: id,
  firstSequence,
  lastSequence,
  opened: new Date(openedMs).toISOString(),
});

function lostPromise(
  about: SweptPromise,
  promise: OpenPart,
  found: Pick<LostPromise, "metrics" | "writtenOff" | "recordsFound">,
): LostPromise {
  const minute = (ms: number): string => new Date(bucketMsOf(ms)).toISOString();
  return {
    ...about,
    ...found,
    firstMinute: minute(promise.firstBucketMs ?? promise.firstArrivalMs),
    lastMinute: minute(promise.lastBucketMs ?? promise.lastArrivalMs),
    records: promise.records,
    events: promise.events,
  };
}
