import type { Clock } from "../clock.ts";
import { rollUpTimeoutSeconds } from "../limits.ts";
import { bucketMsOf } from "../roll-up/fold/part-fold.ts";
import { readFoldName } from "../roll-up/fold-name.ts";
import type { FailureFiles } from "../store/dead-letters/dead-letter-files.ts";
import { type ExpiringLedger, type Ledger, newHead, type OpenPart } from "../store/ledger/ledger.ts";
import type { RangeReader, ShardList } from "../stream/reader.ts";
import { shardKey } from "../stream/sequence.ts";
import { expireForgotten } from "./forgotten-shards.ts";
import { Listed } from "./isolate/listed.ts";
import { RecordSource } from "./isolate/record-source.ts";
import { type RollUpFunction, TimedFunction } from "./isolate/roll-up-function.ts";
import { ReachCheck, type StoreReach } from "./isolate/store-reach.ts";
import { startInTurn } from "./isolate/turn.ts";
import { type Kept, PromiseKeeper } from "./open-part-finisher.ts";
import type { SkippingLedger } from "./skip/skip.ts";

/** What the sweep works with. */
export interface SweepPorts {
  readonly streamName: string;
  /** First the shards that the stream still has, then those that the ledger knows. */
  readonly shardLists: readonly ShardList[];
  readonly ledger: Pick<Ledger, "definitions" | "commit" | "headsOf"> & ExpiringLedger & SkippingLedger;
  readonly stream: Pick<RangeReader, "read">;
  readonly failures: FailureFiles;
  readonly rollUp: RollUpFunction;
  readonly reach: StoreReach;
  readonly clock: Clock;
}

export interface SweepOptions {
  /** Says what it would do, and does nothing. */
  readonly dryRun: boolean;
  /** Keeps promises whose minutes the store no longer takes: their events are late, and go to quarantine. */
  readonly acceptLate?: boolean;
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
  /** Of each list the first ones, and how many there are. */
  readonly kept: readonly SweptPromise[];
  readonly keptCount: number;
  readonly lost: readonly LostPromise[];
  readonly lostCount: number;
  /** Those that could not be kept, and those of which it is not known whether they are lost. */
  readonly notKept: readonly (SweptPromise & { readonly why: string })[];
  readonly notKeptCount: number;
  /** Those that the store no longer takes: they wait for a decision. */
  readonly outOfReach: readonly (SweptPromise & { readonly why: string; readonly events: number })[];
  readonly outOfReachCount: number;
  /** Records that were found to end the process, and are skipped now. */
  readonly skipped: readonly { readonly shardId: string; readonly sequenceNumber: string }[];
  readonly skippedCount: number;
  /** Promises that there was no time for. */
  readonly left: number;
}

/**
 * Keeps the promises that nobody came back for: the last batch before silence, a batch that was given up. Reads one head
 * a shard, and nothing else where none is open for longer than the roll-up's time limit. Throws what the ledger, the
 * stream and S3 throw.
 */
export async function sweep(ports: SweepPorts, options: SweepOptions): Promise<SweepReport> {
  return new Sweep(ports, options).run();
}

class Sweep {
  readonly #ports: SweepPorts;
  readonly #options: SweepOptions;
  readonly #rollUp: TimedFunction;
  readonly #keeper: PromiseKeeper;
  readonly #kept = new Listed<SweptPromise>();
  readonly #lost = new Listed<LostPromise>();
  readonly #notKept = new Listed<SweptPromise & { why: string }>();
  readonly #outOfReach = new Listed<SweptPromise & { why: string; events: number }>();
  readonly #skipped = new Listed<{ shardId: string; sequenceNumber: string }>();

  constructor(ports: SweepPorts, options: SweepOptions) {
    const { clock, streamName, ledger, stream, failures, reach } = ports;
    this.#ports = ports;
    this.#options = options;
    this.#rollUp = new TimedFunction(ports.rollUp, clock, options.deadlineMs);
    this.#keeper = new PromiseKeeper({
      streamName,
      ledger,
      rollUp: this.#rollUp,
      records: new RecordSource(stream, failures, this.#rollUp),
      reach: new ReachCheck(reach, this.#rollUp, options.acceptLate === true),
      onSkip: (shardId, sequenceNumber) => this.#skipped.add({ shardId, sequenceNumber }),
    });
  }

  async run(): Promise<SweepReport> {
    const heads = await openPromises(this.#ports, this.#options.dryRun);
    let left = 0;
    // One by one: each may bring megabytes of records.
    for (const { shardId, promise } of inTurn(heads, this.#ports.clock.now())) {
      if (this.#rollUp.hasTime) await this.#promise(shardId, promise);
      else left++;
    }
    return {
      dryRun: this.#options.dryRun,
      shards: heads.length,
      open: heads.reduce((sum, { promises }) => sum + promises.length, 0),
      kept: this.#kept.first,
      keptCount: this.#kept.count,
      lost: this.#lost.first,
      lostCount: this.#lost.count,
      notKept: this.#notKept.first,
      notKeptCount: this.#notKept.count,
      outOfReach: this.#outOfReach.first,
      outOfReachCount: this.#outOfReach.count,
      skipped: this.#skipped.first,
      skippedCount: this.#skipped.count,
      left,
    };
  }

  async #promise(shardId: string, promise: OpenPart): Promise<void> {
    const { dryRun, writeOff } = this.#options;
    const found = dryRun ? await this.#keeper.foresee(shardId, promise) : await this.#keeper.keep(shardId, promise);
    if (found.kind !== "lost") return this.#note(found, shardId, promise);
    const definitions = await this.#ports.ledger.definitions(readFoldName(promise.definitions.at(-1) ?? "").hash);
    const metrics = definitions?.metrics.map(({ name }) => name) ?? [];
    const writtenOff = writeOff === true && !dryRun;
    if (writtenOff) {
      const rowsMax = promise.events * Math.max(1, metrics.length);
      const outcome = await this.#keeper.writeOff(shardId, promise, rowsMax);
      // Its records were found after all.
      if (outcome.kind !== "lost") return this.#note(outcome, shardId, promise);
    }
    const { recordsFound } = found;
    this.#lost.add(lostPromise(swept(shardId, promise), promise, { metrics, writtenOff, recordsFound }));
  }

  #note(outcome: Exclude<Kept, { kind: "lost" }>, shardId: string, promise: OpenPart): void {
    const about = swept(shardId, promise);
    if (outcome.kind === "kept") this.#kept.add(about);
    else if (outcome.kind === "out-of-reach") {
      this.#outOfReach.add({ ...about, why: outcome.why, events: promise.events });
    } else this.#notKept.add({ ...about, why: outcome.why });
  }
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
  const start = startInTurn(shards.length, nowMs);
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
