import type { Clock } from "../../clock.ts";
import type { Outcome } from "../../invoke.ts";
import { redriveDaysMax } from "../../limits.ts";
import type { CommittedPart, Ledger, Tally } from "../../store/ledger/ledger.ts";
import type { Batch } from "../../stream/batch.ts";
import { covers, rangeOf, uncoveredRuns } from "../../stream/range.ts";
import type { PageReader, ShardList } from "../../stream/reader.ts";
import { compareSequence, shardKey } from "../../stream/sequence.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import { runIsolated } from "../isolate/isolated-run.ts";
import { newlyCounted, nothingCounted, sumOf } from "../isolate/newly-counted.ts";
import { emptyPreview, joined, type Preview } from "../isolate/preview.ts";
import { type RollUpFunction, said, TimedFunction } from "../isolate/roll-up-function.ts";
import { ReachCheck, type StoreReach } from "../isolate/store-reach.ts";
import type { SkippingLedger } from "../skip/skip.ts";
import { type Gap, type GapRun, gapRuns } from "./gap.ts";

/** What is needed to count what was left out. */
export interface GapPorts {
  readonly streamName: string;
  /** The shards that the stream still has. */
  readonly shards: ShardList;
  readonly ledger: SkippingLedger & Pick<Ledger, "neighbours">;
  readonly stream: PageReader;
  readonly rollUp: RollUpFunction;
  readonly reach: StoreReach;
  readonly clock: Clock;
}

export interface GapOptions {
  /** Records that arrived since, epoch milliseconds. */
  readonly fromMs: number;
  /** Behind the last part: records that arrived before. Between two parts, all. */
  readonly toMs: number;
  /** Says what it would count, and does nothing. */
  readonly dryRun: boolean;
  /** Counts the events that the store still takes, and puts the rest into quarantine as late. */
  readonly acceptLate?: boolean;
}

/** Records that were in no part. */
export interface FilledGap {
  readonly shardId: string;
  readonly firstSequence: string;
  readonly lastSequence: string;
  /** ISO 8601. */
  readonly firstArrival: string;
  readonly lastArrival: string;
  readonly records: number;
  /** Why they are in no part still, or would not be; undefined where they are, or would be. */
  readonly why: string | undefined;
}

export interface GapReport {
  readonly dryRun: boolean;
  readonly shards: number;
  /** Places that were looked at. */
  readonly looked: number;
  readonly gaps: readonly FilledGap[];
  /** What became of the events of the parts that they are in now, by the ledger; zeros in a dry run. */
  readonly tally: Tally;
  /** Records that end the process: skipped now. */
  readonly skipped: readonly { readonly shardId: string; readonly sequenceNumber: string }[];
  /** Of a dry run: what would be counted, at most. */
  readonly preview: Preview | undefined;
}

/**
 * A shard takes five reads and 2 MB a second, and the roll-up's are among them (Kinesis developer guide, "Quotas and
 * limits"): a read in 400 ms, of 400 KB, leaves it half. Where parts are smaller than that, one read looks at many gaps.
 */
const readEveryMs = 400;
const readBytes = 400_000;
const readRecordsMax = 10_000;
/** Before any record was seen. */
const usualRecordBytes = 1_000;
/** Kinesis limits reads per shard, so this many shards are read side by side. */
const shardsAtOnce = 20;
/** Of one invocation; its payload holds a third more. */
const batchBytesMax = 3 * 1024 * 1024;
const batchRecordsMax = 1_000;

/**
 * Counts records that the stream still has and that no part holds: those that Lambda gave up on and could not put into
 * the bucket, or that a mapping was made too late for. Looks between every two parts that are next to each other. At any
 * time, any number of times: each run of records is one more invocation. Throws a
 * RangeError for what the ledger may have forgotten, and what the ledger and the stream throw.
 */
