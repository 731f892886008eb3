import type { Clock } from "../clock.ts";
import { type Failure, UnreadableFailure } from "../failures/failure.ts";
import type { FailureFile, FailureFiles } from "../failures/failure-files.ts";
import { FailureIndex } from "../failures/failure-index.ts";
import type { Ledger, OpenPart } from "../ledger/ledger.ts";
import { redriveDaysMax } from "../limits.ts";
import { shardKey } from "../record/shard-key.ts";
import { runIsolated } from "../redelivery/isolated-run.ts";
import { killersIn, Unsure } from "../redelivery/killers.ts";
import { emptyPreview, joined, type Preview } from "../redelivery/preview.ts";
import { RecordSource } from "../redelivery/record-source.ts";
import { type Outcome, type RollUpFunction, said } from "../redelivery/roll-up-function.ts";
import { TimedFunction } from "../redelivery/timed-function.ts";
import type { Batch } from "../roll-up/batch.ts";
import { covers, overlaps, type Range, rangeOf, uncoveredRuns } from "../roll-up/uncovered.ts";
import type { SkippingLedger } from "../skip/skip.ts";
import type { RangeReader } from "../stream/range-reader.ts";
import { type KeeperPorts, PromiseKeeper } from "../sweep/promise-keeper.ts";

/** What redrive works with. */
export interface RedrivePorts {
  readonly streamName: string;
  readonly ledger: SkippingLedger & Pick<Ledger, "commit">;
  readonly stream: Pick<RangeReader, "read">;
  readonly failures: FailureFiles;
  readonly rollUp: RollUpFunction;
  readonly clock: Clock;
}

export interface RedriveOptions {
  /** Says what it would do, and does nothing. */
  readonly dryRun: boolean;
  /** Epoch milliseconds; what has not begun by then is left to the next run. */
  readonly deadlineMs: number;
}

/** A file that was left where it is. */
export interface LeftFile {
  readonly key: string;
  readonly why: "unreadable" | "too-old" | "not-counted" | "promise-lost";
  readonly detail: string;
}

export interface RedriveReport {
  readonly dryRun: boolean;
  /** Files whose records are all in committed parts now; in a dry run, those that would be run. */
  readonly redriven: number;
  /** Files that were counted already, and only taken away. */
  readonly settled: number;
  readonly records: number;
  /** Why files were left; of many the first ones. */
  readonly left: readonly LeftFile[];
  readonly leftCount: number;
  /** Records that end the process: skipped now; in a dry run, those that would be. */
  readonly skipped: readonly { readonly shardId: string; readonly sequenceNumber: string }[];
  /** Of a dry run: what would be counted, at most. */
  readonly preview: Preview | undefined;
  /** Whether all files were looked at. */
  readonly complete: boolean;
}

/** Files of one run. */
const filesMax = 10_000;
const leftShown = 100;
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

class Redrive {
  readonly #ports: RedrivePorts;
  readonly #dryRun: boolean;
  readonly #rollUp: TimedFunction;
  readonly #keeper: KeeperPorts;
  readonly #left: LeftFile[] = [];
  readonly #skipped: { shardId: string; sequenceNumber: string }[] = [];
  #leftCount = 0;
  #redriven = 0;
  #settled = 0;
  #records = 0;
  #preview = emptyPreview;
  #errors = 0;

  constructor(ports: RedrivePorts, { dryRun, deadlineMs }: RedriveOptions) {
    this.#ports = ports;
    this.#dryRun = dryRun;
    this.#rollUp = new TimedFunction(ports.rollUp, ports.clock, deadlineMs);
    const { stream, failures, streamName, ledger } = ports;
    const records = new RecordSource(stream, failures, new FailureIndex(failures));
    const onSkip = (shardId: string, sequenceNumber: string) => void this.#skipped.push({ shardId, sequenceNumber });
    this.#keeper = { streamName, ledger, rollUp: this.#rollUp, records, onSkip };
  }

