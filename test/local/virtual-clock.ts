import type { Clock } from "../../local/clock.ts";

type Sleeper = { readonly atMs: number; readonly order: number; readonly wake: () => void };

/** A clock that stands still until it is advanced. Sleepers wake in the order of their times, then of their calls. */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  /** Lets everything happen that would happen within `ms`. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      const next = this.#next();
      if (next === undefined || next.atMs > endMs) break;
      this.#nowMs = next.atMs;
      next.wake();
    }
    this.#nowMs = endMs;
  }

  #next(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      const earlier = first === undefined || sleeper.atMs < first.atMs;
      if (earlier || (sleeper.atMs === first?.atMs && sleeper.order < first.order)) first = sleeper;
    }
    return first;
  }
}

/** After every promise that can go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
