import { type Clock, systemClock } from "../clock.ts";

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
