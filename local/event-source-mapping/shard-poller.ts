import { BatchBuffer } from "./batch-buffer.ts";
import { type SenderParts, sendBatch } from "./batch-sender.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { Position, StreamPage, StreamRecord } from "./stream-reader.ts";

export interface PollerParts extends SenderParts {
  readonly pollIntervalMs: number;
}

/**
 * Reads one shard and sends it on, batch after batch and one at a time, until it ends (true) or the signal aborts
 * (false). A checkpoint is kept when a whole batch is done, and not before. Holds less than two batches.
 */
export async function pollShard(parts: PollerParts, start: Position, signal: AbortSignal): Promise<boolean> {
  const { settings, progress } = parts;
  const { clock } = parts.environment;
  const windowMs = settings.maximumBatchingWindowSeconds * 1000;
  const { payloadBytesMax } = parts;
  const buffer = new BatchBuffer(
    { batchSize: settings.batchSize, windowMs, payloadBytesMax },
    parts.writer.recordBytes,
  );
  let position = start;
  let ended = false;
  let nextPollMs = clock.now();
  while (!signal.aborted) {
    const batch = buffer.cut(clock.now(), ended);
    if (batch !== undefined) {
      if (!(await dealWith(parts, batch, signal))) break;
      progress.pendingArrivalMs = buffer.last?.arrivalMs;
      continue;
    }
    if (ended) return save(parts, { kind: "ended" }, signal);
    const wakeMs = Math.min(nextPollMs, buffer.windowEndMs ?? nextPollMs);
    if (wakeMs > clock.now()) {
      await clock.sleep(wakeMs - clock.now(), signal);
      continue;
    }
    const page = await read(parts, position, signal);
    if (page === undefined) break;
    nextPollMs = page.more ? clock.now() : clock.now() + parts.pollIntervalMs;
    ended = page.ended;
    const last = page.records.at(-1);
    if (last === undefined) {
      if (buffer.length === 0) progress.pendingArrivalMs = undefined;
      continue;
    }
    position = { kind: "after", sequenceNumber: last.sequenceNumber };
    progress.pendingArrivalMs = last.arrivalMs;
    buffer.push(page.records, clock.now());
  }
  return false;
}

async function dealWith(parts: PollerParts, batch: readonly StreamRecord[], signal: AbortSignal): Promise<boolean> {
  parts.progress.begin();
  if (!(await sendBatch(parts, batch, signal))) return false;
  const last = batch.at(-1);
  if (last === undefined) throw new Error("Expected a batch of at least one record, got none");
  return save(parts, { kind: "after", sequenceNumber: last.sequenceNumber }, signal);
}

/** Lambda reads a shard once a second, and at once again while there are more records. */
async function read(parts: PollerParts, position: Position, signal: AbortSignal): Promise<MarkedPage | undefined> {
  const limit = parts.settings.batchSize;
  const page = await untilDone(parts, `${parts.shardId} could not be read`, signal, () =>
    parts.environment.reader.read(parts.shardId, position, limit),
  );
  if (page === undefined) return undefined;
  const atMs = parts.environment.clock.now();
  parts.progress.behindMs = page.millisBehindLatest;
  parts.metrics.getRecordsIteratorAge(page.millisBehindLatest, atMs);
  if (page.records.length > 0) parts.metrics.events("PolledEventCount", page.records.length, atMs);
  return { ...page, more: page.records.length >= limit || page.millisBehindLatest > 0 };
}

type MarkedPage = StreamPage & { readonly more: boolean };

/** False only if the signal aborted before it could be kept: a stopping mapping still tries once. */
async function save(parts: PollerParts, checkpoint: Checkpoint, signal: AbortSignal): Promise<boolean> {
  const saved = await untilDone(parts, `the checkpoint of ${parts.shardId} could not be kept`, signal, async () => {
    await parts.environment.checkpoints.save(parts.shardId, checkpoint);
    return true;
  });
  if (saved === undefined) return false;
  parts.progress.checkpoint = checkpoint;
  return true;
}

/** Calls until it succeeds, with growing pauses; undefined if the signal aborts after a failure. */
async function untilDone<T>(
  parts: PollerParts,
  problem: string,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T | undefined> {
  for (let n = 1; ; n++) {
    try {
      return await call();
    } catch (error) {
      const text = `${problem}: ${error instanceof Error ? error.message : String(error)}`;
      parts.progress.failed(text);
      parts.environment.problem?.(text);
    }
    if (signal.aborted) return undefined;
    await parts.environment.clock.sleep(retryDelayMs(n, parts.retryDelay, parts.environment.random), signal);
    if (signal.aborted) return undefined;
  }
}
