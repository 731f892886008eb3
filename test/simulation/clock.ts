import type { Clock } from "../../local/clock.ts";

/** Something that is to happen; cancelled where `run` is undefined. */
interface Entry {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * Virtual time. Between two entries everything that can go on goes on: the queue of `process.nextTick` comes after all
 * promises, and needs no turn of the event loop. So nothing that really waits may be part of a run.
 */
export class SimulatedClock implements Clock {
  #nowMs: number;
  #order = 0;
  /** A binary heap, the earliest first, and among those the first asked for. */
  readonly #heap: Entry[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      if (signal === undefined) {
        this.at(ms, resolve);
        return;
      }
      const wake = (): void => {
        cancel();
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const cancel = this.at(ms, wake);
      signal.addEventListener("abort", wake, { once: true });
    });
  }

  /** Runs in so many milliseconds. Gives what cancels it. */
  at(ms: number, run: () => void): () => void {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run };
    this.#push(entry);
    return () => {
      entry.run = undefined;
    };
  }

  /** Lets everything happen that would happen within `ms`. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settled();
    for (let entry = this.#pop(endMs); entry !== undefined; entry = this.#pop(endMs)) {
      this.#nowMs = entry.atMs;
      entry.run?.();
      await settled();
    }
    this.#nowMs = endMs;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  /** The first entry that is not cancelled and not after `endMs`. */
  #pop(endMs: number): Entry | undefined {
    for (let [first] = this.#heap; first !== undefined; [first] = this.#heap) {
      if (first.run !== undefined && first.atMs > endMs) return undefined;
      this.#removeFirst();
      if (first.run !== undefined) return first;
    }
    return undefined;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        child = right;
        below++;
      }
      if (!isBefore(child, last)) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
  }
}

const isBefore = (a: Entry, b: Entry): boolean => (a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs);

/** After every promise that can go on has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