export async function fillGaps(ports: GapPorts, options: GapOptions): Promise<GapReport> {
  const oldestMs = ports.clock.now() - redriveDaysMax * 86_400_000;
  if (options.fromMs < oldestMs) {
    const expected = `records of the last ${redriveDaysMax} days, for what came before may be counted and forgotten`;
    throw new RangeError(`Expected ${expected}, got some from ${new Date(options.fromMs).toISOString()} on`);
  }
  const shardIds = await ports.shards.shardIds();
  const filler = new GapFiller(ports, options);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let shardId = shardIds[next++]; shardId !== undefined; shardId = shardIds[next++]) await filler.shard(shardId);
  };
  try {
    await Promise.all(Array.from({ length: shardsAtOnce }, work));
  } finally {
    // After one failure, no further shard is started.
    next = shardIds.length;
  }
  return { shards: shardIds.length, ...filler.report() };
}

class GapFiller {
  readonly #ports: GapPorts;
  readonly #options: GapOptions;
  readonly #rollUp: TimedFunction;
  readonly #reach: ReachCheck;
  readonly #gaps: FilledGap[] = [];
  readonly #skipped: { shardId: string; sequenceNumber: string }[] = [];
  #preview = emptyPreview;
  #tally: Tally = nothingCounted;
  #looked = 0;
  /** By shard. */
  readonly #nextReadMs = new Map<string, number>();
  readonly #seen = { records: 1, bytes: usualRecordBytes };

  constructor(ports: GapPorts, options: GapOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#rollUp = new TimedFunction(ports.rollUp, ports.clock, Number.POSITIVE_INFINITY);
    this.#reach = new ReachCheck(ports.reach, this.#rollUp, options.acceptLate === true);
  }

  report(): Omit<GapReport, "shards"> {
    const { dryRun } = this.#options;
    const preview = dryRun ? this.#preview : undefined;
    const gaps = this.#gaps.sort(
      (a, b) =>
        (a.shardId < b.shardId ? -1 : a.shardId > b.shardId ? 1 : 0) ||
        compareSequence(a.firstSequence, b.firstSequence),
    );
    return { dryRun, looked: this.#looked, gaps, tally: this.#tally, skipped: this.#skipped, preview };
  }

  async shard(shardId: string): Promise<void> {
    const { ledger, streamName } = this.#ports;
    const recordsMax = (): number =>
      Math.min(readRecordsMax - 1, (readBytes * this.#seen.records) / Math.max(1, this.#seen.bytes));
    for await (const run of gapRuns(ledger, shardKey(streamName, shardId), this.#options.fromMs, recordsMax)) {
      this.#looked += run.gaps.length;
      await this.#look(shardId, run);
    }
  }

  async #look(shardId: string, { gaps, records }: GapRun): Promise<void> {
    for (let rest = gaps; rest.length > 0; ) {
      // As many records as lie between, and one after the last gap.
      const place = await this.#firstWithRecords(shardId, rest, records + 1);
      const gap = place === undefined ? undefined : rest[place];
      if (place === undefined || gap === undefined) return;
      await this.#fill(shardId, gap);
      rest = rest.slice(place + 1);
    }
  }

  /** Index of the first gap that has records: most gaps have none. */
  async #firstWithRecords(shardId: string, gaps: readonly Gap[], limit: number): Promise<number | undefined> {
    let place = 0;
    for await (const records of this.#pages(shardId, gaps[0]?.after, limit)) {
      for (const { sequenceNumber, arrivalMs } of records) {
        const isBehind = ({ before }: Gap): boolean =>
          before !== undefined && compareSequence(sequenceNumber, before) >= 0;
        while (gaps[place] !== undefined && isBehind(gaps[place] as Gap)) place++;
        const gap = gaps[place];
        if (gap === undefined) return undefined;
        if (gap.before === undefined && arrivalMs >= this.#options.toMs) return undefined;
        if (gap.after === undefined || compareSequence(sequenceNumber, gap.after) > 0) return place;
      }
    }
    return undefined;
  }

  async #fill(shardId: string, gap: Gap): Promise<void> {
    let records: StreamRecord[] = [];
    let bytes = 0;
    for await (const record of this.#records(shardId, gap, batchRecordsMax)) {
      if (records.length === batchRecordsMax || bytes + record.data.length > batchBytesMax) {
        await this.#count(shardId, records);
        records = [];
        bytes = 0;
      }
      records.push(record);
      bytes += record.data.length;
    }
    if (records.length > 0) await this.#count(shardId, records);
  }

  /** The records of a gap that were asked for, in order. */
  async *#records(shardId: string, { after, before }: Gap, limit: number): AsyncGenerator<StreamRecord> {
    const { fromMs, toMs } = this.#options;
    let isBegun = false;
    for await (const records of this.#pages(shardId, after, limit)) {
      for (const record of records) {
        if (before !== undefined && compareSequence(record.sequenceNumber, before) >= 0) return;
        if (before === undefined && record.arrivalMs >= toMs) return;
        // Arrivals are in no order: what lies behind one that is asked for must not be left out between others.
        isBegun ||= record.arrivalMs >= fromMs;
        if (isBegun) yield record;
      }
    }
  }

