import { randomFillSync } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import { TimestreamWriteClient } from "@aws-sdk/client-timestream-write";
import type { Context } from "aws-lambda";
import { rollUpChain } from "../../handlers/roll-up.ts";
import { systemClock } from "../../lib/clock.ts";
import { partLimits } from "../../lib/limits.ts";
import { DuplicateMemory } from "../../lib/roll-up/dedupe/duplicate-memory.ts";
import { IdMap, idBytes } from "../../lib/roll-up/dedupe/id-map.ts";
import { MessageHasher } from "../../lib/roll-up/dedupe/message-hash.ts";
import { disorderMs, type PlaceInLedger } from "../../lib/roll-up/dedupe/recall.ts";
import type { Ports } from "../../lib/roll-up/ports.ts";
import { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import { type CommittedPart, newHead } from "../../lib/store/ledger/ledger.ts";
import { TimestreamStore } from "../../lib/store/rows/timestream.ts";
import { answersAtOnce } from "./answers-at-once.ts";
import { cpuMs } from "./cpu-ms.ts";
import { LiveBatches, liveShard, type Traffic } from "./live-batches.ts";
import { definitions } from "./rees46-batches.ts";
import { TableAtOnce, type TableUse } from "./table-at-once.ts";
import { Stopwatch, timed } from "./timed.ts";
import { writeBytesOf } from "./timestream-bytes.ts";

const context = {
  functionName: "roll-up",
  awsRequestId: "bench",
  invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:roll-up",
  memoryLimitInMB: "512",
  getRemainingTimeInMillis: () => 180_000,
} as Context;
const settings = {
  region: "us-east-1",
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
  endpoint: "http://127.0.0.1:1",
};

/** What a memory read before it knew all, and the time on a processor of this machine for it. */
export interface MemoryRead {
  readonly use: TableUse;
  readonly ms: number;
}

export interface LedgerFigures {
  readonly traffic: Traffic;
  readonly recordBytes: number;
  /** Of the measured batches. */
  readonly batches: number;
  readonly events: number;
  readonly parts: number;
  readonly use: TableUse;
  readonly timestreamRequests: number;
  readonly timestreamKib: number;
  /** Time of the whole handler, of the ledger's calls, and of all that message ids cost. */
  readonly ms: { readonly whole: number; readonly ledger: number; readonly memory: number };
  readonly cold: MemoryRead;
  /** After another process has taken one batch. */
  readonly behind: MemoryRead;
  /** How far the memory reached, in milliseconds. */
  readonly windowMs: number;
  /** Arrays of the memory of a process that was started cold. */
  readonly memoryMib: number;
}

/** A shard that has had the traffic for longer than the window, its ledger, and the roll-up over it. */
export async function ledgerFigures(
  traffic: Traffic,
  runs: { warmUp: number; measured: number },
): Promise<LedgerFigures> {
  const table = new TableAtOnce();
  const ledger = new DynamoLedger(new DynamoDBClient({ ...settings, requestHandler: table.handler }), "ledger");
  const batches = await LiveBatches.open(traffic);
  const batchMs = (traffic.eventsPerBatch / traffic.eventsPerSecond) * 1_000;
  const nowMs = Date.now();
  await fillLedger(ledger, traffic, nowMs, await templatePart(batches, nowMs));

  const before = process.memoryUsage().arrayBuffers;
  const memory = new DuplicateMemory(ledger);
  const cold = await readOf(table, () => remembered(ledger, memory, nowMs));
  const memoryMib = (process.memoryUsage().arrayBuffers - before) / 1024 ** 2;
  const other = new DuplicateMemory(ledger);
  await remembered(ledger, other, nowMs);

  const watches = { ledger: new Stopwatch(() => table.use.ms), memory: new Stopwatch(() => table.use.ms) };
  const timestream = { requests: 0, kib: 0 };
  const chain = chainOf({
    ledger: timed(ledger, (method) => (method === "keepIds" ? watches.memory : watches.ledger)),
    memory: timed(memory, () => watches.memory),
    store: timestreamOf(timestream),
  });
  let [behind, recordBytes, wholeMs, parts]: [MemoryRead | undefined, number, number, number] = [undefined, 0, 0, 0];
  for (let run = 0; run < runs.warmUp + runs.measured; run++) {
    const batch = batches.at(nowMs + run * batchMs);
    recordBytes = batch.recordBytes;
    if (run === runs.warmUp) {
      behind = await readOf(table, () => remembered(ledger, other, nowMs + run * batchMs));
      table.taken();
      Object.assign(timestream, { requests: 0, kib: 0 });
      for (const watch of Object.values(watches)) watch.ms = 0;
      [wholeMs, parts] = [0, 0];
    }
    const start = cpuMs() - table.use.ms;
    parts += (await chain(batch.event as never, context)).parts;
    wholeMs += cpuMs() - table.use.ms - start;
  }
  const use = table.taken();
  const events = runs.measured * traffic.eventsPerBatch;
  const tipMs = nowMs + (runs.warmUp + runs.measured) * batchMs;
  const known = await remembered(ledger, memory, tipMs);
  const lookups = lookupMs(known, events);
  return {
    traffic,
    recordBytes,
    batches: runs.measured,
    events,
    parts,
    use,
    timestreamRequests: timestream.requests,
    timestreamKib: timestream.kib,
    ms: { whole: wholeMs, ledger: watches.ledger.ms, memory: watches.memory.ms + lookups },
    cold,
    behind: behind ?? cold,
    windowMs: known.windowMs,
    memoryMib,
  };
}

async function readOf(table: TableAtOnce, read: () => Promise<unknown>): Promise<MemoryRead> {
  table.taken();
  const start = cpuMs();
  await read();
  const ms = cpuMs() - start;
  const use = table.taken();
  return { use, ms: ms - use.ms };
}

/** What the part that arrives then remembers. */
async function remembered(ledger: DynamoLedger, memory: DuplicateMemory, arrivalMs: number) {
  const head = await ledger.head(liveShard);
  const firstSequence = LiveBatches.sequenceAt(arrivalMs);
  const place: PlaceInLedger = {
    number: head.revision + 1,
    firstSequence,
    lastSequence: firstSequence,
    anchorMs: Math.round(arrivalMs),
    views: {},
  };
  return memory.before(liveShard, place, head, definitions);
}

/** What is done with every id while a part is folded, once more in a loop by itself. */
function lookupMs(known: { has(high: number, low: number): boolean }, events: number): number {
  const hash = { high: 0, low: 0 };
  const hasher = MessageHasher.ofProcess();
  const own = new IdMap(4_096);
  const ids = Array.from(
    { length: Math.min(events, partLimits.eventsMax) },
    (_, index) => `replay-${index}-${index * 7919}`,
  );
  const start = cpuMs();
  for (const id of ids) {
    hasher.hash("", id, hash);
    own.add(hash.high, hash.low, 1);
    known.has(hash.high, hash.low);
  }
  own.toBytes();
  return ((cpuMs() - start) / ids.length) * events;
}

/** Parts of the traffic for as long as a part may look back, with the ids of those that it remembers. */
async function fillLedger(
  ledger: DynamoLedger,
  traffic: Traffic,
  nowMs: number,
  template: CommittedPart,
): Promise<void> {
  const { eventsPerSecond, eventsPerBatch } = traffic;
  const partsOfBatch = Math.ceil(eventsPerBatch / partLimits.eventsMax);
  const ids = Math.floor(eventsPerBatch / partsOfBatch);
  const partMs = (ids / eventsPerSecond) * 1_000;
  const { dedupeWindowMs, dedupeIdsMax } = definitions;
  const count = Math.ceil((dedupeWindowMs + 2 * disorderMs) / partMs) + 1;
  const bytes = Buffer.alloc(ids * idBytes);
  for (let index = 0; index < count; index++) {
    const fromMs = nowMs - (count - index) * partMs;
    const id = index.toString(16).padStart(16, "0");
    const part = {
      ...template,
      id,
      idsName: `${id}-000000000000`,
      number: 2 * index + 1,
      firstSequence: LiveBatches.sequenceAt(fromMs),
      lastSequence: LiveBatches.sequenceAt(fromMs + partMs - 1),
      firstArrivalMs: Math.round(fromMs),
      lastArrivalMs: Math.round(fromMs + partMs - 1),
      ids,
    };
    await ledger.commit(liveShard, part);
    if ((count - index) * ids <= dedupeIdsMax + ids) await ledger.keepIds(liveShard, part, randomFillSync(bytes));
  }
  await ledger.moveHead(liveShard, { ...newHead, revision: 2 * count }, { ...newHead, bornMs: 1 });
}

/** A part as the roll-up commits it. */
async function templatePart(batches: LiveBatches, nowMs: number): Promise<CommittedPart> {
  const requestHandler = new TableAtOnce().handler;
  const ledger = new DynamoLedger(new DynamoDBClient({ ...settings, requestHandler }), "ledger");
  const store = timestreamOf({ requests: 0, kib: 0 });
  const chain = chainOf({ ledger, memory: new DuplicateMemory(ledger), store });
  await chain(batches.at(nowMs).event as never, context);
  const part = await ledger.newest(liveShard);
  if (part === undefined) throw new Error("Expected a committed part, got none");
  return part;
}

function chainOf(given: Pick<Ports, "ledger" | "memory" | "store">) {
  const ports: Ports = {
    ...given,
    quarantine: {
      put: async () => {
        throw new Error("Expected nothing to be quarantined");
      },
    },
    stream: { read: async () => [], ancestry: async () => ({ ancestors: [], forgotten: [] }) },
    clock: systemClock,
    agedAfterMs: Number.POSITIVE_INFINITY,
  };
  return rollUpChain(definitions, () => ports) as unknown as (
    event: never,
    context: Context,
  ) => Promise<{ parts: number }>;
}

/** The store behind the SDK, which answers at once; what it writes is counted. */
function timestreamOf(count: { requests: number; kib: number }): TimestreamStore {
  const write = new TimestreamWriteClient({ ...settings, requestHandler: answersAtOnce });
  const query = new TimestreamQueryClient({ ...settings, requestHandler: answersAtOnce });
  write.middlewareStack.add(
    (next) => async (given) => {
      count.requests++;
      count.kib += Math.ceil(writeBytesOf(given.input) / 1_024);
      return next(given);
    },
    { step: "initialize" },
  );
  return new TimestreamStore({ write, query }, { database: "millrace", table: "metrics_1m" });
}
