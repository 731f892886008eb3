import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { MetricSink } from "../cloudwatch/metrics.ts";
import { putEmbeddedMetrics } from "./embedded-metrics.ts";
import type { Whereabouts } from "./environment-variables.ts";
import type { LogStream } from "./execution-environment.ts";
import { FunctionPool } from "./function-pool.ts";
import { checkFunctionSettings, type FunctionSettings } from "./function-settings.ts";
import type { InvokeOutcome } from "./invoke-outcome.ts";
import { requestBytesMax } from "./payload-limits.ts";
import { runtimeApi } from "./runtime-api.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";

export interface LogLine {
  readonly functionName: string;
  /** `platform` for Lambda's own START, END and REPORT. */
  readonly stream: LogStream;
  readonly text: string;
}

export interface LambdaOptions {
  readonly log: (line: LogLine) => void;
  readonly metrics: MetricSink;
  /** Of the runtime API, on 127.0.0.1; any free one where not given. */
  readonly port?: number;
  /** After which an environment without work is ended; 60 where not given. */
  readonly idleSeconds?: number;
  /** Processes a function may have; an invocation more waits for one. 4 where not given. */
  readonly environmentsMax?: number;
  /** Invocations of a function at one time, waiting ones too; more are throttled. 1,000, like an account, where not given. */
  readonly concurrencyMax?: number;
  readonly region?: string;
  readonly accountId?: string;
}

/** Lambda: functions as processes of this machine. */
export interface Lambda extends Whereabouts {
  /** Throws if the settings are not what Lambda takes, or the name is taken. */
  define(settings: FunctionSettings): void;
  has(name: string): boolean;
  /** Invokes synchronously. Rejects if there is no such function; whatever happens to the invocation is an outcome. */
  invoke(name: string, payload: string): Promise<InvokeOutcome>;
  environments(): { functionName: string; pid: number | undefined; busy: boolean }[];
  /** Ends every process, and resolves when they are gone. */
  close(): Promise<void>;
}

const memoryCheckMs = 200;

export async function startLambda(options: LambdaOptions): Promise<Lambda> {
  const watchdog = startWatchdog();
  const lambda = new LocalLambda(options, watchdog);
  await lambda.listen(options.port ?? 0);
  return lambda;
}

class LocalLambda implements Lambda {
  readonly region: string;
  readonly accountId: string;
  readonly #options: LambdaOptions;
  readonly #watchdog: Watchdog;
  readonly #pools = new Map<string, FunctionPool>();
  readonly #server: Server;
  readonly #memoryCheck: NodeJS.Timeout;

  constructor(options: LambdaOptions, watchdog: Watchdog) {
    this.region = options.region ?? "us-east-1";
    this.accountId = options.accountId ?? "000000000000";
    this.#options = options;
    this.#watchdog = watchdog;
    this.#server = createServer(runtimeApi((id) => this.#environment(id)));
    // A runtime keeps one connection, and leaves it alone for as long as its handler takes.
    this.#server.keepAliveTimeout = 0;
    this.#server.requestTimeout = 0;
    this.#memoryCheck = setInterval(() => {
      for (const environment of this.#all()) environment.holdToMemory();
    }, memoryCheckMs);
    this.#memoryCheck.unref();
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  define(settings: FunctionSettings): void {
    checkFunctionSettings(settings);
    if (this.#pools.has(settings.name)) throw new Error(`Function ${settings.name} is defined twice`);
    const { log } = this.#options;
    this.#pools.set(
      settings.name,
      new FunctionPool(settings, {
        where: this,
        watchdog: this.#watchdog,
        runtimeApiHost: `127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
        environmentsMax: this.#options.environmentsMax ?? 4,
        concurrencyMax: this.#options.concurrencyMax ?? 1_000,
        idleSeconds: this.#options.idleSeconds ?? 60,
        log: (stream, text) => {
          log({ functionName: settings.name, stream, text });
          if (stream === "stdout") putEmbeddedMetrics(text, this.#options.metrics);
        },
        done: (outcome, durationMs) => this.#measure(settings.name, outcome, durationMs),
      }),
    );
  }

  has(name: string): boolean {
    return this.#pools.has(name);
  }

  async invoke(name: string, payload: string): Promise<InvokeOutcome> {
    const pool = this.#pools.get(name);
    if (pool === undefined) throw new Error(`There is no function ${name}`);
    const bytes = Buffer.byteLength(payload);
    if (bytes > requestBytesMax) {
      return { kind: "refused", reason: `Expected a payload of at most ${requestBytesMax} bytes, got ${bytes}` };
    }
    const outcome = await pool.invoke(payload);
    if (outcome.kind === "throttled") this.#put(name, "Throttles", 1, "Count");
    return outcome;
  }

  environments(): { functionName: string; pid: number | undefined; busy: boolean }[] {
    return [...this.#pools].flatMap(([functionName, pool]) =>
      pool.environments().map(({ pid, busy }) => ({ functionName, pid, busy })),
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#memoryCheck);
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    await this.#watchdog.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  *#all() {
    for (const pool of this.#pools.values()) yield* pool.environments();
  }

  #environment(id: string) {
    for (const pool of this.#pools.values()) {
      const environment = pool.environment(id);
      if (environment !== undefined) return environment;
    }
    return undefined;
  }

  /** A throttled invocation counts neither as an invocation nor as an error (Lambda developer guide, "Types of metrics"). */
  #measure(name: string, outcome: InvokeOutcome, durationMs: number): void {
    this.#put(name, "Invocations", 1, "Count");
    this.#put(name, "Errors", outcome.kind === "function-error" ? 1 : 0, "Count");
    this.#put(name, "Throttles", 0, "Count");
    this.#put(name, "Duration", durationMs, "Milliseconds");
  }

  #put(functionName: string, name: string, value: number, unit: "Count" | "Milliseconds"): void {
    const dimensions = { FunctionName: functionName };
    this.#options.metrics.put({ namespace: "AWS/Lambda", name, dimensions, value, unit, atMs: Date.now() });
  }
}
