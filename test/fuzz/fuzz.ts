import { fork } from "node:child_process";
import { parseArgs } from "node:util";
import { Random } from "../simulation/random.ts";
import { Corpus } from "./corpus.ts";
import type { Counts, Memory, Order, Said } from "./fuzz-process.ts";
import { smallHistory } from "./fuzz-process.ts";
import { drawHistory } from "./history.ts";

const usage = `npm run fuzz -- [--records N] [--seed FIRST]
  --records N   how many mutated records to play; 1,000,000 where not given
  --seed FIRST  the first seed; 1 where not given. A history of up to 200 records is drawn from each`;

/** A history that takes longer is a hang. */
const silenceMsMax = 30_000;
/** Bytes that heap and buffers may grow by between the first tenth of a run and its end; the allocator keeps more. */
const growthBytesMax = 24 * 1024 * 1024;
const residentGrowthBytesMax = 192 * 1024 * 1024;

/** How a process ended, and what it was at. */
interface Ended {
  readonly how: "done" | "hung" | "died";
  readonly seed: number;
  readonly place: number | undefined;
  readonly counts: Counts | undefined;
  readonly memories: readonly Memory[];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      records: { type: "string", default: "1000000" },
      seed: { type: "string", default: "1" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const order = {
    first: wholeNumber("seed", values.seed),
    records: wholeNumber("records", values.records),
    oneByOne: false,
  };
  const startedMs = performance.now();
  const ended = await run(order);
  const seconds = (performance.now() - startedMs) / 1_000;
  if (ended.how !== "done") return explainEnd(ended);
  const counts = ended.counts as Counts;
  console.log(
    `${counts.records} records in ${counts.histories} histories, ${counts.events} events, ${counts.counted} counted, ` +
      `${counts.parts} parts: ${counts.wrong} wrong; ${seconds.toFixed(0)} s, ${(counts.records / seconds).toFixed(0)} records/s`,
  );
  return counts.wrong === 0 && isFlat(ended.memories) ? 0 : 1;
}

/** Runs histories in a process of their own and listens to it: an endless loop says nothing. */
function run(order: Order): Promise<Ended> {
  const child = fork(new URL("fuzz-process.ts", import.meta.url), {
    env: { ...process.env, FUZZ_ORDER: JSON.stringify(order) },
    execArgv: ["--expose-gc"],
  });
  let seed = order.first;
  let place: number | undefined;
  let counts: Counts | undefined;
  let hung = false;
  const memories: Memory[] = [];
  const silence = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, silenceMsMax);
  child.on("message", (said: Said) => {
    silence.refresh();
    if (said.kind === "plays") ({ seed, place } = said);
    else if (said.kind === "memory") {
      memories.push(said.memory);
      console.log(shownMemory(said.memory));
    } else if (said.kind === "done") counts = said.counts;
    else explainWrong(said);
  });
  return new Promise((resolve) => {
    child.on("exit", () => {
      clearTimeout(silence);
      const how = counts !== undefined ? "done" : hung ? "hung" : "died";
      resolve({ how, seed, place, counts, memories });
    });
  });
}

function explainWrong({ seed, what, small }: Extract<Said, { kind: "wrong" }>): void {
  console.log(`seed ${seed}: ${what}`);
  for (const line of [...small.steps, ...small.records]) console.log(`  ${line}`);
  console.log(`  again: npm run fuzz -- --seed ${seed} --records 1`);
}

/** Names the history that a process hung or died in, and the record where one alone does it. */
async function explainEnd({ how, seed }: Ended): Promise<number> {
  console.log(`seed ${seed}: the process ${how}${how === "hung" ? ` for ${silenceMsMax / 1_000} s` : ""}`);
  const history = drawHistory(seed, new Random(seed), await Corpus.open());
  const alone = await run({ first: seed, records: 1, oneByOne: true });
  const culprit = alone.how === "done" || alone.place === undefined ? undefined : history.records[alone.place];
  const shown = culprit === undefined ? history : { ...history, steps: [], records: [culprit] };
  for (const line of smallHistory(shown).records) console.log(`  ${line}`);
  console.log(`  again: npm run fuzz -- --seed ${seed} --records 1`);
  return 1;
}

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
const shownMemory = ({ share, heap, buffers, rss }: Memory): string =>
  `memory after ${(share * 100).toFixed(0)} %: heap ${mib(heap)}, buffers ${mib(buffers)}, resident ${mib(rss)}`;

function isFlat(memories: readonly Memory[]): boolean {
  const [early, late] = [memories[0], memories.at(-1)];
  if (early === undefined || late === undefined) return true;
  const grown = late.heap + late.buffers - early.heap - early.buffers;
  const residentGrown = late.rss - early.rss;
  if (grown <= growthBytesMax && residentGrown <= residentGrowthBytesMax) return true;
  console.log(`memory grew by ${mib(grown)} of heap and buffers, ${mib(residentGrown)} resident`);
  return false;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new Error(`--${name}: expected a whole number, got ${text}`);
  return Number(text);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
