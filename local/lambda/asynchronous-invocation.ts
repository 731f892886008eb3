import type { Clock } from "../clock.ts";
import type { InvokeOutcome } from "./invoke-outcome.ts";

export interface AsynchronousParts {
  readonly clock: Clock;
  readonly invoke: (name: string, payload: string) => Promise<InvokeOutcome>;
  /** Told of an event that is given up. */
  readonly problem: (text: string) => void;
}

/** Waits before the two retries of an event whose function failed. */
const errorWaitsMs = [60_000, 120_000];
/** An event that cannot be invoked is tried for six hours, after waits that grow from 1 second to 5 minutes. */
const eventAgeMsMax = 6 * 3_600_000;
const throttleWaitMsMax = 300_000;
const eventsMax = 1_000;

/**
 * Invokes functions asynchronously, with Lambda's retries (Lambda developer guide, "How Lambda handles errors and
 * retries with asynchronous invocation"). Returns false if it holds too many events already. Those that it holds are
 * lost when the signal aborts.
 */
export function asynchronousInvocation(
  parts: AsynchronousParts,
  signal: AbortSignal,
): (name: string, payload: string) => boolean {
  let held = 0;
  return (name, payload) => {
    if (held >= eventsMax || signal.aborted) return false;
    held++;
    deliver(parts, name, payload, signal)
      .catch((error: unknown) => parts.problem(`An event for ${name} was given up: ${String(error)}`))
      .finally(() => {
        held--;
      });
    return true;
  };
}

async function deliver(parts: AsynchronousParts, name: string, payload: string, signal: AbortSignal): Promise<void> {
  const sinceMs = parts.clock.now();
  let errors = 0;
  let throttles = 0;
  while (!signal.aborted) {
    const outcome = await parts.invoke(name, payload);
    if (outcome.kind === "ok") return;
    if (outcome.kind === "refused") throw new Error(outcome.reason);
    let waitMs: number | undefined;
    if (outcome.kind === "throttled") waitMs = Math.min(throttleWaitMsMax, 1_000 * 2 ** throttles++);
    else waitMs = errorWaitsMs[errors++];
    if (waitMs === undefined) throw new Error(`failed ${errors} times, lastly: ${lastError(outcome)}`);
    if (parts.clock.now() + waitMs - sinceMs > eventAgeMsMax) throw new Error(`too old: ${lastError(outcome)}`);
    await parts.clock.sleep(waitMs, signal);
  }
}

function lastError(outcome: InvokeOutcome): string {
  return outcome.kind === "function-error" ? `${outcome.errorType}: ${outcome.errorMessage}` : outcome.kind;
}
