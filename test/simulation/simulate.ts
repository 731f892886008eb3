import { breaks } from "./breaks.ts";
import { drawPlan } from "./draw.ts";
import { manyShardsPlan } from "./many-shards.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { Outcomes } from "./outcomes.ts";
import type { Plan } from "./plan.ts";
import { type ProductOf, productsWith } from "./products.ts";
import { type RunResult, run } from "./run.ts";
import { shownPlan } from "./shown-plan.ts";
import { shrink } from "./shrink.ts";
import { tellingSeeds } from "./telling-seeds.ts";

/** Failing seeds that are shown in full. */
const shownMax = 3;

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  // Most errors here are thrown by services that are down, and nobody looks where.
  if (typeof options === "object" && !options.trace) Error.stackTraceLimit = 0;
  if (options === "usage") console.log(usage);
  else if (options === "list") for (const { name, what } of breaks) console.log(`${name.padEnd(24)}${what}`);
  else if (options.shards !== undefined) return simulateShards(options.shards, options);
  else if (options.planted.length === 0) return simulate(options);
  else return findBreaks(options);
  return 0;
}

/** Runs all seeds. 1 where a total is wrong, or a doubt was not told. */
async function simulate(options: Options): Promise<number> {
  const products = productsWith("ordinary", []);
  const startedCpu = process.cpuUsage();
  const counts = { invocations: 0, records: 0, parts: 0, wrong: 0, inDoubt: 0 };
  const met = new Map<string, number>();
  const outcomes = new Outcomes();
  for (let seed = options.first; seed < options.first + options.seeds; seed++) {
    const plan = drawPlan(seed, options);
    const result = await runTraced(plan, products, options.trace && options.seeds > 1);
    outcomes.add(plan, result);
    for (const name of ["invocations", "records", "parts"] as const) counts[name] += result[name];
    for (const [what, times] of result.met) met.set(what, (met.get(what) ?? 0) + times);
    if (result.doubts > 0) counts.inDoubt++;
    if (result.wrong === undefined) {
      if (options.trace && options.seeds === 1) await runTraced(plan, products, true);
      continue;
    }
    counts.wrong++;
    if (counts.wrong <= shownMax) await explain(plan, products, options, result.wrong);
    else console.log(`seed ${seed}: ${result.wrong}`);
  }
  const { user, system } = process.cpuUsage(startedCpu);
  const perSecond = options.seeds / ((user + system) / 1_000_000);
  const times = [...met].sort(([, a], [, b]) => b - a).map(([what, n]) => `${what} ${n}`);
  if (options.table) for (const line of outcomes.lines()) console.log(line);
  console.log(`met: ${times.join(", ")}`);
  const { invocations, records, parts, wrong, inDoubt } = counts;
  console.log(
    `${options.seeds} seeds, ${records} records, ${invocations} invocations, ${parts} parts: ${wrong} wrong, ` +
      `${inDoubt} in doubt and said so; ${perSecond.toFixed(0)} seeds/s/core`,
  );
  return wrong === 0 ? 0 : 1;
}

/** Runs one history of many shards. 1 where a total is wrong. */
async function simulateShards(shards: number, { first, trace }: Options): Promise<number> {
  const plan = manyShardsPlan(shards, first);
  const startedCpu = process.cpuUsage();
  const { wrong, records, invocations, parts } = await runTraced(plan, productsWith("ordinary", []), trace);
  const { user, system } = process.cpuUsage(startedCpu);
  const { windowSeconds } = plan.surroundings;
  console.log(
    `${shards} shards, batching window ${windowSeconds} s: ${records} records, ${invocations} invocations, ${parts} parts, ` +
      `${((user + system) / 1_000_000).toFixed(0)} s of a processor: ${wrong ?? "0 wrong"}`,
  );
  return wrong === undefined ? 0 : 1;
}

/** Runs seeds against each bug until one finds it. 1 where one is not found. */
async function findBreaks(options: Options): Promise<number> {
  let missed = 0;
  for (const planted of options.planted) {
    const products = productsWith(planted.name, planted.edits);
    const found = await firstWrong(planted.name, products, options);
    if (found === undefined) {
      missed++;
      console.log(`${planted.name}: not found in ${options.seeds} seeds`);
      continue;
    }
    console.log(`${planted.name}: found by seed ${found.plan.seed}: ${found.result.wrong}`);
    if (options.table) console.log(`| ${planted.what} | ${found.plan.seed} |`);
    if (options.planted.length === 1) await explain(found.plan, products, options, found.result.wrong ?? "");
  }
  return missed === 0 ? 0 : 1;
}

/** Where one of the seeds is known to find the bug it comes first, unless they are to be run in order. */
async function firstWrong(
  name: string,
  products: ProductOf,
  options: Options,
): Promise<{ plan: Plan; result: RunResult } | undefined> {
  const seeds = Array.from({ length: options.seeds }, (_, index) => options.first + index);
  const telling = seeds.filter((seed) => !options.inOrder && seed === tellingSeeds[name]);
  for (const seed of new Set([...telling, ...seeds])) {
    const plan = drawPlan(seed, options);
    const result = await runTraced(plan, products, false);
    if (result.wrong !== undefined) return { plan, result };
  }
  return undefined;
}

/** Shows the smallest plan that still fails; with a trace, all that happens in it. */
async function explain(plan: Plan, products: ProductOf, options: Options, wrong: string): Promise<void> {
  console.log(`seed ${plan.seed}: ${wrong}`);
  const small = await shrink(plan, async (smaller) => (await runTraced(smaller, products, false)).wrong !== undefined);
  const { wrong: smallWrong } = await runTraced(small, products, false);
  for (const line of shownPlan(small)) console.log(`  ${line}`);
  if (options.trace) await runTraced(small, products, true);
  console.log(`  wrong: ${smallWrong}`);
  console.log(`  again: npm run simulate -- ${again(plan.seed, options)}`);
}

function again(seed: number, { switches, planted }: Options): string {
  return [
    `--seed ${seed} --seeds 1 --trace`,
    ...(switches === "all" ? ["--switches all"] : []),
    ...planted.map(({ name }) => `--break ${name}`),
  ].join(" ");
}

async function runTraced(plan: Plan, products: ProductOf, tracing: boolean): Promise<RunResult> {
  const trace = tracing ? { trace: (line: string) => console.log(`  ${line}`) } : {};
  return run(plan, await products(plan), trace);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.stack : error);
  process.exitCode = 2;
}
