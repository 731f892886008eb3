import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import { TimestreamWriteClient, WriteRecordsCommand } from "@aws-sdk/client-timestream-write";
import type { Context, KinesisStreamEvent } from "aws-lambda";
import { rollUpChain } from "../../handlers/roll-up.ts";
import { systemClock } from "../../lib/clock.ts";
import { DuplicateMemory } from "../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { Ports } from "../../lib/roll-up/ports.ts";
import type { Row } from "../../lib/store/rows/row.ts";
import { TimestreamStore } from "../../lib/store/rows/timestream.ts";
import { readEvent } from "../../lib/stream/event/event.ts";
import { TableLedger } from "../fakes/ledger-table.ts";
import { answersAtOnce } from "./answers-at-once.ts";
import { customary } from "./customary.ts";
import { paidLedger } from "./paid-ledger.ts";
import { definitions, rees46Batches } from "./rees46-batches.ts";

const context = {
  functionName: "roll-up",
  awsRequestId: "bench",
  invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:roll-up",
  memoryLimitInMB: "512",
  getRemainingTimeInMillis: () => 180_000,
} as Context;

/** What must be done whatever one does: decode, parse. */
function floor(batches: readonly KinesisStreamEvent[]): number {
  let events = 0;
  for (const { Records } of batches) {
    for (const { kinesis } of Records) {
      for (const line of Buffer.from(kinesis.data, "base64").toString("utf8").split("\n")) {
        const { type } = JSON.parse(line) as { type: string };
        if (type !== "") events++;
      }
    }
  }
  return events;
}

/** The texts of all events; with `numericIds`, category ids are numbers of 19 digits, as some shops have them. */
function eventTexts(batches: readonly KinesisStreamEvent[], numericIds: boolean): string[] {
  const texts = batches.flatMap(({ Records }) =>
    Records.flatMap(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString("utf8").split("\n")),
  );
  return numericIds ? texts.map((text) => text.replace(/"category_id":"(\d+)"/, '"category_id":$1')) : texts;
}

function read(texts: readonly string[]): void {
  for (const text of texts) readEvent(text, 0);
}

type Way = () => unknown;

/** Microseconds an event of each way: the median of interleaved runs, so that a noisy machine is noisy for all alike. */
async function medians(
  ways: Readonly<Record<string, Way>>,
  events: number,
  runs: number,
): Promise<Record<string, number>> {
  const times = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let run = 0; run < runs + 3; run++) {
    for (const [name, way] of Object.entries(ways)) {
      const start = performance.now();
      await way();
      // The first runs warm up the compiler.
      if (run >= 3) times.get(name)?.push(((performance.now() - start) * 1_000) / events);
    }
  }
  return Object.fromEntries(
    [...times].map(([name, found]) => [name, found.sort((a, b) => a - b)[found.length >> 1] ?? Number.NaN]),
  );
}

export interface RollUpFigures {
  readonly eventsPerRecord: number;
  readonly events: number;
  /** Microseconds an event. */
  readonly us: Record<string, number>;
  readonly handlerToFloor: number;
  readonly customaryToFloor: number;
}

/** The roll-up's whole handler against its floor and against the customary way. */
export async function rollUpFigures(eventsPerRecord: number, runs = 15): Promise<RollUpFigures> {
  const { events, batches } = await rees46Batches(eventsPerRecord);
  const settings = { region: "us-east-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } };
  const requestHandler = answersAtOnce;
  const endpoint = "http://127.0.0.1:1";
  const write = new TimestreamWriteClient({ ...settings, endpoint, requestHandler });
  const query = new TimestreamQueryClient({ ...settings, endpoint, requestHandler });
  const dynamodb = new DynamoDBClient({ ...settings, endpoint, requestHandler });
  const place = { database: "millrace", table: "metrics_1m" };

  let ports: Ports;
  const chain = rollUpChain(definitions, () => ports);
  const run = async (given: Ports): Promise<void> => {
    ports = given;
    for (const batch of batches) await chain({ ...batch } as Parameters<typeof chain>[0], context);
  };
  const common = {
    quarantine: { put: async () => {} },
    stream: { read: async () => [], ancestry: async () => ({ ancestors: [], forgotten: [] }) },
    clock: systemClock,
    agedAfterMs: Number.POSITIVE_INFINITY,
  };
  const [texts, numericTexts] = [eventTexts(batches, false), eventTexts(batches, true)];
  const ways: Record<string, Way> = {
    floor: () => floor(batches),
    "reading events": () => read(texts),
    "with numeric ids": () => read(numericTexts),
    handler: () => {
      const rows = new Map<string, readonly Row[]>();
      const store = {
        write: async (part: string, _version: number, written: readonly Row[]) => {
          rows.set(part, written);
          return { refusals: [], existing: 0 };
        },
      };
      const ledger = new TableLedger();
      return run({ ...common, ledger, memory: new DuplicateMemory(ledger), store });
    },
    "handler and SDKs": () => {
      const ledger = paidLedger(dynamodb);
      return run({
        ...common,
        ledger,
        memory: new DuplicateMemory(ledger),
        store: new TimestreamStore({ write, query }, place),
      });
    },
    customary: async () => {
      for (const batch of batches) await customary(batch, context, async () => {});
    },
    "customary and SDK": async () => {
      for (const batch of batches) {
        await customary(batch, context, (Records) =>
          write.send(new WriteRecordsCommand({ DatabaseName: "millrace", TableName: "events", Records })),
        );
      }
    },
  };
  const us = await medians(ways, events, runs);
  const ratio = (name: string): number => (us[name] ?? Number.NaN) / (us.floor ?? Number.NaN);
  return { eventsPerRecord, events, us, handlerToFloor: ratio("handler"), customaryToFloor: ratio("customary") };
}
