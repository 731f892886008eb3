import { appendFileSync, closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Names the file with the plan, in the environment of the processes that run tests. */
export const planVariable = "MUTATE_PLAN";

/** What the processes of a run are to do. */
export interface Plan {
  /** Files with all of their mutants in the code, by their path from the top of the project. */
  readonly codes: Readonly<Record<string, string>>;
  /** Processes that run tests side by side. */
  readonly workers: number;
  /** Ids of the mutants that are still to be killed. */
  readonly alive: readonly number[];
  /** Mutants that a test has met before and let through, by its name. */
  readonly met: Readonly<Record<string, readonly number[]>>;
  /** In force from the start of the process on; undefined where each test meets all mutants one after the other. */
  readonly only: number | undefined;
  /** A test that needs longer for all mutants that it runs into meets none of them, or the first ones in the last run. */
  readonly testMsMax: number;
  readonly isLast: boolean;
  /** Names of the only tests to run; undefined for all of the files. */
  readonly tests: readonly string[] | undefined;
  readonly log: string;
}

/** What happened to a mutant or a file of tests: one line of the log. */
export type Line =
  /** A test meets a mutant. Where neither `passed` nor `killed` follows, the mutant has ended the process. */
  | {
      readonly kind: "begun";
      readonly process: number;
      readonly id: number;
      readonly test: string;
      readonly msMax: number;
    }
  | { readonly kind: "passed"; readonly process: number; readonly id: number }
  | { readonly kind: "killed"; readonly process: number; readonly id: number; readonly test: string; readonly by: How }
  /** Mutants that a test runs into. */
  | { readonly kind: "covered"; readonly ids: readonly number[] }
  /** Mutants in what runs only once for a file: imports, hooks, tests that can't be repeated. */
  | { readonly kind: "once"; readonly file: string; readonly ids: readonly number[] }
  /** A mutant has spoilt what later tests of the process need. */
  | { readonly kind: "spoilt"; readonly file: string; readonly test: string }
  /** A test fails without any mutant. */
  | { readonly kind: "failing"; readonly test: string }
  /** A test is too slow to meet so many of the mutants. */
  | { readonly kind: "slow"; readonly test: string; readonly changes: number }
  | { readonly kind: "done"; readonly file: string };

export type How = "assertion" | "timeout";

/** A log that several processes append to. */
export class RunLog {
  readonly #path: string;
  #at = 0;
  #rest = "";

  constructor(path: string) {
    this.#path = path;
  }

  say(line: Line): void {
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }

  /** Lines that came since it was last asked. */
  next(): Line[] {
    const file = openSync(this.#path, "a+");
    try {
      const bytes = Buffer.alloc(fstatSync(file).size - this.#at);
      this.#at += readSync(file, bytes, 0, bytes.length, this.#at);
      const lines = (this.#rest + bytes.toString("utf8")).split("\n");
      this.#rest = lines.pop() ?? "";
      return lines.map((line) => JSON.parse(line) as Line);
    } finally {
      closeSync(file);
    }
  }
}
