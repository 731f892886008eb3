import { readFileSync } from "node:fs";
import { relative } from "node:path";
import fc from "fast-check";
import { type RunnerTask, type RunnerTestCase, type RunnerTestSuite, TestRunner } from "vitest";
import { asked } from "./instrument.ts";
import { type How, type Plan, planVariable, RunLog } from "./run-log.ts";

/** A test has this many times its usual time under a mutant, at least `patienceMsMin`, and at most so much more than usual. */
const patience = 10;
const patienceMsMin = 3_000;
const patienceMoreMsMax = 20_000;
/** How often, and after how long, a test is tried again that fails without a mutant after it has met one. */
const checksMax = 4;
const checkAgainMs = 100;
/** Mutated code may ask this many times more than usual before it is taken for one that never ends. */
const asksFactor = 50;
const asksMin = 200_000;

const { setTimeout: startTimer, clearTimeout: stopTimer, performance } = globalThis;
const plan = JSON.parse(readFileSync(process.env[planVariable] ?? "", "utf8")) as Plan;
const log = new RunLog(plan.log);
const alive = new Set(plan.alive);

/** The mutant in force, and what has been asked since. */
const now = {
  active: plan.only as number | undefined,
  /** Mutants that this process has met. */
  met: 0,
  asks: 0,
  asksMax: Number.POSITIVE_INFINITY,
  seen: new Set<number>(),
};
Object.assign(globalThis, {
  [asked]: (id: number): boolean => {
    if (++now.asks > now.asksMax) throw new Error("this mutant does not end");
    if (now.active === undefined) now.seen.add(id);
    return now.active === id;
  },
});
// The same inputs with a mutant as without it, and no search for the smallest that fails.
fc.configureGlobal({ seed: 1, endOnFailure: true });

/** Runs each test without a mutant, and then once with each mutant that it has run into. */
export default class MutatingRunner extends TestRunner {
  #todo: number[] = [];
  /** What the next run of the test is for. */
  #round: "first" | "again" | "mutant" | "check" | "over" = "over";
  #spoilt = false;
  /** How often a test has failed since it met a mutant, without one. */
  #checks = 0;
  #started = 0;
  #usualMs = 0;
  #endsMs = Number.POSITIVE_INFINITY;
  #timedOut = false;
  readonly #outside = new Set<number>();

