import type { Definitions } from "../../../../lib/config/definitions.ts";
import type { Outcome } from "../../../../lib/invoke.ts";
import { eventOf } from "../../../../lib/recovery/isolate/kinesis-event.ts";
import { previewOf } from "../../../../lib/recovery/isolate/preview.ts";
import type { RollUpFunction } from "../../../../lib/recovery/isolate/roll-up-function.ts";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { rollUp } from "../../../../lib/roll-up/roll-up.ts";
import { readFailure } from "../../../../lib/store/dead-letters/dead-letter.ts";
import type { FailureFile, FailureFiles } from "../../../../lib/store/dead-letters/dead-letter-files.ts";
import type { QuarantinePlace, Rejected } from "../../../../lib/store/quarantine/quarantine.ts";
import { type Batch, batchOf } from "../../../../lib/stream/batch.ts";
import { rangeOf } from "../../../../lib/stream/range.ts";
import { RangeGone, type StreamPage, type StreamStart } from "../../../../lib/stream/reader.ts";
import { compareSequence } from "../../../../lib/stream/sequence.ts";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";
import { MemoryStore } from "../../../memory/memory-store.ts";
import { before, Death, recordOf, shard, sold } from "../../roll-up/world.ts";

export const streamName = "events";
export const shardId = "shardId-000000000000";

/** Records of two events each. */
export const manyRecords = (count: number): StreamRecord[] =>
  Array.from({ length: count }, (_, index) => recordOf(index, [sold(index * 2), sold(index * 2 + 1)]));

/** Calls of a port that end the process: by their number from 0, of all ports together. */
export type DiesAt = readonly number[];

/** One shard, and roll-ups of it in processes of their own, as far as one process can have them. */
export class Rig {
  readonly ledger = new TableLedger();
  readonly store = new MemoryStore();
  readonly quarantined = new Map<string, readonly Rejected[]>();
  readonly files = new MemoryFailureFiles();
  readonly records: readonly StreamRecord[];
  nowMs: number;
  definitions: Definitions = before;
  /** Records before this place have expired. */
  trimmed = 0;
  /** Places of records that end the process when they are taken apart. */
  readonly killers = new Set<number>();
  /** Whether the function dies whatever it is given, as with a broken deployment. */
  broken = false;
  /** Whether the store takes nothing. */
  storeDown = false;
  agedAfterMs = Number.POSITIVE_INFINITY;
  /** What the store takes, by default of 24 h of retention, 24 h of lateness and an hour to spare. */
  reach = { reachMs: 49 * 3_600_000, allowedLatenessMs: 24 * 3_600_000 };
  invocations = 0;
  previews = 0;
  /** Times that a shard was begun to be read. */
  reads = 0;

  constructor(records: readonly StreamRecord[]) {
    this.records = records;
    this.nowMs = (records.at(-1)?.arrivalMs ?? 0) + 3_600_000;
  }

  readonly clock = { now: () => this.nowMs, sleep: async () => {} };

