import type { HeldRecord } from "../batch/batch-buffer.ts";
import type { Discard } from "../batch/delivery.ts";
import type { SenderParts } from "../batch/sender-parts.ts";
import { type DiscardedRecords, failureKey, failureMessage, randomUuid } from "./on-failure.ts";

type Discarded = { readonly step: Discard; readonly records: readonly HeldRecord[] };

/** The discards of one batch, on their way to the destination: each by itself, or consolidated. */
export class Discards {
  readonly #parts: SenderParts;
  #pending: Discarded[] = [];

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Discarded, and not told to the destination yet. */
  get pending(): boolean {
    return this.#pending.length > 0;
  }

  async add(step: Discard, records: readonly HeldRecord[]): Promise<void> {
    this.#parts.progress.discarded(step.condition, records.length);
    const how = this.#parts.switches.discardsConsolidated;
    if (how === "each") return tell(this.#parts, { step, records });
    const at = this.#pending.findIndex(
      (other) => isAlike(other.step, step) && (how === "batch" || other.step.to === step.from),
    );
    const other = this.#pending[at];
    if (other !== undefined) {
      this.#pending[at] = merged(other, { step, records });
      return;
    }
    if (how === "adjacent") await this.flush();
    this.#pending.push({ step, records });
  }

  async flush(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    for (const each of pending) await tell(this.#parts, each);
  }
}

const isAlike = (a: Discard, b: Discard): boolean => a.condition === b.condition && a.byRetention === b.byRetention;

function merged(a: Discarded, b: Discarded): Discarded {
  const [first, second] = a.step.from <= b.step.from ? [a, b] : [b, a];
  const step: Discard = {
    ...b.step,
    from: first.step.from,
    to: Math.max(a.step.to, b.step.to),
    failures: Math.max(a.step.failures, b.step.failures),
    invocations: Math.max(a.step.invocations, b.step.invocations),
  };
  const records = [...first.records, ...second.records];
  records.sort(({ record: { sequenceNumber: a } }, { record: { sequenceNumber: b } }) => {
    return a.length - b.length || (a < b ? -1 : 1);
  });
  return { step, records };
}

/**
 * As Lambda does: one delivery to the destination, and what cannot be delivered is lost and counted. What the stream no
 * longer keeps does not count as dropped (Lambda developer guide, "Types of metrics for Lambda functions").
 */
async function tell(parts: SenderParts, { step, records }: Discarded): Promise<void> {
  const { settings, environment, metrics, shardId, switches } = parts;
  const [first, last] = [records[0]?.record, records.at(-1)?.record];
  if (first === undefined || last === undefined) throw new Error("Expected a discard of at least one record, got none");
  const atMs = environment.clock.now();
  if (settings.onFailure === undefined) {
    if (!step.byRetention) metrics.events("DroppedEventCount", records.length, atMs);
    return;
  }
  const counted = switches.approximateInvokeCount === "counted-attempts";
  const discarded: DiscardedRecords = {
    condition: step.condition,
    error: step.error,
    shardId,
    streamArn: settings.streamArn,
    functionArn: settings.functionArn,
    invokeCount: counted ? step.failures : step.invocations,
    first,
    last,
    records: records.length,
    atMs,
  };
  try {
    await deliver(parts, discarded, records);
    metrics.events("OnFailureDestinationDeliveredEventCount", records.length, atMs);
  } catch (error) {
    const { kind } = settings.onFailure;
    const what = `${records.length} discarded records of ${shardId}`;
    environment.problem?.(`${what} could not be told to the ${kind} destination: ${String(error)}`);
    metrics.destinationDeliveryFailure(atMs);
    metrics.events("DroppedEventCount", records.length, atMs);
  }
}

async function deliver(parts: SenderParts, discarded: DiscardedRecords, records: readonly HeldRecord[]): Promise<void> {
  const { settings, environment, switches } = parts;
  const { onFailure } = settings;
  if (onFailure === undefined) return;
  const uuid = randomUuid(environment.random);
  const message = failureMessage(discarded, uuid);
  if (onFailure.kind === "s3") {
    const event = parts.writer.write(records.map((held) => held.record));
    const payload: unknown = switches.s3Payload === "object" ? JSON.parse(event) : event;
    const key = failureKey(settings.uuid, discarded, uuid);
    return environment.destination.put(onFailure.bucket, key, JSON.stringify({ ...message, payload }));
  }
  if (environment.destination.send === undefined) throw new Error(`there is nothing to send to ${onFailure.arn} with`);
  return environment.destination.send(onFailure.arn, JSON.stringify(message));
}
