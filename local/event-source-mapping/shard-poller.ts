import { BatchBuffer, type HeldRecord } from "./batch/batch-buffer.ts";
import { BatchSender, type Surroundings } from "./batch/batch-sender.ts";
import { Redelivery } from "./batch/redelivery.ts";
import { retryDelayMs } from "./batch/retry-delay.ts";
import type { SenderParts } from "./batch/sender-parts.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Position } from "./reading/stream-reader.ts";

export interface PollerParts extends SenderParts {
  readonly pollIntervalMs: number;
  readonly redeliveryRecordsMax: number;
}

/**
 * Reads one shard and sends it on, batch after batch and one at a time. A checkpoint is kept when a whole batch is done,
 * and within one only for a partial response or where a switch says so. Holds at most two batches.
 */
export class ShardPoller implements Surroundings {
  readonly #parts: PollerParts;
  readonly #signal: AbortSignal;
  readonly #buffer: BatchBuffer;
  readonly #redelivery: Redelivery;
  /** Where to read on. */
  #position: Position;
  /** Where the present batch begins. */
  #batchStart: Position;
  #ended = false;
  #nextPollMs: number;

  constructor(parts: PollerParts, start: Position, signal: AbortSignal) {
    const { settings, payloadBytesMax, switches } = parts;
    this.#parts = parts;
    this.#signal = signal;
    const windowMs = settings.maximumBatchingWindowSeconds * 1000;
    this.#buffer = new BatchBuffer(
      { batchSize: settings.batchSize, windowMs, payloadBytesMax, windowBegins: switches.windowBegins },
      parts.writer.recordBytes,
    );
    this.#redelivery = new Redelivery(switches.redelivery, parts.redeliveryRecordsMax, start);
    this.#position = start;
    this.#batchStart = start;
    this.#nextPollMs = parts.environment.clock.now();
  }

  /** Until the shard ends (true) or the signal aborts (false). */
  async run(): Promise<boolean> {
    const { clock } = this.#parts.environment;
    while (!this.#signal.aborted) {
      const batch = this.#buffer.cut(clock.now(), this.#ended);
      if (batch !== undefined) {
        if (!(await this.#dealWith(batch))) break;
        continue;
      }
      if (this.#ended) return this.#save({ kind: "ended" });
      const wakeMs = Math.min(this.#nextPollMs, this.#buffer.windowEndMs ?? this.#nextPollMs);
      if (wakeMs > clock.now()) {
        await clock.sleep(wakeMs - clock.now(), this.#signal);
        continue;
      }
      if (!(await this.#poll())) break;
    }
    return false;
  }

  async more(): Promise<number> {
    if (this.#buffer.length === 0 && !this.#ended) await this.#poll();
    return this.#buffer.length;
  }

  take(count: number): HeldRecord[] {
    return this.#buffer.take(count);
  }

  giveBack(records: readonly HeldRecord[]): void {
    this.#buffer.putBack(records);
  }

  keep(sequenceNumber: string): Promise<boolean> {
    return this.#save({ kind: "after", sequenceNumber });
  }

  async #dealWith(batch: HeldRecord[]): Promise<boolean> {
    const { progress, environment, chance } = this.#parts;
    progress.begin();
    if (!(await new BatchSender(this.#parts, batch, this, this.#signal).send())) return false;
    const last = batch.at(-1);
    if (last === undefined) throw new Error("Expected a batch of at least one record, got none");
    const end: Position = { kind: "after", sequenceNumber: last.record.sequenceNumber };
    if (!(await this.#save(end))) return false;
    this.#buffer.batchDone(environment.clock.now());
    const again = this.#redelivery.after(this.#batchStart, batch, environment.random, chance);
    this.#batchStart = again ?? end;
    if (again !== undefined) this.#goBackTo(again);
    progress.pendingArrivalMs = this.#buffer.last?.arrivalMs;
    return true;
  }

  /** Reads records again that were dealt with. */
  #goBackTo(position: Position): void {
    this.#position = position;
    this.#buffer.clear();
    this.#ended = false;
    this.#nextPollMs = this.#parts.environment.clock.now();
  }

  /** Lambda reads a shard once a second, and at once again while there are more records. False if the signal aborted. */
  async #poll(): Promise<boolean> {
    const { settings, shardId, environment, progress, metrics } = this.#parts;
    const limit = settings.batchSize;
    const page = await this.#untilDone(`${shardId} could not be read`, () =>
      environment.reader.read(shardId, this.#position, limit),
    );
    if (page === undefined) return false;
    const atMs = environment.clock.now();
    progress.behindMs = page.millisBehindLatest;
    metrics.getRecordsIteratorAge(page.millisBehindLatest, atMs);
    // Also 0: that is how one sees that it polls (Lambda developer guide, "Types of metrics for Lambda functions").
    metrics.events("PolledEventCount", page.records.length, atMs);
    const more = page.records.length >= limit || page.millisBehindLatest > 0;
    this.#nextPollMs = more ? atMs : atMs + this.#parts.pollIntervalMs;
    this.#ended = page.ended;
    const last = page.records.at(-1);
    if (last !== undefined) {
      this.#position = { kind: "after", sequenceNumber: last.sequenceNumber };
      progress.pendingArrivalMs = last.arrivalMs;
      this.#buffer.push(page.records, atMs);
    } else if (this.#buffer.length === 0) progress.pendingArrivalMs = undefined;
    return true;
  }

  /** False only if the signal aborted before it could be kept: a stopping mapping still tries once. */
  async #save(checkpoint: Checkpoint): Promise<boolean> {
    const { shardId, environment, progress } = this.#parts;
    const saved = await this.#untilDone(`the checkpoint of ${shardId} could not be kept`, async () => {
      await environment.checkpoints.save(shardId, checkpoint);
      return true;
    });
    if (saved === undefined) return false;
    progress.checkpoint = checkpoint;
    return true;
  }

  /** Calls until it succeeds, with growing pauses; undefined if the signal aborts after a failure. */
  async #untilDone<T>(problem: string, call: () => Promise<T>): Promise<T | undefined> {
    const { environment, progress, retryDelay } = this.#parts;
    for (let n = 1; ; n++) {
      try {
        return await call();
      } catch (error) {
        const text = `${problem}: ${error instanceof Error ? error.message : String(error)}`;
        progress.failed(text);
        environment.problem?.(text);
      }
      if (this.#signal.aborted) return undefined;
      await environment.clock.sleep(retryDelayMs(n, retryDelay, environment.random), this.#signal);
      if (this.#signal.aborted) return undefined;
    }
  }
}