  async run(): Promise<RedriveReport> {
    let complete = true;
    for (const file of await this.#filesInTurn()) {
      complete = this.#rollUp.hasTime && this.#errors < errorsMax;
      if (!complete) break;
      const left = await this.#file(file);
      if (left === undefined) continue;
      // Time ran out over it: it is not the file, and the next run goes on with it.
      complete = this.#rollUp.hasTime || left.why !== "not-counted";
      if (!complete) break;
      this.#leftCount++;
      if (this.#left.length < leftShown) this.#left.push({ key: file.key, ...left });
    }
    return {
      dryRun: this.#dryRun,
      redriven: this.#redriven,
      settled: this.#settled,
      records: this.#records,
      left: this.#left,
      leftCount: this.#leftCount,
      skipped: this.#skipped,
      preview: this.#dryRun ? this.#preview : undefined,
      complete,
    };
  }

  /** From another place every minute: files that cannot be counted must not keep the others from their turn. */
  async #filesInTurn(): Promise<FailureFile[]> {
    const files: FailureFile[] = [];
    for await (const file of this.#ports.failures.list()) {
      files.push(file);
      if (files.length === filesMax) break;
    }
    const start = files.length === 0 ? 0 : Math.floor(this.#ports.clock.now() / 60_000) % files.length;
    return [...files.slice(start), ...files.slice(0, start)];
  }

  /** Deals with one file; says why where it must stay. */
  async #file(file: FailureFile): Promise<Omit<LeftFile, "key"> | undefined> {
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
    const refusal = this.#refusal(batch);
    if (refusal !== undefined) return refusal;
    const uncovered = await this.#uncovered(batch);
    if (uncovered.length === 0) {
      this.#settled++;
      if (!this.#dryRun) await this.#ports.failures.settle(file);
      return undefined;
    }
    const left = this.#dryRun ? await this.#foresee({ ...batch, records: uncovered }) : await this.#count(batch);
    this.#errors = left?.why === "not-counted" ? this.#errors + 1 : 0;
    if (left !== undefined) return left;
    this.#redriven++;
    this.#records += uncovered.length;
    if (!this.#dryRun) await this.#ports.failures.settle(file);
    return undefined;
  }

  #refusal({ streamName, records }: Batch): Omit<LeftFile, "key"> | undefined {
    const expected = this.#ports.streamName;
    if (streamName !== expected) {
      return { why: "unreadable", detail: `Expected records of stream ${expected}, got some of ${streamName}` };
    }
    const oldestMs = records.reduce((least, { arrivalMs }) => Math.min(least, arrivalMs), Number.POSITIVE_INFINITY);
    const ageDays = Math.floor((this.#ports.clock.now() - oldestMs) / 86_400_000);
    if (ageDays < redriveDaysMax) return undefined;
    return {
      why: "too-old",
      detail: `Expected records that arrived within ${redriveDaysMax} days, got one ${ageDays} days old`,
    };
  }

  async #uncovered({ streamName, shardId, records }: Batch): Promise<Batch["records"]> {
    const { firstSequence, lastSequence } = rangeOf(records);
    const parts = await this.#ports.ledger.committed(shardKey(streamName, shardId), firstSequence, lastSequence);
    return records.filter(({ sequenceNumber }) => !parts.some((part) => covers(part, sequenceNumber)));
  }

  /** Counts all that is in the range of the batch. */
  async #count(batch: Batch): Promise<Omit<LeftFile, "key"> | undefined> {
    const { streamName, shardId } = batch;
    const range = rangeOf(batch.records);
    // A promise may reach beyond the batch, to records that only another file still has.
    const { open } = await this.#ports.ledger.head(shardKey(streamName, shardId));
    const keeper = new PromiseKeeper(this.#keeper);
    const lost: OpenPart[] = [];
    for (const promise of open.filter((part) => overlaps(part, range)).sort((a, b) => a.number - b.number)) {
      const kept = await keeper.keep(shardId, promise);
      if (kept.kind === "not-kept") return { why: "not-counted", detail: kept.why };
      if (kept.kind === "lost") lost.push(promise);
    }
    const whole = await this.#withoutHoles(batch, range);
    let outcome: Outcome<unknown> = { kind: "done", answer: undefined };
    for (const records of uncoveredRuns(whole.records, lost)) {
      outcome = await runIsolated({ ...whole, records }, this.#keeper);
      if (outcome.kind !== "done") break;
    }
    if ((await this.#uncovered(batch)).length === 0) return undefined;
    if (outcome.kind === "done" && lost.length > 0) {
      const ids = lost.map(({ id }) => id).join(", ");
      return {
        why: "promise-lost",
        detail: `Expected all records of ${ids}, got some: the others beside it are counted`,
      };
    }
    const detail = outcome.kind === "done" ? "the invocation left records out" : said(outcome);
    return { why: "not-counted", detail };
  }

  /**
   * All records between the first and the last that anybody has: of a batch that Lambda takes single records from as they
   * grow too old, those between may be in the stream still, or in another file. A part reaches over what is missing.
   */
  async #withoutHoles(batch: Batch, range: Range): Promise<Batch> {
    const { records } = await this.#keeper.records.read(batch.shardId, range, undefined);
    const found = new Set(records.map(({ sequenceNumber }) => sequenceNumber));
    return batch.records.every(({ sequenceNumber }) => found.has(sequenceNumber))
      ? { ...batch, records, isWhole: true }
      : batch;
  }

  async #foresee(batch: Batch): Promise<Omit<LeftFile, "key"> | undefined> {
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
      this.#skipped.push({ shardId: batch.shardId, sequenceNumber });
    }
    return { ...batch, records: batch.records.filter(({ sequenceNumber }) => !killers.has(sequenceNumber)) };
  }
}
