import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Definitions, definitionsOf } from "../../lib/config/definitions.ts";
import { count, page } from "../../lib/config.ts";
import { dedupeBytesHeldMax } from "../../lib/limits.ts";
import { DuplicateMemory } from "../../lib/roll-up/dedupe/duplicate-memory.ts";
import { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import { cpuMs } from "./cpu-ms.ts";
import { LongShards } from "./long-shard.ts";

const definitions = definitionsOf({ metrics: { views: { on: page(), measure: count() } } });
const hourMs = 3_600_000;
const windows = [
  ["1 h", hourMs],
  ["24 h", 24 * hourMs],
  ["7 d", 7 * 24 * hourMs],
] as const;
const shardCounts = [1, 30, 1_000] as const;
/** Shards that are read to know what one takes: reading a thousand windows of a week takes hours. */
const measuredShards = 2;

/** Queries that the memory of message ids makes for one part. */
export interface WindowQueries {
  readonly cold: number;
  readonly warm: number;
  readonly afterAnother: number;
  readonly childFirst: number;
  readonly childNext: number;
  /** Processor time of a cold start, in milliseconds. */
  readonly coldMs: number;
}

export interface WindowFigures {
  readonly window: string;
  readonly shards: number;
  /** What a process holds, and of how many shards. */
  readonly heldMib: number;
  readonly residentMib: number;
  readonly heldShards: number;
  readonly queries: WindowQueries;
}

const shardName = (index: number): string => `events/shardId-${String(index).padStart(12, "0")}`;

/** What a window of duplicates costs a process that has been given all shards of a stream, one after the other. */
export async function windowFigures(): Promise<WindowFigures[]> {
  const figures: WindowFigures[] = [];
  for (const [window, windowMs] of windows) {
    const under = { ...definitions, dedupeWindowMs: windowMs };
    const queries = await queriesOf(windowMs, under);
    const { heldMib, residentMib } = await shardOf(windowMs, under);
    for (const shards of shardCounts) {
      const heldShards = Math.min(shards, Math.floor(dedupeBytesHeldMax / 1024 ** 2 / heldMib));
      const [held, resident] = [heldMib * heldShards, residentMib * heldShards];
      figures.push({ window, shards, heldMib: held, residentMib: resident, heldShards, queries });
    }
  }
  return figures;
}

export const windowLines = (figures: readonly WindowFigures[]): string[] => [
  "\nMemory of message ids, one part every 5 s and 5 ids a part: held by a process that has seen all shards, and queries a part",
  "  window shards | held MB, of shards (process MB) | cold  (CPU)  warm  after another  child's first  child's next",
  ...figures.map(({ window, shards, heldMib, residentMib, heldShards, queries }) => {
    const { cold, coldMs, warm, afterAnother, childFirst, childNext } = queries;
    const held = `${heldMib.toFixed(1).padStart(7)}  of ${String(heldShards).padStart(4)}  (${residentMib.toFixed(0)})`;
    const counts = [warm, afterAnother, childFirst, childNext].map((count) => String(count).padStart(9)).join("");
    return `  ${window.padStart(6)} ${String(shards).padStart(6)} | ${held.padEnd(30)} | ${String(cold).padStart(4)} (${coldMs.toFixed(0)} ms) ${counts}`;
  }),
];

async function queriesOf(windowMs: number, under: Definitions): Promise<WindowQueries> {
  const table = new LongShards(windowMs);
  const shard = shardName(0);
  const memory = new DuplicateMemory(new DynamoLedger(table.client(), "ledger"));
  const ask = async (of = shard): Promise<number> => {
    table.queries = 0;
    await memory.before(of, table.next(of), table.head(of), under);
    return table.queries;
  };
  const start = cpuMs();
  const cold = await ask();
  const coldMs = cpuMs() - start;
  const own = table.add(shard);
  memory.finished(shard, own.from, own.to, own.part, table.ids(shard, table.partsOf(shard)));
  const warm = await ask();
  table.add(shard);
  const afterAnother = await ask();
  const child = shardName(1);
  table.begin(child, shard);
  const childFirst = await ask(child);
  const first = table.add(child);
  memory.finished(child, first.from, first.to, first.part, table.ids(child, 1));
  const childNext = await ask(child);
  return { cold, coldMs, warm, afterAnother, childFirst, childNext };
}

/** What a process holds of one shard, of those that are measured. */
async function shardOf(windowMs: number, under: Definitions): Promise<{ heldMib: number; residentMib: number }> {
  const table = new LongShards(windowMs);
  const memory = new DuplicateMemory(new DynamoLedger(table.client(), "ledger"));
  const before = memoryMib();
  for (let index = 0; index < measuredShards; index++) {
    const shard = shardName(index);
    await memory.before(shard, table.next(shard), table.head(shard), under);
  }
  const residentMib = (memoryMib() - before) / measuredShards;
  return { heldMib: memory.bytes / measuredShards / 1024 ** 2, residentMib };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What is on the heap and in buffers after garbage was collected. */
function memoryMib(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1024 ** 2;
}
