import type { Clock } from "../clock.ts";

/** How often something may be done: so often at once, and then once in a while. */
export interface Rate {
  readonly burst: number;
  readonly everyMs: number;
}

/** Lets something be done no more often than a rate. */
export class TokenBucket {
  readonly #rate: Rate;
  readonly #clock: Pick<Clock, "now">;
  #tokens: number;
  #filledMs: number;

  constructor(rate: Rate, clock: Pick<Clock, "now">) {
    this.#rate = rate;
    this.#clock = clock;
    this.#tokens = rate.burst;
    this.#filledMs = clock.now();
  }

  /** Whether it may be done now; if so, that counts. */
  take(): boolean {
    const { burst, everyMs } = this.#rate;
    const nowMs = this.#clock.now();
    this.#tokens = Math.min(burst, this.#tokens + Math.max(0, nowMs - this.#filledMs) / everyMs);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
