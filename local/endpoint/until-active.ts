import { setTimeout as sleep } from "node:timers/promises";

const wait_ms = 10_000;

/**
 * Asks until what is asked about is ACTIVE. Throws when it is not within 10 seconds: a process that ended while it
 * made or changed a stream or table leaves it as it was then.
 */
export async function untilActive<T>(what: string, ask: () => Promise<T>, status: (answer: T) => string): Promise<T> {
  const end_ms = performance.now() + wait_ms;
  for (;;) {
    const answer = await ask();
    if (status(answer) === "ACTIVE") return answer;
    if (performance.now() > end_ms) throw new Error(`Expected ${what} to become ACTIVE, it stays ${status(answer)}`);
    await sleep(1);
  }
}
