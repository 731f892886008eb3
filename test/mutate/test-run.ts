import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fates } from "./fates.ts";
import { type Plan, planVariable, RunLog } from "./run-log.ts";
import type { Survivals } from "./survivals.ts";

/** Tests that need longer for all that is alive come later, when less is. */
const quickTestMsMax = [5_000, 20_000];
/** A process that is silent for this long beyond a test's own limit hangs in a loop. */
const hangMsMax = 20_000;

/** Something that a process has begun and not ended. */
interface Begun {
  readonly id: number;
  readonly test: string;
  readonly untilMs: number;
}

/** Runs tests in processes of vitest, again where a mutant has ended or spoilt one. */
export class TestRun {
  readonly #top: string;
  readonly #folder: string;
  readonly #what: Pick<Plan, "codes" | "workers">;
  readonly #fates: Fates;
  readonly #survivals: Survivals;
  /** Files of tests that run into a mutant where no test can be repeated for it, by mutant. */
  readonly #once = new Map<number, Set<string>>();
  /** Tests that are too slow to meet all that is alive, and how many changes they did not meet. */
  readonly #slow = new Map<string, number>();
  #runs = 0;
  /** What vitest has printed in the last run. */
  #output = "";

  constructor(
    top: string,
    folder: string,
    what: Pick<Plan, "codes" | "workers">,
    { fates, survivals }: { fates: Fates; survivals: Survivals },
  ) {
    this.#top = top;
    this.#folder = folder;
    this.#what = what;
    this.#fates = fates;
    this.#survivals = survivals;
  }

  /** Lets tests meet all mutants that are alive, one by one; a test that needs longer than `testMsMax` meets the first of them. */
  async meet(files: readonly string[], testMsMax: number): Promise<void> {
    let left = files;
    let tests: string[] | undefined;
    for (const limitMs of [...quickTestMsMax, testMsMax]) {
      this.#slow.clear();
      await this.#meet(left, { testMsMax: limitMs, isLast: limitMs === testMsMax, tests });
      const slow = [...this.#slow.keys()];
      left = files.filter((file) => slow.some((test) => test.startsWith(`${file} > `)));
      tests = slow;
    }
    for (const [test, changes] of this.#slow) process.stderr.write(`too slow for ${changes} changes: ${test}\n`);
  }

  async #meet(files: readonly string[], more: Pick<Plan, "testMsMax" | "isLast" | "tests">): Promise<void> {
    for (let left = files; left.length > 0 && this.#fates.alive.length > 0; ) {
      const before = this.#fates.alive.length - this.#survivals.size;
      const done = await this.#run(left, { only: undefined, ...more });
      left = left.filter((test) => !done.has(test));
      if (left.length > 0 && done.size === 0 && this.#fates.alive.length - this.#survivals.size === before) {
        throw new Error(`Expected these tests to end, got none that did: ${left.join(" ")}\n${this.#output}`);
      }
    }
  }

  /**
   * Starts processes for each mutant that is alive and in what runs only once, with all files: what the first of them has
   * imported, the others find.
   */
  async meetAlone(files: readonly string[]): Promise<void> {
    for (const id of this.#fates.alive) {
      const first = this.#once.get(id);
      if (first === undefined) continue;
      await this.#run([...new Set([...first, ...files])], { only: id, testMsMax: 0, isLast: false, tests: undefined });
    }
  }

  /** The files of tests that ran to their end. */
  async #run(
    tests: readonly string[],
    more: Pick<Plan, "only" | "testMsMax" | "isLast" | "tests">,
  ): Promise<Set<string>> {
    const name = join(this.#folder, String(this.#runs++));
    const plan: Plan = {
      ...this.#what,
      alive: this.#fates.alive,
      met: this.#survivals.met,
      log: `${name}.log`,
      ...more,
    };
    writeFileSync(`${name}.json`, JSON.stringify(plan));
    const log = new RunLog(plan.log);
    const vitest = spawn(
      process.execPath,
      [
        "node_modules/vitest/vitest.mjs",
        "run",
        "--config",
        "test/mutate/vitest.config.ts",
        `--bail=${more.only === undefined ? 0 : 1}`,
        ...tests,
      ],
      {
        cwd: this.#top,
        env: { ...process.env, [planVariable]: `${name}.json` },
        // On the leash of its standard input.
        stdio: ["pipe", "pipe", "pipe"],
        detached: true,
      },
    );
    // All of its group: a worker that loops for ever ends by no other signal.
    const kill = (): void => void vitest.stdin.destroy();
    // At once, so that nothing is written any more while what is left is cleared away.
    const killAtExit = (): void => void process.kill(-(vitest.pid ?? 0), "SIGKILL");
    process.once("exit", killAtExit);
    this.#output = "";
    for (const stream of [vitest.stdout, vitest.stderr]) {
      stream.on("data", (text) => {
        this.#output += text;
      });
    }
    let hasFailed = false;
    const ended = new Promise<boolean>((resolve) =>
      vitest.once("close", (code) => {
        hasFailed = code !== 0;
        resolve(true);
      }),
    );
    const begun = new Map<number, Begun>();
    const done = new Set<string>();
    while (!(await Promise.race([ended, sleep(1_000, false)]))) {
      this.#read(log, begun, done);
      if ([...begun.values()].some(({ untilMs }) => Date.now() > untilMs)) kill();
    }
    process.off("exit", killAtExit);
    this.#read(log, begun, done);
    for (const { id, test } of begun.values()) this.#fates.kill(id, test, "timeout");
    // A file that cannot even be loaded tells of itself by the exit code alone.
    if (more.only !== undefined && hasFailed) this.#fates.kill(more.only, tests[0] ?? "", "assertion");
    this.#fates.keep();
    this.#survivals.keep();
    process.stderr.write(`${this.#fates.alive.length} changes left\n`);
    return done;
  }

  #read(log: RunLog, begun: Map<number, Begun>, done: Set<string>): void {
    for (const line of log.next()) {
      switch (line.kind) {
        case "begun":
          begun.set(line.process, { id: line.id, test: line.test, untilMs: Date.now() + line.msMax + hangMsMax });
          break;
        case "passed":
          this.#survivals.note(line.id, begun.get(line.process)?.test ?? "");
          begun.delete(line.process);
          break;
        case "killed":
          begun.delete(line.process);
          this.#fates.kill(line.id, line.test, line.by);
          break;
        case "covered":
          this.#fates.cover(line.ids);
          break;
        case "once":
          this.#fates.cover(line.ids);
          for (const id of line.ids) this.#once.set(id, (this.#once.get(id) ?? new Set()).add(line.file));
          break;
        case "failing":
          process.stderr.write(`fails without any change: ${line.test}\n`);
          break;
        case "spoilt":
          process.stderr.write(`spoilt, and run again: ${line.test}\n`);
          break;
        case "slow":
          this.#slow.set(line.test, line.changes);
          break;
        case "done":
          done.add(line.file);
          break;
        default:
          line satisfies never;
      }
    }
  }
}
