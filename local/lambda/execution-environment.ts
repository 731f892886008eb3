import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { environmentVariables, functionArn, type Whereabouts } from "./environment-variables.ts";
import type { FunctionSettings } from "./function-settings.ts";
import type { InvokeOutcome } from "./invoke-outcome.ts";
import { logLines } from "./log-lines.ts";
import { responseBytesMax } from "./payload-limits.ts";
import { processMemory } from "./process-memory.ts";
import type { RuntimeError, RuntimeInvocation, RuntimeSession } from "./runtime-api.ts";

/** An invocation to be done. */
export interface Invocation {
  readonly requestId: string;
  readonly payload: string;
  /** Called once. */
  readonly settle: (outcome: InvokeOutcome, durationMs: number) => void;
}

export type LogStream = "stdout" | "stderr" | "platform";

/** What an environment tells the one who keeps it. */
export interface EnvironmentOwner {
  readonly where: Whereabouts;
  log(stream: LogStream, text: string): void;
  /** It has answered, and can be given another invocation. */
  available(environment: ExecutionEnvironment): void;
  /** Its process is gone. The invocation is one that it was given and never began. */
  gone(environment: ExecutionEnvironment, notBegun: Invocation | undefined): void;
}

type Running = { readonly invocation: Invocation; readonly beganMs: number };
type FunctionError = Extract<InvokeOutcome, { kind: "function-error" }>;

const bootstrap = fileURLToPath(new URL("bootstrap.mjs", import.meta.url));

/** The init phase has 10 seconds (Lambda developer guide, "Understanding the Lambda execution environment lifecycle"). */
const initSecondsMax = 10;

/** One process of a function, which handles one invocation at a time. */
export class ExecutionEnvironment implements RuntimeSession {
  readonly id = randomUUID();
  readonly #settings: FunctionSettings;
  readonly #owner: EnvironmentOwner;
  readonly #child: ChildProcess;
  readonly #startedMs = Date.now();
  #initMs: number | undefined;
  /** As last seen: of a process that is gone there is nothing to ask. */
  #highestMib: number | undefined;
  /** Given, and not yet taken by the runtime. */
  #given: Invocation | undefined;
  #running: Running | undefined;
  #take: ((invocation: RuntimeInvocation) => void) | undefined;
  #limit: NodeJS.Timeout | undefined;
  /** Why this killed the process, or what its runtime said before it ended. */
  #cause: ((requestId: string) => FunctionError) | undefined;

