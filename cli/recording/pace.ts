import type { Clock } from "../../lib/clock.ts";

/** Longest sleep in one piece, in milliseconds: progress is shown and an end is noticed in between. */
const napMs = 1_000;

/** Real time at which an event is due: spaced like the recording, `speed` times as fast, from the first event on. */
export class Pace {
  readonly #speed: number;
  readonly #clock: Clock;
  #startMs = 0;
  #firstMs: number | undefined;

  /** `speed` "max" never waits. Throws a RangeError for a speed that is no positive number. */
  constructor(speed: number | "max", clock: Clock) {
    if (speed !== "max" && !(speed > 0)) throw new RangeError(`expected a speed above 0 or max, got ${speed}`);
    this.#speed = speed === "max" ? Number.POSITIVE_INFINITY : speed;
    this.#clock = clock;
  }

  /** Milliseconds until an event is due; 0 or less when it is. */
  waitMs(timeMs: number): number {
    if (this.#firstMs === undefined) {
      this.#firstMs = timeMs;
      this.#startMs = this.#clock.now();
    }
    if (this.#speed === Number.POSITIVE_INFINITY) return 0;
    return this.#startMs + (timeMs - this.#firstMs) / this.#speed - this.#clock.now();
  }

  /** Sleeps towards an event: true when it is due, false after a nap when it is not yet. */
  async nap(timeMs: number): Promise<boolean> {
    const waitMs = this.waitMs(timeMs);
    if (waitMs <= 0) return true;
    await this.#clock.sleep(Math.ceil(Math.min(waitMs, napMs)));
    return this.waitMs(timeMs) <= 0;
  }
}
