import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { linesSince } from "./changed-lines.ts";
import { equivalentIn } from "./equivalent.ts";
import { Fates } from "./fates.ts";
import { importersIn } from "./importers.ts";
import { instrument, type Mutant } from "./instrument.ts";
import { printReport } from "./report.ts";
import { Survivals } from "./survivals.ts";
import { TestRun } from "./test-run.ts";

const usage = `Usage: npm run mutate -- [--near] [--since REV] [--anew] [--workers N] FILE-OR-FOLDER...

Changes the code in one place after the other, and says which changes no test notices.

  --near        only tests of the same folder
  --since REV   only changes in lines that differ from a revision of git
  --workers N   processes side by side; 2 by default
  --anew        run the tests for what an earlier run has killed too
`;

const top = join(import.meta.dirname, "../..");
/** Tests that wait for processes: no mutant reaches those. */
const inProcesses = /^test\/(e2e|simulation|fuzz|local\/lambda)\//;
/** How long a test may meet mutants: one of the same folder, and one of others. */
const nearTestMsMax = 60_000;
const farTestMsMax = 30_000;

const { values, positionals } = parseArgs({
  options: {
    near: { type: "boolean", default: false },
    since: { type: "string" },
    workers: { type: "string", default: "2" },
    anew: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
if (positionals.length === 0) {
  process.stderr.write(usage);
  process.exit(2);
}

const files = positionals.flatMap((path) => {
  const isFolder = statSync(join(top, path)).isDirectory();
  return isFolder
    ? globSync(`${path.replace(/\/$/, "")}/**/*.ts`, { cwd: top }).sort()
    : [relative(top, join(top, path))];
});
const mutants: Mutant[] = [];
const codes: Record<string, string> = {};
for (const file of files) {
  const instrumented = instrument(file, readFileSync(join(top, file), "utf8"), mutants.length);
  mutants.push(...instrumented.mutants);
  codes[file] = instrumented.code;
}
const chosen = mutants.filter(values.since === undefined ? () => true : linesSince(top, values.since));
const equivalent = equivalentIn(mutants);
const fates = new Fates(
  top,
  chosen.filter(({ id }) => !equivalent.has(id)),
  values.anew,
);
const survivals = new Survivals(top, mutants, values.anew);

const folder = mkdtempSync(join(tmpdir(), "mutate-"));
process.once("exit", () => {
  rmSync(folder, { recursive: true, force: true });
  // What was found before somebody ended it.
  fates.keep();
  survivals.keep();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
const run = new TestRun(top, folder, { codes, workers: Number(values.workers) }, { fates, survivals });
const tests = importersIn(top)(new Set(files)).filter((test) => !inProcesses.test(test));
const homes = new Set(files.map((file) => `${join("test", dirname(file))}/`));
const isNear = (test: string): boolean => [...homes].some((home) => test.startsWith(home));
await run.meet(tests.filter(isNear), nearTestMsMax);
if (!values.near)
  await run.meet(
    tests.filter((test) => !isNear(test)),
    farTestMsMax,
  );
await run.meetAlone(tests.filter(isNear));
printReport(files, chosen, fates, equivalent);