  constructor(settings: FunctionSettings, owner: EnvironmentOwner, runtimeApiHost: string) {
    this.#settings = settings;
    this.#owner = owner;
    const runtime = {
      api: `${runtimeApiHost}/${this.id}`,
      logStream: `${new Date().toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${this.id.replaceAll("-", "")}`,
    };
    this.#child = spawn(process.execPath, [...memoryFlags(settings.memoryMib), bootstrap, settings.name], {
      cwd: settings.directory,
      env: environmentVariables(settings, owner.where, runtime),
      stdio: ["pipe", "pipe", "pipe"],
      // A group of its own: Ctrl-C is for the laptop cloud, which ends its functions itself.
      detached: true,
    });
    this.#listen();
    this.#limitTo(initSecondsMax);
  }

  /** Undefined if the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get busy(): boolean {
    return this.#given !== undefined || this.#running !== undefined;
  }

  /** Gives it an invocation, which it takes as soon as its runtime asks for it. */
  give(invocation: Invocation): void {
    if (this.busy) throw new Error(`Environment ${this.id} of ${this.#settings.name} was given a second invocation`);
    this.#given = invocation;
    this.#begin();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Kills the process if more of it is resident than the function may have. */
  holdToMemory(): void {
    if (this.#running === undefined || this.#residentMib() <= this.#settings.memoryMib) return;
    this.#killFor((requestId) =>
      platformError("Runtime.OutOfMemory", `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`),
    );
  }

  next(take: (invocation: RuntimeInvocation) => void): void {
    clearTimeout(this.#limit);
    this.#initMs ??= Date.now() - this.#startedMs;
    this.#take = take;
    this.#begin();
  }

  response(requestId: string, payload: string): boolean {
    return this.#settle(requestId, { kind: "ok", payload });
  }

  responseTooLarge(requestId: string): boolean {
    const message = `Response payload size exceeded maximum allowed payload size (${responseBytesMax} bytes).`;
    return this.#settle(requestId, platformError("Function.ResponseSizeTooLarge", message));
  }

  error(requestId: string, error: RuntimeError): boolean {
    return this.#settle(requestId, { kind: "function-error", ...error, handled: true });
  }

  initError(error: RuntimeError): void {
    this.#cause ??= () => ({ kind: "function-error", ...error, handled: true });
  }

  #begin(): void {
    const [invocation, take] = [this.#given, this.#take];
    if (invocation === undefined || take === undefined) return;
    this.#given = undefined;
    this.#take = undefined;
    this.#running = { invocation, beganMs: Date.now() };
    this.#owner.log("platform", `START RequestId: ${invocation.requestId} Version: $LATEST`);
    this.#limitTo(this.#settings.timeoutSeconds);
    take({
      requestId: invocation.requestId,
      deadlineMs: Date.now() + this.#settings.timeoutSeconds * 1000,
      functionArn: functionArn(this.#owner.where, this.#settings.name),
      payload: invocation.payload,
    });
  }

  /** The limit stands until the runtime asks for its next invocation: what it does in between is on the same clock. */
  #limitTo(seconds: number): void {
    clearTimeout(this.#limit);
    this.#limit = setTimeout(() => {
      this.#killFor((requestId) =>
        platformError(
          "Sandbox.Timedout",
          `RequestId: ${requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`,
        ),
      );
    }, seconds * 1000);
    this.#limit.unref();
  }

  #killFor(cause: (requestId: string) => FunctionError): void {
    this.#cause ??= cause;
    this.kill();
  }

  #settle(requestId: string, outcome: InvokeOutcome): boolean {
    if (this.#running?.invocation.requestId !== requestId) return false;
    this.#end(this.#running, outcome);
    this.#owner.available(this);
    return true;
  }

  #end({ invocation, beganMs }: Running, outcome: InvokeOutcome): void {
    this.#running = undefined;
    const durationMs = Date.now() - beganMs;
    this.#residentMib();
    const used = this.#highestMib === undefined ? "" : `\tMax Memory Used: ${Math.ceil(this.#highestMib)} MB`;
    const init = this.#initMs === undefined || this.#initMs < 0 ? "" : `\tInit Duration: ${this.#initMs} ms`;
    this.#initMs = -1;
    this.#owner.log("platform", `END RequestId: ${invocation.requestId}`);
    this.#owner.log(
      "platform",
      `REPORT RequestId: ${invocation.requestId}\tDuration: ${durationMs} ms\t` +
        `Memory Size: ${this.#settings.memoryMib} MB${used}${init}`,
    );
    invocation.settle(outcome, durationMs);
  }

  /** 0 where it is not known. */
  #residentMib(): number {
    const memory = this.pid === undefined ? undefined : processMemory(this.pid);
    this.#highestMib = memory?.highestMib ?? this.#highestMib;
    return memory?.residentMib ?? 0;
  }

  #listen(): void {
    const { stdin, stdout, stderr } = this.#child;
    // Whether the process reads its input is its own affair.
    stdin?.on("error", () => {});
    for (const [stream, name] of [[stdout, "stdout"] as const, [stderr, "stderr"] as const]) {
      const lines = logLines((text) => this.#owner.log(name, text));
      stream?.on("data", (chunk: Buffer) => lines.write(chunk));
      stream?.on("end", () => lines.end());
    }
    this.#child.once("error", (error) => {
      if (this.pid !== undefined) return;
      this.#cause ??= () => platformError("Runtime.ExitError", `The process could not be started: ${error.message}`);
      this.#gone(null, null);
    });
    this.#child.once("exit", (code, signal) => this.#gone(code, signal));
  }

  #gone(code: number | null, signal: NodeJS.Signals | null): void {
    clearTimeout(this.#limit);
    const cause = this.#cause ?? ((requestId: string) => exitError(requestId, code, signal));
    const given = this.#given;
    this.#given = undefined;
    if (this.#running !== undefined) this.#end(this.#running, cause(this.#running.invocation.requestId));
    // It never got as far as its first invocation, and another process would not either.
    const stillborn = this.#initMs === undefined && given !== undefined;
    if (stillborn) given.settle(cause(given.requestId), 0);
    this.#owner.gone(this, stillborn ? undefined : given);
  }
}

/** As Lambda's own runtime has it: of the memory a tenth is for young objects, in two halves, and the rest for old ones. */
function memoryFlags(memoryMib: number): string[] {
  const young = Math.floor(memoryMib / 10);
  // Lambda does not cap the halves. A laptop does: untouched garbage would stay resident in every process.
  const half = Math.min(Math.floor(young / 2), 2);
  return [`--max-old-space-size=${memoryMib - young}`, `--max-semi-space-size=${half}`];
}

function platformError(errorType: string, errorMessage: string): FunctionError {
  return { kind: "function-error", errorType, errorMessage, handled: false };
}

function exitError(requestId: string, code: number | null, signal: NodeJS.Signals | null): FunctionError {
  const how = signal === "SIGKILL" ? "signal: killed" : signal === "SIGABRT" ? "signal: aborted" : `signal: ${signal}`;
  const why =
    code === 0
      ? "exited without providing a reason"
      : `exited with error: ${code === null ? how : `exit status ${code}`}`;
  return platformError("Runtime.ExitError", `RequestId: ${requestId} Error: Runtime ${why}`);
}
