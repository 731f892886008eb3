import type { TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import type { Context } from "aws-lambda";
import { rollUpChain } from "../../handlers/roll-up.ts";
import type { Clock } from "../../lib/clock.ts";
import { DuplicateMemory } from "../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { Ports } from "../../lib/roll-up/ports.ts";
import type { CommittedPart } from "../../lib/store/ledger/ledger.ts";
import { TimestreamStore } from "../../lib/store/rows/timestream.ts";
import type { BatchEvent } from "../../lib/stream/batch.ts";
import { covers } from "../../lib/stream/range.ts";
import type { StreamRecord } from "../../lib/stream/stream-record.ts";
import { TableLedger } from "../fakes/ledger-table.ts";
import { CheckedTable } from "./checked-table.ts";
import { CountedQuarantine } from "./counted-quarantine.ts";
import { type FuzzRecord, type History, kinesisEvent } from "./history.ts";
import { arrivalMs, arrivalSpreadMs, definitions } from "./shop.ts";

/** What came of a history. */
export interface Played {
  /** What does not add up; undefined where all does. */
  readonly wrong: string | undefined;
  readonly events: number;
  readonly counted: number;
  readonly parts: number;
  /** Requests that were sent to the store. */
  readonly inputs: CheckedTable["inputs"];
}

const shard = "fuzz/shardId-000000000000";
/** All records have arrived by then. */
const nowMs = arrivalMs + arrivalSpreadMs + 10 * 60_000;
const clock: Clock = { now: () => nowMs, sleep: async () => {} };
const context = {
  functionName: "fuzz",
  awsRequestId: "request-1",
  invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:fuzz",
  memoryLimitInMB: "512",
  getRemainingTimeInMillis: () => 180_000,
} as Context;

let ports: Ports;
const chain = rollUpChain(definitions, () => ports);

/** Plays a history through the roll-up's own chain, with a ledger and a store of its own, and adds up what came of it. */
export async function play({ records, steps, refuses }: History, broken: Partial<Ports> = {}): Promise<Played> {
  const ledger = new TableLedger();
  const table = new CheckedTable(nowMs, refuses);
  const quarantine = new CountedQuarantine();
  const query = undefined as unknown as TimestreamQueryClient;
  ports = {
    ledger,
    memory: new DuplicateMemory(ledger),
    store: new TimestreamStore({ write: table.client, query }, { database: "fuzz", table: "rows" }, clock),
    quarantine,
    agedAfterMs: Number.POSITIVE_INFINITY,
    stream: {
      read: async (_shard, first, last) => rangeOf(records, first, last),
      ancestry: async () => ({ ancestors: [], forgotten: [] }),
    },
    clock,
    ...broken,
  };
  const wrong: string[] = [];
  for (const { from, to, failsAt } of [...steps, { from: 0, to: records.length, failsAt: undefined }]) {
    const batch = records.slice(from, to);
    if (batch.length === 0) continue;
    table.failsIn = failsAt;
    try {
      await quietly(() => chain(kinesisEvent(batch) as BatchEvent, context));
    } catch (error) {
      if (failsAt === undefined)
        wrong.push(`records ${from} to ${to}: ${String(error instanceof Error ? error.stack : error)}`);
    }
  }
  const parts = ledger.parts.get(shard) ?? [];
  wrong.push(
    ...table.wrong,
    ...uncovered(records, parts),
    ...parts.flatMap((part) => wrongIn(part, table, quarantine)),
    ...wrongSentinels(records, table),
    ...(ledger.heads.get(shard)?.open ?? []).map(({ id }) => `part ${id} is still open`),
  );
  const sum = (field: "events" | "counted"): number => parts.reduce((total, part) => total + part[field], 0);
  return {
    wrong: wrong.length === 0 ? undefined : wrong.slice(0, 5).join("\n  "),
    events: sum("events"),
    counted: sum("counted"),
    parts: parts.length,
    inputs: table.inputs,
  };
}

/** Without what the function prints: nobody reads the metrics of thousands of invocations. */
async function quietly(run: () => Promise<unknown>): Promise<void> {
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  for (const { stream } of streams) stream.write = () => true;
  try {
    await run();
  } finally {
    for (const { stream, write } of streams) stream.write = write;
  }
}

function rangeOf(records: readonly FuzzRecord[], first: string, last: string): StreamRecord[] {
  const from = records.findIndex(({ sequenceNumber }) => sequenceNumber === first);
  const to = records.findIndex(({ sequenceNumber }) => sequenceNumber === last);
  return records
    .slice(from, to + 1)
    .map(({ partitionKey, ...record }) => ({ ...record, partitionKey: partitionKey ?? undefined }));
}

function uncovered(records: readonly FuzzRecord[], parts: readonly CommittedPart[]): string[] {
  const wrong = records.flatMap(({ sequenceNumber }, place) => {
    const times = parts.filter((part) => covers(part, sequenceNumber)).length;
    return times === 1 ? [] : [`record ${place} is in ${times} parts`];
  });
  const counted = parts.reduce((sum, part) => sum + part.records, 0);
  return counted === records.length ? wrong : [...wrong, `${counted} records in parts, expected ${records.length}`];
}

function wrongIn(part: CommittedPart, table: CheckedTable, { parts }: CountedQuarantine): string[] {
  const { id, events, counted, duplicate, quarantined, late, rowsCount } = part;
  const kept = parts.get(id) ?? { late: 0, others: 0, inLines: 0 };
  const stored = table.counts.get(id) ?? 0;
  const equal: [what: string, expected: number, received: number][] = [
    ["events", counted + duplicate + quarantined + late, events],
    ["the count of its rows", rowsCount, stored],
    ["late events in quarantine", late, kept.late],
    ["other events in quarantine", quarantined, kept.others],
    ["events in the lines of its file", late + quarantined, kept.inLines],
  ];
  return equal.flatMap(([what, expected, received]) =>
    expected === received ? [] : [`part ${id}: ${what}: expected ${expected}, got ${received}`],
  );
}

function wrongSentinels(records: readonly FuzzRecord[], { totals }: CheckedTable): string[] {
  const numbers = records.flatMap(({ sentinel }) => (sentinel === undefined ? [] : [sentinel]));
  const sum = numbers.reduce((total, n) => total + n, 0);
  const total = totals.get("sentinels") ?? { count: 0, sum: 0 };
  if (total.count === numbers.length && total.sum === sum) return [];
  return [`expected ${numbers.length} sentinels that add up to ${sum}, got ${total.count} and ${total.sum}`];
}
