import {
  afterDiscard,
  afterInvoke,
  type Delivery,
  nextStep,
  type Pause,
  type Step,
  startDelivery,
} from "./delivery.ts";
import type { EventWriter } from "./kinesis-event.ts";
import type { MappingEnvironment } from "./mapping-environment.ts";
import type { MappingMetrics } from "./mapping-metrics.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { failureObject, randomUuid } from "./on-failure.ts";
import { type RetryDelay, retryDelayMs } from "./retry-delay.ts";
import type { ShardProgress } from "./shard-progress.ts";
import type { StreamRecord } from "./stream-reader.ts";

/** What it takes to see a batch of one shard through. */
export interface SenderParts {
  readonly settings: MappingSettings;
  readonly environment: MappingEnvironment;
  readonly retryDelay: RetryDelay;
  readonly metrics: MappingMetrics;
  readonly shardId: string;
  readonly writer: EventWriter;
  readonly payloadBytesMax: number;
  readonly recordAgeMsMax: number;
  readonly progress: ShardProgress;
}

type Invoke = Extract<Step, { kind: "invoke" }>;
type Discard = Extract<Step, { kind: "discard" }>;

/**
 * Invokes the function with a batch until every record of it has succeeded or was discarded. Returns false if the
 * signal aborted first; an invocation under way is awaited all the same.
 */
export async function sendBatch(
  parts: SenderParts,
  batch: readonly StreamRecord[],
  signal: AbortSignal,
): Promise<boolean> {
  const { clock } = parts.environment;
  const rules = { retriesMax: parts.settings.maximumRetryAttempts, bisect: parts.settings.bisectBatchOnFunctionError };
  const expired = (at: number) => clock.now() - (batch[at]?.arrivalMs ?? 0) > parts.recordAgeMsMax;
  let delivery: Delivery = startDelivery(batch.length);
  for (;;) {
    const next = nextStep(delivery, expired);
    delivery = next.delivery;
    switch (next.step.kind) {
      case "done":
        return true;
      case "discard":
        await discard(parts, batch, next.step);
        delivery = afterDiscard(delivery);
        break;
      case "invoke": {
        if (signal.aborted) return false;
        const verdict = await invoke(parts, batch, next.step);
        // Whoever stops the mapping may stop the function too: that is not held against the records.
        if (signal.aborted && verdict !== "success") return false;
        const after = afterInvoke(delivery, verdict, rules);
        delivery = after.delivery;
        await pause(parts, after.pause, signal);
        break;
      }
      default:
        throw next.step satisfies never;
    }
  }
}

async function invoke(parts: SenderParts, batch: readonly StreamRecord[], step: Invoke) {
  const { settings, environment, metrics, progress } = parts;
  const records = batch.slice(step.from, step.to);
  const payload = parts.writer.write(records);
  // Only a record that is too large by itself gets here: batches are cut to fit.
  if (Buffer.byteLength(payload) > parts.payloadBytesMax) return "too-large";
  const now = environment.clock.now();
  metrics.iteratorAge(now - (records.at(-1)?.arrivalMs ?? now), now);
  let outcome: Awaited<ReturnType<MappingEnvironment["invoke"]>>;
  try {
    outcome = await environment.invoke(settings.functionArn, payload);
  } catch (error) {
    environment.problem?.(`${settings.functionArn} could not be invoked: ${String(error)}`);
    outcome = { kind: "throttled" };
  }
  const atMs = environment.clock.now();
  progress.invoked(outcome);
  switch (outcome.kind) {
    case "ok":
      metrics.events("InvokedEventCount", records.length, atMs);
      return "success";
    case "function-error":
      metrics.events("InvokedEventCount", records.length, atMs);
      metrics.events("FailedInvokeEventCount", records.length, atMs);
      return "function-error";
    case "throttled":
      metrics.events("FailedInvokeEventCount", records.length, atMs);
      return "throttled";
    case "refused":
      metrics.events("FailedInvokeEventCount", records.length, atMs);
      return "too-large";
    default:
      throw outcome satisfies never;
  }
}

/** As Lambda does: one delivery to the destination, and what cannot be delivered is lost and counted. */
async function discard(parts: SenderParts, batch: readonly StreamRecord[], step: Discard): Promise<void> {
  const { settings, environment, metrics, shardId } = parts;
  const records = batch.slice(step.from, step.to);
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) throw new Error("Expected a discard of at least one record, got none");
  const atMs = environment.clock.now();
  parts.progress.discarded(step.condition, records.length);
  if (settings.onFailure === undefined) {
    metrics.events("DroppedEventCount", records.length, atMs);
    return;
  }
  const object = failureObject(
    settings.uuid,
    {
      condition: step.condition,
      shardId,
      streamArn: settings.streamArn,
      functionArn: settings.functionArn,
      invocations: step.failures,
      first,
      last,
      records: records.length,
      payload: parts.writer.write(records),
      atMs,
    },
    randomUuid(environment.random),
  );
  try {
    await environment.destination.put(settings.onFailure.bucket, object.key, object.body);
    metrics.events("OnFailureDestinationDeliveredEventCount", records.length, atMs);
  } catch (error) {
    environment.problem?.(`s3://${settings.onFailure.bucket}/${object.key} could not be written: ${String(error)}`);
    metrics.destinationDeliveryFailure(atMs);
    metrics.events("DroppedEventCount", records.length, atMs);
  }
}

async function pause(parts: SenderParts, length: Pause, signal: AbortSignal): Promise<void> {
  const { clock, random } = parts.environment;
  if (length.kind === "none") return;
  const ms = length.kind === "split" ? parts.retryDelay.splitMs : retryDelayMs(length.n, parts.retryDelay, random);
  if (ms > 0) await clock.sleep(ms, signal);
}
