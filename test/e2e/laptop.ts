import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { compiled } from "../compiled.ts";
import { synthesized } from "./assembly.ts";

const top = join(import.meta.dirname, "../..");

export interface LaptopOptions {
  readonly config?: string;
  /** A template to run as it is, instead of synthesizing one. */
  readonly assembly?: string;
  readonly dataDirectory?: string;
  readonly more?: readonly string[];
  /** By `npm start`, to have all that a person has. */
  readonly npm?: boolean;
}

interface Shards {
  readonly asOf: string;
  readonly shards: readonly { readonly iteratorAgeMs: number; readonly openParts: number }[];
}

const lookIntervalMs = 100;

/** The laptop cloud as a person starts it: a process of its own, on free ports. */
export class Laptop {
  readonly url: string;
  readonly awsUrl: string;
  readonly dataDirectory: string;
  readonly #process: ChildProcess;
  /** Until another look at the shards may begin. */
  #looking: Promise<unknown> = Promise.resolve();
  #nextLook: Promise<Shards> | undefined;

  constructor(process: ChildProcess, dataDirectory: string, url: string, awsUrl: string) {
    this.#process = process;
    this.dataDirectory = dataDirectory;
    this.url = url;
    this.awsUrl = awsUrl;
  }

  static async start({
    config,
    assembly,
    dataDirectory,
    more = ["--no-demo"],
    npm = false,
  }: LaptopOptions = {}): Promise<Laptop> {
    const directory = dataDirectory ?? (await mkdtemp(join(tmpdir(), "millrace-")));
    const ports = ["--port", "0", "--aws-port", "0", "--data-dir", directory];
    const configured = config === undefined || !npm ? [] : ["--config", config];
    const made = assembly ?? (config === undefined || npm ? undefined : await synthesized(config));
    const run = made === undefined ? [] : ["--assembly", made];
    const [program, ...first] = npm ? ["npm", "start", "--"] : [process.execPath, join(top, "local/start.ts")];
    const child = spawn(program ?? "", [...first, ...ports, ...configured, ...run, ...more], {
      cwd: top,
      env: { ...process.env, ...compiled },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    let output = "";
    for await (const line of createInterface({ input: child.stdout })) {
      output += `${line}\n`;
      if (line !== "ready") continue;
      const url = /Page and API\s+(\S+)/.exec(output)?.[1] ?? "";
      const awsUrl = /AWS_ENDPOINT_URL=(\S+)/.exec(output)?.[1] ?? "";
      // A test that takes too long is not waited for, and what it started must not go on.
      const end = (): void => void child.kill("SIGTERM");
      process.once("exit", end);
      child.once("exit", () => process.off("exit", end));
      return new Laptop(child, directory, url, awsUrl);
    }
    throw new Error(`Expected "ready", got:\n${output}${errors}`);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Environment of a program that talks to this laptop. */
  get environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      AWS_ENDPOINT_URL: this.awsUrl,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "laptop",
      AWS_SECRET_ACCESS_KEY: "laptop",
    };
  }

  /** What a client of an AWS SDK needs to talk to this laptop. */
  get aws() {
    const credentials = { accessKeyId: "laptop", secretAccessKey: "laptop" };
    return { endpoint: this.awsUrl, region: "us-east-1", credentials, requestHandler: new NodeHttpHandler() };
  }

  /** Turns one of the switches for rehearsing an outage. */
  async rehearse<Answer>(path: string, order: object = {}): Promise<Answer> {
    const response = await fetch(`${this.awsUrl}/_laptop/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(order),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  /** Runs a TypeScript program of the repository to its end; what it printed. Throws where it fails. */
  async run(program: string, ...parameters: string[]): Promise<{ output: string; errors: string }> {
    const child = spawn(process.execPath, [join(top, program), ...parameters], {
      env: { ...this.environment, ...compiled },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const texts = { output: "", errors: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      texts.output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      texts.errors += text;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${texts.errors}${texts.output}`);
    return texts;
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Resolves when every record in the stream is in a committed part. */
  async caughtUp(): Promise<void> {
    const since = Date.now();
    for (;;) {
      const { asOf, shards } = await this.#look();
      if (
        Date.parse(asOf) >= since &&
        shards.every(({ iteratorAgeMs, openParts }) => iteratorAgeMs === 0 && openParts === 0)
      )
        return;
    }
  }

  /** One for all who wait, begun after they asked: looking is work for a laptop that has some to do. */
  #look(): Promise<Shards> {
    this.#nextLook ??= this.#looking.then(() => {
      this.#nextLook = undefined;
      const look = this.get<Shards>("/v1/shards");
      this.#looking = look.then(
        () => wait(lookIntervalMs),
        () => {},
      );
      return look;
    });
    return this.#nextLook;
  }

  /** Processes that run the function now. */
  async pidsOf(functionName: string): Promise<number[]> {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
    const found = await Promise.all(
      pids.map(async (pid) => {
        const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
        if (!line.includes(functionName)) return [];
        const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
        return status.includes(`PPid:\t${this.#process.pid}\n`) ? [pid] : [];
      }),
    );
    return found.flat();
  }

  /** SIGKILL to the laptop itself. */
  async kill(): Promise<void> {
    const exited = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await exited;
  }

  /** Commands that still run on this laptop's data; waits for those that are on their way out. */
  async childrenLeft(): Promise<string[]> {
    let left: string[] = [];
    for (let look = 0; look < 100; look++) {
      const lines = await Promise.all(
        (await readdir("/proc"))
          .filter((name) => /^\d+$/.test(name))
          .map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")),
      );
      left = lines.filter((line) => line.includes(`AWS_ENDPOINT_URL=${this.awsUrl}`));
      if (left.length === 0) return left;
      await wait(50);
    }
    return left;
  }

  /** Ctrl-C, and the exit code. */
  async interrupt(): Promise<number | null> {
    const exited = new Promise<number | null>((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGINT");
    return exited;
  }

  /** Ends it and removes what it stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.interrupt();
    await rm(this.dataDirectory, { recursive: true, force: true });
  }
}