  /** Reads a shard from a record to its tip, no faster than Kinesis allows. */
  async *#pages(shardId: string, after: string | undefined, limit: number): AsyncGenerator<readonly StreamRecord[]> {
    const { stream } = this.#ports;
    await this.#pace(shardId);
    for await (const { records, behindMs } of stream.pages(
      shardId,
      after === undefined ? "oldest" : { after },
      limit,
    )) {
      this.#seen.records += records.length;
      for (const { data } of records) this.#seen.bytes += data.length;
      yield records;
      if (records.length === 0 && behindMs === 0) return;
      await this.#pace(shardId);
    }
  }

  async #pace(shardId: string): Promise<void> {
    const { clock } = this.#ports;
    const waitMs = (this.#nextReadMs.get(shardId) ?? 0) - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs);
    this.#nextReadMs.set(shardId, clock.now() + readEveryMs);
  }

  /** All but what lies in open parts: these are the sweep's, and where they are lost they must not keep the others back. */
  async #count(shardId: string, records: readonly StreamRecord[]): Promise<void> {
    const { streamName, ledger } = this.#ports;
    const { open } = await ledger.head(shardKey(streamName, shardId));
    for (const run of uncoveredRuns(records, open)) await this.#countRun(shardId, run);
  }

  async #countRun(shardId: string, records: readonly StreamRecord[]): Promise<void> {
    const [first] = records;
    const last = records.at(-1);
    if (first === undefined || last === undefined) return;
    const batch: Batch = { streamName: this.#ports.streamName, shardId, records, isWhole: true };
    const notNow = await this.#reach.of(batch);
    const { dryRun } = this.#options;
    const why = notNow?.detail ?? (dryRun ? await this.#foresee(batch) : await this.#run(batch));
    this.#gaps.push({
      shardId,
      firstSequence: first.sequenceNumber,
      lastSequence: last.sequenceNumber,
      firstArrival: new Date(first.arrivalMs).toISOString(),
      lastArrival: new Date(last.arrivalMs).toISOString(),
      records: records.length,
      why,
    });
  }

  /** Why some of the records are in no part still; undefined where all are. */
  async #run(batch: Batch): Promise<string | undefined> {
    const { ledger } = this.#ports;
    const before = await this.#parts(batch);
    const onSkip = (shardId: string, sequenceNumber: string) => void this.#skipped.push({ shardId, sequenceNumber });
    const outcome = await runIsolated(batch, { ledger, rollUp: this.#rollUp, onSkip });
    const parts = await this.#parts(batch);
    this.#tally = sumOf(this.#tally, newlyCounted(before, parts));
    const isCounted = batch.records.every(({ sequenceNumber }) => parts.some((part) => covers(part, sequenceNumber)));
    return isCounted ? undefined : reasonOf(outcome);
  }

  async #foresee(batch: Batch): Promise<string | undefined> {
    const outcome = await this.#rollUp.preview(batch);
    if (outcome.kind === "done") this.#preview = joined(this.#preview, outcome.answer);
    // A record that ends the process is found, and skipped, when it is counted.
    return undefined;
  }

  #parts({ streamName, shardId, records }: Batch): Promise<CommittedPart[]> {
    const { firstSequence, lastSequence } = rangeOf(records);
    return this.#ports.ledger.committed(shardKey(streamName, shardId), firstSequence, lastSequence);
  }
}

const reasonOf = (outcome: Outcome<unknown>): string =>
  outcome.kind === "done" ? "the invocation left records out" : said(outcome);
