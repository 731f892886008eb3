import { randomUUID } from "node:crypto";
import type { Whereabouts } from "./environment-variables.ts";
import { ExecutionEnvironment, type Invocation, type LogStream } from "./execution-environment.ts";
import type { FunctionSettings } from "./function-settings.ts";
import type { InvokeOutcome } from "./invoke-outcome.ts";
import type { Watchdog } from "./watchdog.ts";

/** What the environments of all functions share. */
export interface PoolParts {
  readonly where: Whereabouts;
  readonly watchdog: Watchdog;
  /** `host:port` of the runtime API. */
  readonly runtimeApiHost: string;
  readonly environmentsMax: number;
  readonly concurrencyMax: number;
  readonly idleSeconds: number;
  readonly log: (stream: LogStream, text: string) => void;
  /** Of every invocation that was begun. */
  readonly done: (outcome: InvokeOutcome, durationMs: number) => void;
}

/** Payloads of invocations that wait for an environment. */
const waitingBytesMax = 64 * 1024 * 1024;

/** The execution environments of one function, and the invocations that wait for one. */
export class FunctionPool {
  readonly #settings: FunctionSettings;
  readonly #parts: PoolParts;
  readonly #environments = new Map<string, ExecutionEnvironment>();
  /** Those without work, the one used last at the end: it is taken first, so that the others can be reaped. */
  readonly #idle: ExecutionEnvironment[] = [];
  readonly #reaping = new Map<string, NodeJS.Timeout>();
  readonly #waiting: Invocation[] = [];
  #inProgress = 0;
  #waitingBytes = 0;
  #closed = false;
  #emptied: (() => void) | undefined;

  constructor(settings: FunctionSettings, parts: PoolParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  environments(): ExecutionEnvironment[] {
    return [...this.#environments.values()];
  }

  environment(id: string): ExecutionEnvironment | undefined {
    return this.#environments.get(id);
  }

  invoke(payload: string): Promise<InvokeOutcome> {
    const limit = Math.min(this.#settings.reservedConcurrency ?? Number.POSITIVE_INFINITY, this.#parts.concurrencyMax);
    const full = this.#inProgress >= limit || this.#waitingBytes + payload.length > waitingBytesMax;
    if (this.#closed || full) return Promise.resolve({ kind: "throttled" });
    this.#inProgress++;
    return new Promise((resolve) => {
      const settle = (outcome: InvokeOutcome, durationMs: number) => {
        this.#inProgress--;
        this.#parts.done(outcome, durationMs);
        resolve(outcome);
      };
      this.#waiting.push({ requestId: randomUUID(), payload, settle });
      this.#waitingBytes += payload.length;
      this.#distribute();
    });
  }

  /** Kills every environment, and resolves when they are gone. What was under way ends in an error. */
  close(): Promise<void> {
    this.#closed = true;
    for (const invocation of this.#waiting.splice(0)) invocation.settle(closed, 0);
    for (const environment of this.#environments.values()) environment.kill();
    for (const timer of this.#reaping.values()) clearTimeout(timer);
    return new Promise((resolve) => {
      if (this.#environments.size === 0) resolve();
      else this.#emptied = resolve;
    });
  }

  #distribute(): void {
    while (this.#waiting.length > 0) {
      const environment = this.#idle.pop() ?? this.#start();
      if (environment === undefined) return;
      clearTimeout(this.#reaping.get(environment.id));
      this.#reaping.delete(environment.id);
      const invocation = this.#waiting.shift();
      if (invocation === undefined) return;
      this.#waitingBytes -= invocation.payload.length;
      environment.give(invocation);
    }
  }

  #start(): ExecutionEnvironment | undefined {
    if (this.#closed || this.#environments.size >= this.#parts.environmentsMax) return undefined;
    const environment = new ExecutionEnvironment(
      this.#settings,
      {
        where: this.#parts.where,
        log: this.#parts.log,
        available: (each) => this.#available(each),
        gone: (each, notBegun) => this.#gone(each, notBegun),
      },
      this.#parts.runtimeApiHost,
    );
    this.#environments.set(environment.id, environment);
    if (environment.pid !== undefined) this.#parts.watchdog.watch(environment.pid);
    return environment;
  }

  #available(environment: ExecutionEnvironment): void {
    this.#idle.push(environment);
    const reap = setTimeout(() => {
      this.#forgetIdle(environment);
      environment.kill();
    }, this.#parts.idleSeconds * 1000);
    reap.unref();
    this.#reaping.set(environment.id, reap);
    this.#distribute();
  }

  #gone(environment: ExecutionEnvironment, notBegun: Invocation | undefined): void {
    this.#environments.delete(environment.id);
    this.#forgetIdle(environment);
    if (environment.pid !== undefined) this.#parts.watchdog.forget(environment.pid);
    if (notBegun !== undefined) {
      if (this.#closed) notBegun.settle(closed, 0);
      else {
        this.#waiting.unshift(notBegun);
        this.#waitingBytes += notBegun.payload.length;
      }
    }
    if (this.#environments.size === 0) this.#emptied?.();
    this.#distribute();
  }

  #forgetIdle(environment: ExecutionEnvironment): void {
    clearTimeout(this.#reaping.get(environment.id));
    this.#reaping.delete(environment.id);
    const at = this.#idle.indexOf(environment);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}

const closed: InvokeOutcome = {
  kind: "function-error",
  errorType: "Runtime.ExitError",
  errorMessage: "The laptop's Lambda was closed",
  handled: false,
};
