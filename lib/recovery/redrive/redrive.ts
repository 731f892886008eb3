import type { Clock } from "../../clock.ts";
import type { Outcome } from "../../invoke.ts";
import { redriveDaysMax } from "../../limits.ts";
import { type Failure, UnreadableFailure } from "../../store/dead-letters/dead-letter.ts";
import type { FailureFile, FailureFiles } from "../../store/dead-letters/dead-letter-files.ts";
import type { CommittedPart, Ledger, OpenPart, Tally } from "../../store/ledger/ledger.ts";
import type { Batch } from "../../stream/batch.ts";
import { covers, overlaps, rangeOf, uncoveredRuns } from "../../stream/range.ts";
import type { RangeReader } from "../../stream/reader.ts";
import { shardKey } from "../../stream/sequence.ts";
import { runIsolated } from "../isolate/isolated-run.ts";
import { Listed } from "../isolate/listed.ts";
import { newlyCounted, nothingCounted, sumOf } from "../isolate/newly-counted.ts";
import { killersIn, Unsure } from "../isolate/poison-records.ts";
import { emptyPreview, joined } from "../isolate/preview.ts";
import { RecordSource } from "../isolate/record-source.ts";
import { type RollUpFunction, said, TimedFunction } from "../isolate/roll-up-function.ts";
import { ReachCheck, type StoreReach } from "../isolate/store-reach.ts";
import { type KeeperPorts, type Kept, PromiseKeeper } from "../open-part-finisher.ts";
import type { SkippingLedger } from "../skip/skip.ts";
import { filesInTurn } from "./files-in-turn.ts";
import type { LeftFile, RedriveReport } from "./report.ts";

/** What redrive works with. */
export interface RedrivePorts {
  readonly streamName: string;
  readonly ledger: SkippingLedger & Pick<Ledger, "commit">;
  readonly stream: Pick<RangeReader, "read">;
  readonly failures: FailureFiles;
  readonly rollUp: RollUpFunction;
  readonly reach: StoreReach;
  readonly clock: Clock;
}

export interface RedriveOptions {
  /** Says what it would do, and does nothing. */
  readonly dryRun: boolean;
  /** Counts the events that the store still takes, and puts the rest into quarantine as late. */
  readonly acceptLate?: boolean;
  /** Epoch milliseconds; what has not begun by then is left to the next run. */
  readonly deadlineMs: number;
}

/** Errors one after the other that end a run: then it is not the file. */
const errorsMax = 3;

/**
 * Runs the batches that Lambda gave up on as one more invocation each, and takes away the files of those that are counted
 * whole. At any time, any number of times, by several at once: what is counted is said by the ledger, and a file only
 * brings records. Throws what the ledger and S3 throw.
 */
export async function redrive(ports: RedrivePorts, options: RedriveOptions): Promise<RedriveReport> {
  return new Redrive(ports, options).run();
}

type Left = Omit<LeftFile, "key">;

/** A promise in the range of a batch that cannot be kept, and why. */
interface Blocked {
  readonly promise: OpenPart;
  readonly kept: Exclude<Kept, { readonly kind: "kept" | "not-kept" }>;
}

class Redrive {
  readonly #ports: RedrivePorts;
  readonly #dryRun: boolean;
  readonly #rollUp: TimedFunction;
  readonly #isolation: KeeperPorts;
  readonly #keeper: PromiseKeeper;
  readonly #left = new Listed<LeftFile>();
  readonly #skipped = new Listed<{ shardId: string; sequenceNumber: string }>();
  #outOfReach = 0;
  #redriven = 0;
  #settled = 0;
  #writtenOff = 0;
  #records = 0;
  #tally: Tally = nothingCounted;
  #preview = emptyPreview;
  #errors = 0;

