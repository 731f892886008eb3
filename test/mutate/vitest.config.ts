import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineConfig } from "vitest/config";
import { endWithStarter } from "./leash.ts";
import { type Plan, planVariable } from "./run-log.ts";

const top = join(import.meta.dirname, "../..");
const { codes, workers } = JSON.parse(readFileSync(process.env[planVariable] ?? "", "utf8")) as Plan;

endWithStarter();

/** Runs of a property under each change: what a change breaks shows in the first ones, or a test of its own is wanted. */
const runsMax = 100;
const withFewRuns = (code: string): string =>
  code.replaceAll(
    /\bnumRuns: ([\d_]+)/g,
    (_, runs: string) => `numRuns: ${Math.min(runsMax, Number(runs.replaceAll("_", "")))}`,
  );

/** Runs the tests of units with all mutants of the plan's files in the code. */
export default defineConfig({
  root: top,
  plugins: [
    {
      name: "mutants",
      enforce: "pre" as const,
      transform: (code: string, id: string) => (id.endsWith(".test.ts") ? withFewRuns(code) : codes[relative(top, id)]),
    },
  ],
  test: {
    globalSetup: "test/temporary-folder.ts",
    runner: "test/mutate/runner.ts",
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A transform of another plan, of a run at the same time too, must not be taken for ours.
    fsModuleCache: false,
    isolate: false,
    maxWorkers: workers,
    silent: true,
    reporters: ["dot" as const],
  },
});
