import { eventBytes, type HeldRecord } from "../batch/batch-buffer.ts";
import type { Verdict } from "../batch/delivery.ts";
import type { MappingEnvironment } from "../mapping-environment.ts";
import type { MappingMetrics } from "../mapping-metrics.ts";
import type { MappingSettings } from "../mapping-settings.ts";
import type { ShardProgress } from "../shard-progress.ts";
import type { Switches } from "../switches.ts";
import { batchResponse } from "./batch-response.ts";
import type { EventWriter } from "./kinesis-event.ts";

/** What it takes to invoke the function with records of one shard. */
export interface InvocationParts {
  readonly settings: MappingSettings;
  readonly environment: MappingEnvironment;
  readonly switches: Switches;
  /** How often that happens which a switch says may happen, 0 to 1. */
  readonly chance: number;
  /** The longest that an invocation whose poller was lost goes on before its records are sent again. */
  readonly lostAfterMs: number;
  /** Invocations that nobody heeds any more, until they end. */
  readonly abandoned: Set<Promise<unknown>>;
  readonly metrics: MappingMetrics;
  readonly shardId: string;
  readonly writer: EventWriter;
  readonly payloadBytesMax: number;
  readonly progress: ShardProgress;
}

type Outcome = Awaited<ReturnType<MappingEnvironment["invoke"]>>;

/** Invokes the function once. A partial answer is given by the place among these records. */
export async function invoke(
  parts: InvocationParts,
  held: readonly HeldRecord[],
  mayBeLost: boolean,
): Promise<Verdict> {
  const { environment, metrics, switches } = parts;
  // Only a record that is too large by itself gets here: batches are cut to fit.
  if (eventBytes(held) > parts.payloadBytesMax) return tooLarge(parts, held.length);
  const records = held.map((each) => each.record);
  const arrivalMs = records.at(-1)?.arrivalMs ?? 0;
  const sentMs = environment.clock.now();
  const running = call(parts, parts.writer.write(records));
  if (mayBeLost && switches.concurrentDuplicate === "may" && environment.random() < parts.chance) {
    await abandon(parts, running);
    return "lost";
  }
  if (switches.iteratorAge === "when-sent") metrics.iteratorAge(sentMs - arrivalMs, sentMs);
  const outcome = await running;
  const atMs = environment.clock.now();
  if (switches.iteratorAge === "when-done") metrics.iteratorAge(atMs - arrivalMs, atMs);
  if (outcome.kind === "ok" && parts.settings.reportBatchItemFailures) {
    return reported(
      parts,
      outcome.payload,
      records.map((record) => record.sequenceNumber),
      atMs,
    );
  }
  parts.progress.invoked(outcome);
  return counted(parts, outcome, records.length, atMs);
}

async function call({ environment, settings }: InvocationParts, payload: string): Promise<Outcome> {
  try {
    return await environment.invoke(settings.functionArn, payload);
  } catch (error) {
    environment.problem?.(`${settings.functionArn} could not be invoked: ${String(error)}`);
    return { kind: "throttled" };
  }
}

/** The poller is lost: its invocation goes on, and another poller takes the records up at any time, during it or after. */
async function abandon(parts: InvocationParts, running: Promise<Outcome>): Promise<void> {
  const { clock, random } = parts.environment;
  parts.abandoned.add(running);
  void running.finally(() => parts.abandoned.delete(running));
  const ms = Math.floor(random() * (parts.lostAfterMs + 1));
  if (ms > 0) await clock.sleep(ms);
}

function counted(parts: InvocationParts, outcome: Outcome, records: number, atMs: number): Verdict {
  const { metrics, switches } = parts;
  switch (outcome.kind) {
    case "ok":
      metrics.events("InvokedEventCount", records, atMs);
      return "success";
    case "function-error":
      metrics.events("InvokedEventCount", records, atMs);
      metrics.events("FailedInvokeEventCount", records, atMs);
      return "function-error";
    case "throttled":
      if (switches.throttledCountsAsInvoked === "yes") metrics.events("InvokedEventCount", records, atMs);
      metrics.events("FailedInvokeEventCount", records, atMs);
      return "throttled";
    case "refused":
      return tooLarge(parts, records);
    default:
      throw outcome satisfies never;
  }
}

/**
 * A response that names failed records is a successful invocation whose events did not all succeed: FailedInvokeEventCount
 * includes them (Lambda developer guide, "Types of metrics for Lambda functions").
 */
function reported(parts: InvocationParts, payload: string, sequenceNumbers: readonly string[], atMs: number): Verdict {
  const { metrics, progress, switches } = parts;
  const records = sequenceNumbers.length;
  const response = batchResponse(payload, sequenceNumbers);
  metrics.events("InvokedEventCount", records, atMs);
  switch (response.kind) {
    case "success":
      progress.invoked({ kind: "ok", payload });
      return "success";
    case "failure":
      progress.reported(records, records);
      metrics.events("FailedInvokeEventCount", records, atMs);
      return "bad-response";
    case "partial": {
      const [lowest] = response.places;
      const counts = { named: response.places.length, retried: records - lowest, batch: records };
      progress.reported(response.places.length, records);
      metrics.events("FailedInvokeEventCount", counts[switches.partialFailedCount], atMs);
      return { failedFrom: lowest };
    }
    default:
      throw response satisfies never;
  }
}

function tooLarge({ metrics, environment, switches }: InvocationParts, records: number): Verdict {
  metrics.events("FailedInvokeEventCount", records, environment.clock.now());
  return switches.recordTooLarge === "retry" && records === 1 ? "throttled" : "too-large";
}