  constructor(ports: RedrivePorts, { dryRun, deadlineMs, acceptLate = false }: RedriveOptions) {
    this.#ports = ports;
    this.#dryRun = dryRun;
    this.#rollUp = new TimedFunction(ports.rollUp, ports.clock, deadlineMs);
    const { stream, failures, streamName, ledger } = ports;
    this.#isolation = {
      streamName,
      ledger,
      rollUp: this.#rollUp,
      records: new RecordSource(stream, failures, this.#rollUp),
      reach: new ReachCheck(ports.reach, this.#rollUp, acceptLate),
      onSkip: (shardId, sequenceNumber) => this.#skipped.add({ shardId, sequenceNumber }),
    };
    this.#keeper = new PromiseKeeper(this.#isolation);
  }

  async run(): Promise<RedriveReport> {
    const { files, others } = await filesInTurn(this.#ports.failures, this.#ports.clock.now());
    let looked = 0;
    for (const file of files) {
      if (!this.#rollUp.hasTime || this.#errors >= errorsMax) break;
      const left = await this.#file(file);
      // Time ran out over it: it is not the file, and the next run goes on with it.
      if (left?.why === "not-counted" && !this.#rollUp.hasTime) break;
      looked++;
      if (left === undefined) continue;
      this.#left.add({ key: file.key, ...left });
      if (left.why === "out-of-reach") this.#outOfReach++;
    }
    const notLooked = others + files.length - looked;
    return {
      dryRun: this.#dryRun,
      redriven: this.#redriven,
      settled: this.#settled,
      writtenOff: this.#writtenOff,
      records: this.#records,
      tally: this.#tally,
      left: this.#left.first,
      leftCount: this.#left.count,
      outOfReachCount: this.#outOfReach,
      skipped: this.#skipped.first,
      skippedCount: this.#skipped.count,
      preview: this.#dryRun ? this.#preview : undefined,
      notLooked,
      complete: notLooked === 0,
    };
  }

  /** Deals with one file; says why where it must stay. */
  async #file(file: FailureFile): Promise<Left | undefined> {
    let failure: Failure | undefined;
    try {
      failure = await this.#ports.failures.read(file);
    } catch (error) {
      if (!(error instanceof UnreadableFailure)) throw error;
      return { why: "unreadable", detail: error.message };
    }
    // Somebody else was faster.
    if (failure === undefined) return undefined;
    const { batch } = failure;
    const left = this.#refusal(batch) ?? (await this.#batch(batch));
    this.#errors = left?.why === "not-counted" ? this.#errors + 1 : 0;
    if (left === undefined && !this.#dryRun) await this.#ports.failures.settle(file);
    return left;
  }

  #refusal({ streamName, records }: Batch): Left | undefined {
    const expected = this.#ports.streamName;
    if (streamName !== expected) {
      return { why: "unreadable", detail: `Expected records of stream ${expected}, got some of ${streamName}` };
    }
    const ageDays = Math.floor((this.#ports.clock.now() - firstArrivalOf(records)) / 86_400_000);
    if (ageDays < redriveDaysMax) return undefined;
    return {
      why: "too-old",
      detail: `Expected records that arrived within ${redriveDaysMax} days, got one ${ageDays} days old`,
    };
  }

  /** Counts the records of a batch that no part has, and those that were written off too soon. */
  async #batch(batch: Batch): Promise<Left | undefined> {
    const parts = await this.#parts(batch);
    const uncovered = uncoveredBy(parts, batch);
    const restored = await this.#restore(batch, parts);
    if ("left" in restored) return restored.left;
    if (uncovered.length === 0 && restored.records === 0) {
      this.#settled++;
      if (restored.isLost) this.#writtenOff++;
      return undefined;
    }
    const left = uncovered.length === 0 ? undefined : await this.#uncovered(batch, uncovered);
    const newly = this.#dryRun ? nothingCounted : newlyCounted(parts, await this.#parts(batch));
    this.#tally = sumOf(this.#tally, newly);
    if (left !== undefined) return left;
    this.#redriven++;
    this.#records += uncovered.length + restored.records;
    return undefined;
  }

  async #uncovered(batch: Batch, records: Batch["records"]): Promise<Left | undefined> {
    const notNow = await this.#isolation.reach.of({ ...batch, records });
    if (notNow !== undefined) return notNow;
    return this.#dryRun ? this.#foresee({ ...batch, records }) : this.#count(batch);
  }

  #parts({ streamName, shardId, records }: Batch): Promise<CommittedPart[]> {
    const { firstSequence, lastSequence } = rangeOf(records);
    return this.#ports.ledger.committed(shardKey(streamName, shardId), firstSequence, lastSequence);
  }

  /**
   * Parts that were written off, though this batch has records of them: where all are there, they are counted after all. How
   * many of the batch that is, and whether some cannot be.
   */
  async #restore(
    { shardId, records }: Batch,
    parts: readonly CommittedPart[],
  ): Promise<{ readonly records: number; readonly isLost: boolean } | { readonly left: Left }> {
    let restored = 0;
    let isLost = false;
    for (const part of parts.filter(({ lost }) => lost !== undefined)) {
      const own = records.filter(({ sequenceNumber }) => covers(part, sequenceNumber));
      if (own.length === 0) continue;
      const kept = this.#dryRun
        ? await this.#keeper.foreseeRestored(shardId, part)
        : await this.#keeper.restore(shardId, part);
      if (kept.kind === "kept") restored += own.length;
      else if (kept.kind === "lost") isLost = true;
      else return { left: { why: kept.kind === "out-of-reach" ? "out-of-reach" : "not-counted", detail: kept.why } };
    }
    return { records: restored, isLost };
  }

  /** Counts all that is in the range of the batch. */
  async #count(batch: Batch): Promise<Left | undefined> {
    const { streamName, shardId } = batch;
    const range = rangeOf(batch.records);
    // A promise may reach beyond the batch, to records that only another file still has.
    const { open } = await this.#ports.ledger.head(shardKey(streamName, shardId));
    const blocked: Blocked[] = [];
    for (const promise of open.filter((part) => overlaps(part, range)).sort((a, b) => a.number - b.number)) {
      const kept = await this.#keeper.keep(shardId, promise);
      if (kept.kind === "not-kept") return { why: "not-counted", detail: kept.why };
      if (kept.kind !== "kept") blocked.push({ promise, kept });
    }
    const whole = await this.#withoutHoles(batch);
    let outcome: Outcome<unknown> = { kind: "done", answer: undefined };
    for (const records of uncoveredRuns(
      whole.records,
      blocked.map(({ promise }) => promise),
    )) {
      outcome = await runIsolated({ ...whole, records }, this.#isolation);
      if (outcome.kind !== "done") break;
    }
    if (uncoveredBy(await this.#parts(batch), batch).length === 0) return undefined;
    if (outcome.kind !== "done") return { why: "not-counted", detail: said(outcome) };
    return leftBy(blocked) ?? { why: "not-counted", detail: "the invocation left records out" };
  }

  /**
   * All records between the first and the last that anybody has: of a batch that Lambda takes single records from as they
   * grow too old, those between may be in the stream still, or in another file. A part reaches over what is missing.
   */
  async #withoutHoles(batch: Batch): Promise<Batch> {
    const sought = { ...rangeOf(batch.records), firstArrivalMs: firstArrivalOf(batch.records), records: undefined };
    const { records, lookedAtAll } = await this.#isolation.records.read(batch.shardId, sought);
    const found = new Set(records.map(({ sequenceNumber }) => sequenceNumber));
    const hasAll = batch.records.every(({ sequenceNumber }) => found.has(sequenceNumber));
    return lookedAtAll && hasAll ? { ...batch, records, isWhole: true } : batch;
  }

  async #foresee(batch: Batch): Promise<Left | undefined> {
    try {
      const whole = await this.#rollUp.preview(batch);
      const outcome = whole.kind === "done" ? whole : await this.#rollUp.preview(await this.#withoutKillers(batch));
      if (outcome.kind !== "done") return { why: "not-counted", detail: said(outcome) };
      this.#preview = joined(this.#preview, outcome.answer);
      return undefined;
    } catch (error) {
      if (error instanceof Unsure) return { why: "not-counted", detail: error.message };
      throw error;
    }
  }

  async #withoutKillers(batch: Batch): Promise<Batch> {
    const killers = new Set<string>();
    for await (const { sequenceNumber } of killersIn(batch, this.#rollUp)) {
      killers.add(sequenceNumber);
      this.#skipped.add({ shardId: batch.shardId, sequenceNumber });
    }
    return { ...batch, records: batch.records.filter(({ sequenceNumber }) => !killers.has(sequenceNumber)) };
  }
}

const uncoveredBy = (parts: readonly CommittedPart[], { records }: Batch): Batch["records"] =>
  records.filter(({ sequenceNumber }) => !parts.some((part) => covers(part, sequenceNumber)));

const firstArrivalOf = (records: Batch["records"]): number =>
  records.reduce((least, { arrivalMs }) => Math.min(least, arrivalMs), Number.POSITIVE_INFINITY);

/** Why records stay if promises over them cannot be kept, the reasons that can be mended first. */
function leftBy(blocked: readonly Blocked[]): Left | undefined {
  for (const { kept } of blocked) if (kept.kind === "out-of-reach") return { why: "out-of-reach", detail: kept.why };
  for (const { kept } of blocked) if (kept.kind === "unknown") return { why: "not-counted", detail: kept.why };
  if (blocked.length === 0) return undefined;
  const ids = blocked.map(({ promise }) => promise.id).join(", ");
  return { why: "promise-lost", detail: `Expected all records of ${ids}, got some: the others beside it are counted` };
}
