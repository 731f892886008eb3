import { type Clock, systemClock } from "../clock.ts";

export interface Backoff {
  /** Upper edge of the first wait, in milliseconds; it doubles with every attempt. */
  readonly baseMs: number;
  readonly capMs: number;
  /** Attempts in all, the first one included. */
  readonly attemptsMax: number;
}

/**
 * How long to wait after so many failed attempts: uniform between 0 and the doubling edge ("full jitter", AWS
 * Architecture Blog, "Exponential Backoff And Jitter"). `random` is in [0, 1).
 */
export function backoffMs({ baseMs, capMs }: Backoff, failures: number, random: () => number): number {
  return Math.ceil(random() * Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 30)));
}

/** Sleeps, but only until the signal. On the system's clock nothing is left behind that would keep the process alive. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = later(clock, ms, wake);
    signal.addEventListener("abort", wake);
  });
}

/** Calls after so many milliseconds; gives what prevents it. */
export function later(clock: Clock, ms: number, call: () => void): () => void {
  // Not the timer of promises: to end that early costs an error with its stack, for each of a server's requests.
  if (clock === systemClock) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  }
  let isOver = false;
  void clock.sleep(ms).then(() => {
    if (!isOver) call();
  });
  return () => {
    isOver = true;
  };
}
