import { healthOf, type SourceHealth } from "../page/health.ts";
import type { ApiFailure } from "./api-failure.ts";
import { Poller } from "./poller.ts";

/** One thing that the page asks the API for. */
export interface Source {
  readonly everyMs: number;
  /** See SourceHealth. */
  readonly live: boolean;
  /** Asks for it and shows it. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly onFailure?: (failure: ApiFailure, shownAtMs: number | undefined) => void;
}

interface Entry {
  readonly poller: Poller;
  health: SourceHealth;
}

/** All that the page asks for, each at its own pace, and how it goes. */
export class Sources {
  readonly #entries = new Map<string, Entry>();
  readonly #onChange: () => void;
  #running = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get health(): ReadonlyMap<string, SourceHealth> {
    return new Map([...this.#entries].map(([name, { health }]) => [name, health]));
  }

  add(name: string, { everyMs, live, work, onFailure }: Source): void {
    this.remove(name);
    const poller = new Poller({
      everyMs,
      work,
      onSuccess: () => {
        const wasDown = healthOf(this.health).level === "down";
        this.#note(name, { live, shownAtMs: Date.now(), failure: undefined, retryAtMs: 0 });
        if (wasDown) this.#hurry();
      },
      onFailure: (failure, retryAtMs) => {
        const shownAtMs = this.#entries.get(name)?.health.shownAtMs;
        onFailure?.(failure, shownAtMs);
        this.#note(name, { live, shownAtMs, failure, retryAtMs });
      },
    });
    this.#entries.set(name, { poller, health: { live, shownAtMs: undefined, failure: undefined, retryAtMs: 0 } });
    if (this.#running) poller.start();
  }

  remove(name: string): void {
    this.#entries.get(name)?.poller.stop();
    this.#entries.delete(name);
  }

  /** Asks at once: the question has changed. */
  again(name: string): void {
    this.#entries.get(name)?.poller.again();
  }

  run(running: boolean): void {
    this.#running = running;
    for (const { poller } of this.#entries.values()) {
      if (running) poller.start();
      else poller.pause();
    }
  }

  /** The API is back: nothing need wait for its next try. */
  #hurry(): void {
    for (const { poller, health } of this.#entries.values()) {
      if (health.failure !== undefined) poller.hurry();
    }
  }

  #note(name: string, health: SourceHealth): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.health = health;
    this.#onChange();
  }
}