  readonly stream = {
    read: async (_shardId: string, first: string, last: string): Promise<StreamRecord[]> => {
      const at = (number: string): number => this.records.findIndex(({ sequenceNumber }) => sequenceNumber === number);
      const [from, to] = [at(first), at(last)];
      const found = this.records.slice(Math.max(from, this.trimmed), to + 1);
      if (from < this.trimmed) throw new RangeGone(shardId, first, last, "less", found);
      return found.map((record) => this.#armed(record));
    },
    ancestry: async () => ({ ancestors: [], forgotten: [] }),
    pages: async function* (
      this: Rig,
      _shardId: string,
      start: StreamStart,
      limit: number,
    ): AsyncGenerator<StreamPage> {
      this.reads++;
      const after = typeof start === "object" && "after" in start ? start.after : "0";
      const records = this.records
        .slice(this.trimmed)
        .filter(({ sequenceNumber }) => compareSequence(sequenceNumber, after) > 0)
        .map((record) => this.#armed(record));
      for (let from = 0; from < records.length; from += limit) {
        // An empty read in the middle of a shard is normal.
        yield { records: [], behindMs: 1 };
        yield { records: records.slice(from, from + limit), behindMs: from + limit < records.length ? 1 : 0 };
      }
      for (;;) yield { records: [], behindMs: 0 };
    }.bind(this),
  };

  readonly rollUp: RollUpFunction = {
    run: async (batch) => {
      this.invocations++;
      return this.#outcome(() => this.#invoke(batch));
    },
    preview: async (batch, takenFromMs) => {
      this.previews++;
      return this.#outcome(async () => previewOf(this.#delivered(batch).records, this.definitions, takenFromMs));
    },
  };

  get ports() {
    const { ledger, stream, rollUp, clock, files: failures } = this;
    const shardLists = [{ shardIds: async () => [shardId] }];
    return { streamName, ledger, stream, rollUp, clock, failures, shardLists, reach: this.reach };
  }

  /** An invocation by Lambda; it may die at a call of a port. */
  async deliver(from: number, to: number, diesAt: DiesAt = []): Promise<Outcome<unknown>> {
    const batch = { streamName, shardId, records: this.records.slice(from, to) };
    return this.#outcome(() => this.#invoke(batch, diesAt));
  }

  /** Lambda gives up on a batch. */
  giveUp(from: number, to: number, shape?: Parameters<typeof failureText>[1]): string {
    return this.files.put(failureText({ streamName, shardId, records: this.records.slice(from, to) }, shape));
  }

  /** Totals of all events by metric. */
  totals(): Record<string, { count: number; sum: number }> {
    const totals: Record<string, { count: number; sum: number }> = {};
    for (const [key, { count, sum }] of this.store.totals()) {
      const metric = key.slice(0, key.indexOf("|"));
      const total = totals[metric] ?? { count: 0, sum: 0 };
      totals[metric] = { count: total.count + count, sum: total.sum + sum };
    }
    return totals;
  }

  /** What `manyRecords` come to, without the records at some places. */
  expected(without: readonly number[] = []): Record<string, { count: number; sum: number }> {
    const places = this.records.map((_, place) => place).filter((place) => !without.includes(place));
    const sum = places.reduce((total, place) => total + 4 * place + 1, 0);
    return { all: { count: places.length * 2, sum: 0 }, sales: { count: places.length * 2, sum } };
  }

  async #invoke(batch: Batch, diesAt: DiesAt = []): Promise<unknown> {
    const { ledger, store, stream, clock, quarantined } = this;
    const mortal = mortalPorts(diesAt);
    const quarantine = {
      put: async (_shard: string, { part }: QuarantinePlace, rejected: readonly Rejected[]) => {
        quarantined.set(part, rejected);
      },
    };
    const write: typeof store.write = (part, version, rows) => {
      if (this.storeDown) throw new Error("The store is down");
      return store.write(part, version, rows);
    };
    const mortalLedger = mortal(ledger);
    const ports = {
      ledger: mortalLedger,
      memory: new DuplicateMemory(mortalLedger),
      store: mortal({ write }),
      quarantine: mortal(quarantine),
      stream: mortal(stream),
      clock,
      agedAfterMs: this.agedAfterMs,
    };
    return rollUp(this.#delivered(batch), this.definitions, ports, { deadlineMs: Number.POSITIVE_INFINITY });
  }

  async #outcome<Answer>(run: () => Promise<Answer>): Promise<Outcome<Answer>> {
    try {
      if (this.broken) throw new Death();
      return { kind: "done", answer: await run() };
    } catch (error) {
      if (error instanceof Death) return { kind: "died", why: "Runtime.ExitError" };
      return { kind: "threw", why: String(error) };
    }
  }

  /** The batch as it comes out of an event. */
  #delivered(batch: Batch): Batch {
    if (batch.records.length === 0) return batch;
    const event = JSON.parse(JSON.stringify(eventOf(batch))) as Parameters<typeof batchOf>[0];
    const delivered = batchOf(event);
    return { ...delivered, records: delivered.records.map((record) => this.#armed(record)) };
  }

  #armed(record: StreamRecord): StreamRecord {
    const place = this.records.findIndex(({ sequenceNumber }) => sequenceNumber === record.sequenceNumber);
    if (!this.killers.has(place)) return record;
    return Object.defineProperty({ ...record }, "data", {
      get: (): Buffer => {
        // The stand-in for Lambda may carry it; only who takes it apart dies.
        if (new Error().stack?.includes("PartFold")) throw new Death();
        return record.data;
      },
    });
  }
}

/** Ports whose calls are counted together, and end the process at some. */
function mortalPorts(diesAt: DiesAt): <Port extends object>(port: Port) => Port {
  let call = 0;
  return (port) =>
    new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...parameters: unknown[]) => {
          if (diesAt.includes(call++)) throw new Death();
          return method.apply(target, parameters) as unknown;
        };
      },
    });
}

/** The text of what Lambda leaves of a batch. */
export function failureText(
  batch: Batch,
  { payload = "string", response = false }: { payload?: "string" | "object"; response?: boolean } = {},
): string {
  const event = eventOf(batch);
  const [first, last] = [batch.records[0], batch.records.at(-1)];
  return JSON.stringify({
    requestContext: {
      requestId: "c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5",
      functionArn: "arn:aws:lambda:us-east-2:123456789012:function:myfunction",
      condition: response ? "RetryAttemptsExhausted" : "RecordAgeExceeded",
      approximateInvokeCount: 1,
    },
    ...(response
      ? { responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" } }
      : {}),
    version: "1.0",
    timestamp: "2026-01-02T12:00:00.000Z",
    KinesisBatchInfo: {
      shardId: batch.shardId,
      startSequenceNumber: first?.sequenceNumber,
      endSequenceNumber: last?.sequenceNumber,
      batchSize: batch.records.length,
      streamArn: `arn:aws:kinesis:us-east-2:123456789012:stream/${batch.streamName}`,
    },
    payload: payload === "string" ? JSON.stringify(event) : event,
  });
}

/** Batches given up, in memory. */
export class MemoryFailureFiles implements FailureFiles {
  readonly texts = new Map<string, string>();
  readonly settled = new Map<string, string>();
  reads = 0;
  #count = 0;

  put(text: string): string {
    const key = `file-${this.#count++}`;
    this.texts.set(key, text);
    return key;
  }

  async *list(): AsyncGenerator<FailureFile> {
    for (const [key, text] of [...this.texts]) yield { key, shardId, bytes: text.length };
  }

  async range(file: FailureFile) {
    const failure = await this.read(file);
    return failure && rangeOf(failure.batch.records);
  }

  async read({ key }: FailureFile) {
    this.reads++;
    const text = this.texts.get(key);
    return text === undefined ? undefined : readFailure(text);
  }

  async settle({ key }: FailureFile): Promise<void> {
    const text = this.texts.get(key);
    if (text === undefined) return;
    this.settled.set(key, text);
    this.texts.delete(key);
  }
}

export const openParts = async (rig: Rig): Promise<number> => (await rig.ledger.head(shard)).open.length;

/** Delivers records and dies at the first call behind the opening of their part. */
export async function leavePromise(rig: Rig, from: number, to: number): Promise<void> {
  for (let call = 0; ; call++) {
    const before = await openParts(rig);
    const outcome = await rig.deliver(from, to, [call]);
    if (outcome.kind !== "died") throw new Error("Expected the process to die before it was done");
    if ((await openParts(rig)) > before) return;
  }
}
