import type { Clock } from "../../../lib/clock.ts";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that moves when told. */
export class VirtualClock implements Clock {
  /** Lengths of all sleeps asked for, in order. */
  readonly slept: number[] = [];
  #nowMs: number;
  #sleepers: Sleeper[] = [];
  readonly #runs: boolean;

  /** One that `runs` jumps over every sleep at once. */
  constructor({ nowMs = 1_700_000_000_000, runs = false } = {}) {
    this.#nowMs = nowMs;
    this.#runs = runs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number): Promise<void> {
    this.slept.push(ms);
    if (this.#runs) {
      this.#nowMs += ms;
      return new Promise((resolve) => setImmediate(resolve));
    }
    return new Promise((wake) => this.#sleepers.push({ atMs: this.#nowMs + ms, wake }));
  }

  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { wake } of due) wake();
  }
}
