import { cpuMs } from "./cpu-ms.ts";
/** Milliseconds spent in calls, without those that stand-ins took to answer. */
export class Stopwatch {
  ms = 0;
  readonly #outsideMs: () => number;

  constructor(outsideMs: () => number) {
    this.#outsideMs = outsideMs;
  }

  /** Times a call to its end; nothing else may run meanwhile. */
  async time<T>(run: () => Promise<T>): Promise<T> {
    const start = cpuMs() - this.#outsideMs();
    try {
      return await run();
    } finally {
      this.ms += cpuMs() - this.#outsideMs() - start;
    }
  }
}

/** The object with every asynchronous method timed on the stopwatch for its name, and every other one too. */
export function timed<T extends object>(object: T, watchOf: (method: string) => Stopwatch): T {
  return new Proxy(object, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      const watch = watchOf(String(name));
      return (...parameters: unknown[]) => {
        const start = cpuMs();
        const result: unknown = method.apply(target, parameters);
        watch.ms += cpuMs() - start;
        return result instanceof Promise ? watch.time(() => result) : result;
      };
    },
  });
}
