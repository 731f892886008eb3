import type { Clock } from "./clock.ts";

const firstDelayMs = 100;
const delayMsMax = 10_000;

/**
 * Runs `attempt` until it succeeds, throws what is not `passing`, or patience ends; then throws the last error. Delays
 * double, with full jitter, so that the functions of many shards do not come back together.
 */
export async function persist<T>(
  attempt: () => Promise<T>,
  passing: (error: unknown) => boolean,
  { deadlineMs, onWait }: Patience,
  clock: Clock,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const delayMs = Math.ceil(Math.random() * Math.min(delayMsMax, firstDelayMs * 2 ** tries));
      if (!passing(error) || clock.now() + delayMs >= deadlineMs) throw error;
      onWait?.(error instanceof Error ? error.name : "unknown error", delayMs);
      await clock.sleep(delayMs);
    }
  }
}

/** How long to go on trying, and whom to tell of a wait. */
export interface Patience {
  /** Epoch milliseconds; what has not succeeded by then throws. */
  readonly deadlineMs: number;
  /** Told before each wait, in words for the log. */
  readonly onWait?: (why: string, delayMs: number) => void;
}
