import type { InvokeOutcome } from "../lambda/invoke-outcome.ts";
import type { DiscardCondition } from "./batch/delivery.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** A shard of a mapping, as one would ask about it. */
export interface ShardStatus {
  readonly shardId: string;
  readonly state: "waiting for its parents" | "reading" | "ended" | "stopped";
  /** The age of the last record that has been read and not been dealt with; while there is none, the reader's lag. */
  readonly iteratorAgeMs: number;
  readonly checkpoint: Checkpoint | undefined;
  readonly lastResult: string;
  /** Invocations of the present batch that did not succeed. */
  readonly retries: number;
}

/** What is known of a shard while it is read. */
export class ShardProgress {
  readonly shardId: string;
  state: ShardStatus["state"] = "waiting for its parents";
  checkpoint: Checkpoint | undefined;
  /** Arrival of the newest record read and not dealt with. */
  pendingArrivalMs: number | undefined;
  behindMs = 0;
  #lastResult = "No records processed";
  #retries = 0;

  constructor(shardId: string, checkpoint: Checkpoint | undefined) {
    this.shardId = shardId;
    this.checkpoint = checkpoint;
  }

  /** There is nothing left to read. */
  end(checkpoint: Checkpoint): void {
    this.state = "ended";
    this.checkpoint = checkpoint;
  }

  /** A batch was taken up. */
  begin(): void {
    this.#retries = 0;
  }

  invoked(outcome: InvokeOutcome): void {
    if (outcome.kind !== "ok") this.#retries++;
    this.#lastResult = resultText(outcome);
  }

  /** The function named records that failed. */
  reported(failed: number, records: number): void {
    this.#retries++;
    this.#lastResult = `PROBLEM: Function reported ${failed} of ${records} records as failed`;
  }

  /** Records outlived the stream's retention, and nobody was told. */
  vanished(records: number): void {
    this.#lastResult = `PROBLEM: ${records} records expired in the stream`;
  }

  discarded(condition: DiscardCondition, records: number): void {
    this.#lastResult = `PROBLEM: ${records} records discarded: ${condition}`;
  }

  failed(problem: string): void {
    this.#lastResult = `PROBLEM: ${problem}`;
  }

  status(nowMs: number): ShardStatus {
    return {
      shardId: this.shardId,
      state: this.state,
      iteratorAgeMs: this.pendingArrivalMs === undefined ? this.behindMs : Math.max(0, nowMs - this.pendingArrivalMs),
      checkpoint: this.checkpoint,
      lastResult: this.#lastResult,
      retries: this.#retries,
    };
  }
}

/** In the manner of the mapping's LastProcessingResult at Lambda. */
function resultText(outcome: InvokeOutcome): string {
  switch (outcome.kind) {
    case "ok":
      return "OK";
    case "function-error":
      return `PROBLEM: Function call failed: ${outcome.errorType}: ${outcome.errorMessage}`;
    case "throttled":
      return "PROBLEM: Function throttled";
    case "refused":
      return `PROBLEM: Function call refused: ${outcome.reason}`;
    default:
      throw outcome satisfies never;
  }
}
