import { ApiFailure } from "./api-failure.ts";

const backoffFirstMs = 5_000;
const backoffMaxMs = 60_000;

/** How many times in a row a 429 is not a failure: the page keeps what it shows. */
const busyMax = 5;

/** The wait after so many failures in a row: 5 s, doubled up to a minute, and spread by a quarter either way. */
export const backoffMs = (failures: number, random: number): number =>
  Math.min(backoffMaxMs, backoffFirstMs * 2 ** (failures - 1)) * (0.75 + random / 2);

export interface PollerOptions {
  readonly everyMs: number;
  /** Asks and shows. Its signal aborts when the question has changed. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly onSuccess: () => void;
  readonly onFailure: (failure: ApiFailure, retryAtMs: number) => void;
}

/** Does its work now and then while it runs, never twice at a time. */
export class Poller {
  readonly #options: PollerOptions;
  #running = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #current: AbortController | undefined;
  #failures = 0;
  #busy = 0;
  #dueMs = 0;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** Starts, or goes on after `pause`: at once where the work is due. */
  start(): void {
    this.#running = true;
    this.#plan();
  }

  /** Starts no more work; work under way may end. */
  pause(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Does the work at once, unless it is under way. */
  hurry(): void {
    this.#dueMs = 0;
    this.#plan();
  }

  /** Drops the work under way and does it anew: the question has changed. */
  again(): void {
    this.#current?.abort();
    this.#current = undefined;
    this.hurry();
  }

  /** Stops for good. */
  stop(): void {
    this.pause();
    this.#current?.abort();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (!this.#running || this.#current !== undefined) return;
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, this.#dueMs - Date.now()));
  }

  async #run(): Promise<void> {
    const { everyMs, work, onSuccess, onFailure } = this.#options;
    const current = new AbortController();
    this.#current = current;
    const startMs = Date.now();
    try {
      await work(current.signal);
      if (this.#current !== current || current.signal.aborted) return;
      const endMs = Date.now();
      this.#failures = 0;
      this.#busy = 0;
      // A slow API gets as long a rest as it took for the answer.
      this.#dueMs = Math.max(startMs + everyMs, endMs + (endMs - startMs));
      onSuccess();
    } catch (cause) {
      // A dropped question has no result, good or bad.
      if (this.#current !== current || current.signal.aborted) return;
      const failure = asFailure(cause);
      if (failure.busyMs !== undefined && this.#busy < busyMax) {
        this.#busy += 1;
        // Later each time, and spread: all who were turned away come again.
        this.#dueMs = Date.now() + failure.busyMs * this.#busy * (1 + Math.random());
        return;
      }
      this.#failures += 1;
      this.#dueMs = Date.now() + backoffMs(this.#failures, Math.random());
      onFailure(failure, this.#dueMs);
    } finally {
      if (this.#current === current) {
        this.#current = undefined;
        this.#plan();
      }
    }
  }
}

function asFailure(cause: unknown): ApiFailure {
  if (cause instanceof ApiFailure) return cause;
  // A fault of the page itself: whoever looks for it needs the stack.
  console.error(cause);
  return new ApiFailure(true, "The page could not show the answer", { cause });
}
