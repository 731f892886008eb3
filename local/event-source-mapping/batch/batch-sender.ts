import { Discards } from "../failure/discards.ts";
import { invoke } from "../invocation/invocation.ts";
import type { HeldRecord } from "./batch-buffer.ts";
import {
  afterDiscard,
  afterInvoke,
  type Delivery,
  type DeliveryRules,
  doneBefore,
  type ExpiryOf,
  nextStep,
  type Pause,
  type Step,
  startDelivery,
} from "./delivery.ts";
import { type RecordSupply, recut } from "./re-cut.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { SenderParts } from "./sender-parts.ts";

/** What a batch has to do with the shard around it. */
export interface Surroundings extends RecordSupply {
  /** Keeps a checkpoint within the batch; false if the signal aborted before it was kept. */
  keep(sequenceNumber: string): Promise<boolean>;
}

type Range = { readonly from: number; readonly to: number };

/** One batch on its way. */
export class BatchSender {
  readonly #parts: SenderParts;
  readonly #batch: HeldRecord[];
  readonly #around: Surroundings;
  readonly #signal: AbortSignal;
  readonly #rules: DeliveryRules;
  readonly #discards: Discards;
  #delivery: Delivery;
  /** Records before this place are behind a checkpoint. */
  #kept = 0;
  /** Whether a poller was lost with this batch: once is enough to show what it does. */
  #wasLost = false;

  /** Where retries are cut anew, `batch` becomes longer or shorter, and is in the end what was dealt with. */
  constructor(parts: SenderParts, batch: HeldRecord[], around: Surroundings, signal: AbortSignal) {
    const { settings, switches } = parts;
    this.#parts = parts;
    this.#batch = batch;
    this.#around = around;
    this.#signal = signal;
    this.#rules = {
      retriesMax: settings.maximumRetryAttempts,
      bisect: settings.bisectBatchOnFunctionError,
      switches,
    };
    this.#discards = new Discards(parts);
    this.#delivery = startDelivery(batch.length);
  }

  /**
   * Invokes the function until every record has succeeded or was discarded. Resolves to false if the signal aborted
   * first; an invocation under way is awaited all the same.
   */
  async send(): Promise<boolean> {
    const expiryOf = expiry(this.#parts, this.#batch);
    for (;;) {
      const { delivery, step } = nextStep(this.#delivery, expiryOf, this.#rules);
      this.#delivery = delivery;
      if (step.kind === "done") break;
      if (!(await this.#take(step))) return false;
    }
    await this.#discards.flush();
    return true;
  }

  async #take(step: Exclude<Step, { kind: "done" }>): Promise<boolean> {
    switch (step.kind) {
      case "invoke":
        return this.#invoke(step);
      case "discard":
        await this.#discards.add(step, this.#living(step));
        break;
      case "vanish":
        this.#parts.progress.vanished(step.to - step.from);
        break;
      default:
        throw step satisfies never;
    }
    this.#delivery = afterDiscard(this.#delivery, step);
    return this.#keep(false);
  }

  async #invoke(step: Range): Promise<boolean> {
    if (this.#signal.aborted) return false;
    const answer = await invoke(this.#parts, this.#living(step), !this.#wasLost);
    // Whoever stops the mapping may stop the function too: that is not held against the records.
    if (this.#signal.aborted && answer !== "success") return false;
    const verdict = typeof answer === "object" ? { failedFrom: this.#placeOf(step.from, answer.failedFrom) } : answer;
    const { delivery, pause } = afterInvoke(this.#delivery, verdict, this.#rules);
    this.#delivery = delivery;
    if (!(await this.#keep(typeof verdict === "object"))) return false;
    await this.#pause(pause);
    if (verdict === "lost") this.#wasLost = true;
    if (verdict === "lost" || pause.kind === "retry") await this.#recut();
    return true;
  }

  /** What of a range is still to be sent. */
  #living({ from, to }: Range): HeldRecord[] {
    const { holes } = this.#delivery;
    const records = this.#batch.slice(from, to);
    return holes.size === 0 ? records : records.filter((_, n) => !holes.has(from + n));
  }

  #placeOf(from: number, nth: number): number {
    const { holes } = this.#delivery;
    let place = from;
    for (let left = nth; left > 0 || holes.has(place); place++) if (!holes.has(place)) left--;
    return place;
  }

  /** A partial response is a checkpoint by itself; a discard is only dealt with once the destination was told. */
  async #keep(partial: boolean): Promise<boolean> {
    if (!partial && this.#parts.switches.checkpointWithinBatch === "whole-batch") return true;
    const done = doneBefore(this.#delivery, this.#batch.length);
    const last = this.#batch[done - 1];
    if (done <= this.#kept || done === this.#batch.length || last === undefined || this.#discards.pending) return true;
    this.#kept = done;
    return this.#around.keep(last.record.sequenceNumber);
  }

  async #pause(length: Pause): Promise<void> {
    if (length.kind === "none") return;
    const { environment, retryDelay } = this.#parts;
    const { clock, random } = environment;
    const ms = length.kind === "split" ? retryDelay.splitMs : retryDelayMs(length.n, retryDelay, random);
    if (ms > 0) await clock.sleep(ms, this.#signal);
  }

  async #recut(): Promise<void> {
    const { settings, switches, payloadBytesMax, environment } = this.#parts;
    if (switches.retryEdges === "same" || this.#signal.aborted) return;
    const limits = { batchSize: settings.batchSize, payloadBytesMax };
    this.#delivery = await recut(this.#delivery, this.#batch, limits, this.#around, environment.random);
  }
}

/** Undefined where nothing ever grows too old. */
function expiry(parts: SenderParts, batch: readonly HeldRecord[]): ExpiryOf | undefined {
  const { recordAgeMsMax, retentionMsMax, environment, switches } = parts;
  const { clock } = environment;
  if (Math.min(recordAgeMsMax, retentionMsMax) === Number.POSITIVE_INFINITY) return undefined;
  return (at, tried) => {
    const held = batch[at];
    if (held === undefined) return "living";
    const judgedMs = switches.recordAgeJudged === "when-read" && !tried ? held.readMs : clock.now();
    const ageMs = judgedMs - held.record.arrivalMs;
    if (ageMs > recordAgeMsMax) return "aged";
    return ageMs > retentionMsMax ? "expired" : "living";
  };
}
