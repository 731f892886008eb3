import { setTimeout } from "node:timers/promises";
import { type Clock, systemClock } from "../clock.ts";

/** Sleeps, but only until the signal. On the system's clock nothing is left behind that would keep the process alive. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  if (clock === systemClock) {
    await setTimeout(ms, undefined, { signal }).catch(() => {});
    return;
  }
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      signal.removeEventListener("abort", wake);
      resolve();
    };
    signal.addEventListener("abort", wake);
    void clock.sleep(ms).then(wake);
  });
}