  override async onBeforeRunTask(test: RunnerTask): Promise<void> {
    await super.onBeforeRunTask(test as never);
    this.#keepOutside();
    if (test.type !== "test" || plan.only !== undefined) return;
    if (this.#spoilt || plan.tests?.includes(nameOf(test)) === false) test.mode = "skip";
    readKilled();
    if (alive.size === 0) test.mode = "skip";
    this.#round = "first";
    // Asked before each repetition: whether there is more to do is known no sooner.
    test.repeats = { valueOf: () => (this.#round === "over" ? -1 : Number.POSITIVE_INFINITY) } as unknown as number;
  }

  override onBeforeTryTask(test: RunnerTestCase, options: { retry: number; repeats: number }): void {
    super.onBeforeTryTask(test, options);
    // Assertions that a mutant has left waiting: the test would wait for them for ever.
    if (test.promises !== undefined) test.promises = [];
    now.asks = 0;
    this.#timedOut = false;
    this.#started = performance.now();
    if (this.#round !== "mutant") return;
    const id = this.#todo[0];
    if (id === undefined) return;
    log.say({ kind: "begun", process: process.pid, id, test: nameOf(test), msMax: this.#patienceMs });
    now.active = id;
    now.met++;
  }

  get #patienceMs(): number {
    return Math.max(patienceMsMin, Math.min(this.#usualMs * patience, this.#usualMs + patienceMoreMsMax));
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    const run = TestRunner.getTestFn(test)();
    if (this.#round !== "mutant" && this.#round !== "check") return run as Promise<void>;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = startTimer(() => {
        this.#timedOut = true;
        reject(new Error("too slow"));
      }, this.#patienceMs);
    });
    await Promise.race([run, late]).finally(() => stopTimer(timer));
  }

  override async onAfterRetryTask(test: RunnerTestCase, options: { retry: number; repeats: number }): Promise<void> {
    await super.onAfterRetryTask?.(test, options as never);
    const hasFailed = test.result?.state === "fail";
    if (plan.only !== undefined) {
      if (hasFailed) this.#killed(plan.only, test);
      return;
    }
    if (test.result !== undefined) delete test.result.errors;
    switch (this.#round) {
      case "first":
        return this.#afterFirst(test, hasFailed);
      case "again":
        if (hasFailed) log.say({ kind: "once", file: fileOf(test), ids: this.#todo });
        this.#next(test, hasFailed ? [] : this.#todo);
        return;
      case "mutant":
        return this.#afterMutant(test, hasFailed);
      case "check":
        // What a mutant has left under way may end in a moment.
        if (hasFailed && ++this.#checks < checksMax) {
          await new Promise<void>((resolve) => startTimer(resolve, checkAgainMs));
          return;
        }
        this.#checks = 0;
        // Whatever comes after it is not to be believed.
        if (hasFailed) this.#spoil(test);
        else this.#next(test, this.#todo);
    }
  }

  override onAfterRunTask(test: RunnerTask): void {
    super.onAfterRunTask(test as never);
    now.seen.clear();
    if (test.result === undefined || plan.only !== undefined) return;
    test.result.state = "pass";
    delete test.result.errors;
  }

  override async onAfterRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onAfterRunSuite(suite);
    this.#keepOutside();
    if (!("filepath" in suite)) return;
    const file = fileOf(suite);
    if (suite.result?.state === "fail" && plan.only !== undefined) {
      log.say({ kind: "killed", process: process.pid, id: plan.only, test: file, by: "assertion" });
    }
    log.say({ kind: "once", file, ids: [...this.#outside].filter((id) => alive.has(id)) });
    this.#outside.clear();
    if (!this.#spoilt) log.say({ kind: "done", file });
  }

  /** What ran since the last test belongs to no test: imports and hooks. */
  #keepOutside(): void {
    for (const id of now.seen) this.#outside.add(id);
    now.seen.clear();
  }

  #afterFirst(test: RunnerTestCase, hasFailed: boolean): void {
    this.#usualMs = performance.now() - this.#started;
    now.asksMax = now.asks * asksFactor + asksMin;
    const covered = [...now.seen].filter((id) => alive.has(id)).sort((a, b) => a - b);
    now.seen.clear();
    // One before it may have changed what all tests share: in another process it will be seen.
    if (hasFailed && now.met > 0) return this.#spoil(test);
    if (hasFailed) log.say({ kind: "failing", test: nameOf(test) });
    log.say({ kind: "covered", ids: covered });
    const met = new Set(plan.met[nameOf(test)]);
    const ids = covered.filter((id) => !met.has(id));
    const isSlow = !plan.isLast && this.#usualMs * ids.length > plan.testMsMax;
    if (isSlow && ids.length > 0) log.say({ kind: "slow", test: nameOf(test), changes: ids.length });
    this.#endsMs = performance.now() + plan.testMsMax;
    this.#todo = ids;
    this.#round = hasFailed || isSlow || ids.length === 0 ? "over" : "again";
    if (this.#round === "over") now.asksMax = Number.POSITIVE_INFINITY;
  }

  #spoil(test: RunnerTestCase): void {
    this.#spoilt = true;
    log.say({ kind: "spoilt", file: fileOf(test), test: nameOf(test) });
    this.#next(test, []);
  }

  #afterMutant(test: RunnerTestCase, hasFailed: boolean): void {
    const id = this.#todo[0] ?? -1;
    now.active = undefined;
    if (hasFailed) this.#killed(id, test);
    else log.say({ kind: "passed", process: process.pid, id });
    this.#todo = this.#todo.slice(1);
    if (hasFailed) this.#round = "check";
    else this.#next(test, this.#todo);
  }

  #killed(id: number, test: RunnerTestCase): void {
    const by: How = this.#timedOut || now.asks > now.asksMax ? "timeout" : "assertion";
    log.say({ kind: "killed", process: process.pid, id, test: nameOf(test), by });
  }

  #next(test: RunnerTestCase, todo: readonly number[]): void {
    readKilled();
    this.#todo = todo.filter((id) => alive.has(id));
    if (this.#todo.length > 0 && performance.now() > this.#endsMs) {
      log.say({ kind: "slow", test: nameOf(test), changes: this.#todo.length });
      this.#todo = [];
    }
    this.#round = this.#todo.length === 0 ? "over" : "mutant";
    if (this.#round === "over") now.asksMax = Number.POSITIVE_INFINITY;
  }
}

/** Strikes out what any process of this run has killed. */
function readKilled(): void {
  for (const line of log.next()) if (line.kind === "killed") alive.delete(line.id);
}

const fileOf = ({ file }: RunnerTask): string => relative(process.cwd(), file.filepath);

function nameOf(test: RunnerTestCase): string {
  const names = [test.name];
  for (let { suite } = test; suite !== undefined; suite = suite.suite) names.unshift(suite.name);
  return `${fileOf(test)} > ${names.join(" > ")}`;
}
