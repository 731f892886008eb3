import { setImmediate } from "node:timers/promises";
import { type Definitions, definitionsOf } from "../../../lib/config/definitions.ts";
import { count, defineConfig, sum, track } from "../../../lib/config.ts";
import { DuplicateMemory } from "../../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { Ports } from "../../../lib/roll-up/ports.ts";
import { PromiseHeld, type RollUpReport, rollUp } from "../../../lib/roll-up/roll-up.ts";
import type { Ledger } from "../../../lib/store/ledger/ledger.ts";
import type { QuarantinePlace, Rejected } from "../../../lib/store/quarantine/quarantine.ts";
import type { HashRange } from "../../../lib/stream/hash-range.ts";
import { RangeGone } from "../../../lib/stream/reader.ts";
import type { StreamRecord } from "../../../lib/stream/stream-record.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";
import { MemoryStore } from "../../memory/memory-store.ts";

export const baseMs = Date.UTC(2026, 0, 1, 12);
export const shard = "events/shardId-000000000000";

export const sequence = (index: number): string => String(4_959_000_000 + index * 7);

/** The first definitions, and the same after a dimension was added. */
export const before: Definitions = definitionsOf(
  defineConfig({
    metrics: {
      sales: { on: track("Sold"), measure: sum("properties.price"), by: { shop: "properties.shop" } },
      all: { on: track(), measure: count() },
    },
  }),
);
const configAfter = defineConfig({
  metrics: {
    sales: {
      on: track("Sold"),
      measure: sum("properties.price"),
      by: { shop: "properties.shop", size: "properties.size" },
    },
    all: { on: track(), measure: count() },
  },
});
export const after: Definitions = definitionsOf(configAfter);
/** As after a change of the fold's own code, which cannot tell what the code before it made. */
export const refolded: Definitions = definitionsOf(configAfter, after.foldVersion + 1);

export const sold = (id: number, properties: Record<string, unknown> = {}): Record<string, unknown> => ({
  type: "track",
  event: "Sold",
  messageId: `m${id}`,
  timestamp: new Date(baseMs + (id % 3) * 60_000).toISOString(),
  properties: { price: id, shop: `s${id % 2}`, size: `z${id % 3}`, ...properties },
});

export function recordOf(index: number, events: readonly unknown[]): StreamRecord {
  return {
    sequenceNumber: sequence(index),
    partitionKey: "p",
    arrivalMs: baseMs + index,
    data: Buffer.from(events.map((event) => JSON.stringify(event)).join("\n")),
  };
}

export class Death extends Error {}

/** What happens at the calls of one invocation: by the call's number from 0, among those of a method where one is named. */
export interface Fault {
  readonly call: number;
  readonly of?: string;
  readonly kind: "dies before" | "dies after" | "sleeps before";
}

/** A warm process: what it remembers, and the ledger as the invocation at hand reaches it. */
class Container {
  ledger: Ledger;
  busy = true;
  readonly memory: DuplicateMemory;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
    const current = new Proxy(ledger, { get: (_, name) => Reflect.get(this.ledger, name).bind(this.ledger) });
    this.memory = new DuplicateMemory(current);
  }
}

/** One shard, its ledger and its store, and invocations that may die or fall asleep between any two calls. */
export class World {
  readonly ledger = new TableLedger();
  readonly store = new MemoryStore();
  readonly rejected = new Map<string, readonly Rejected[]>();
  /** By part and version, as the files are. */
  readonly rejectedFiles = new Map<string, readonly Rejected[]>();
  readonly records: readonly StreamRecord[];
  /** Arrival that a file goes by, as above. */
  readonly rejectedAtMs = new Map<string, number>();
  /** Ranges that were read from the stream again. */
  readonly reads: (readonly [first: string, last: string])[] = [];
  nowMs = baseMs;
  deadlineMs = Number.POSITIVE_INFINITY;
  /** Processes that stay warm between invocations. */
  readonly #containers = new Map<number, Container>();
  readonly #sleepers: (() => void)[] = [];
  /** Ranges of records by shard; each shard came from the one before it. */
  readonly shards: readonly (readonly [from: number, to: number])[];
  /** By shard id, as the stream tells them; none where it does not. */
  readonly hashKeys = new Map<string, HashRange>();

  /** The shard is resharded after so many records, to one child each time. */
  constructor(records: readonly StreamRecord[], reshardedAfter: readonly number[] = []) {
    this.records = records;
    const ends = [...new Set([...reshardedAfter, records.length])].sort((a, b) => a - b);
    this.shards = ends.map((end, index) => [ends[index - 1] ?? 0, end]);
  }

  /** Invokes with records `from` to `to`; undefined where it died or must come again later. */
  async invoke(
    from: number,
    to: number,
    definitions: Definitions = before,
    faults: readonly Fault[] = [],
    container?: number,
  ): Promise<RollUpReport | undefined> {
    const index = this.shards.findIndex(([, end]) => from < end);
    const shardId = `shardId-${String(index).padStart(12, "0")}`;
    const records = this.records.slice(from, Math.min(to, this.shards[index]?.[1] ?? to));
    const batch = { streamName: "events", shardId, records };
    const ports = this.#ports(faults);
    const warm = this.#container(container);
    warm.ledger = ports.ledger;
    try {
      return await rollUp(batch, definitions, { ...ports, memory: warm.memory }, { deadlineMs: this.deadlineMs });
    } catch (error) {
      // A process that died takes what it remembered with it.
      if (error instanceof Death && container !== undefined) this.#containers.delete(container);
      if (error instanceof Death || error instanceof PromiseHeld) return undefined;
      throw error;
    } finally {
      warm.busy = false;
    }
  }

  /** A process that handles one invocation at a time; a new one where the asked one is busy or none is asked for. */
  #container(asked: number | undefined): Container {
    const known = asked === undefined ? undefined : this.#containers.get(asked);
    if (known !== undefined && !known.busy) {
      known.busy = true;
      return known;
    }
    const container = new Container(this.ledger);
    if (asked !== undefined) this.#containers.set(asked, container);
    return container;
  }

  /** Lets every process go on that was thought dead. */
  wake(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }

  /** Resolves when nothing runs any more but who sleeps. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  }

  #ports(faults: readonly Fault[]): Omit<Ports, "memory"> {
    let call = 0;
    const calls = new Map<string | symbol, number>();
    const faulty = <Port extends object>(port: Port): Port =>
      new Proxy(port, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== "function") return method;
          // Asked once in a process's life: faults are told by the number of a call, whatever process it is in.
          if (name === "messageKey") return method.bind(target);
          const before = async (): Promise<Fault | undefined> => {
            const nth = calls.get(name) ?? 0;
            const fault = faults.find((one) =>
              one.of === undefined ? one.call === call : one.of === name && one.call === nth,
            );
            calls.set(name, nth + 1);
            call++;
            if (fault?.kind === "dies before") throw new Death();
            if (fault?.kind === "sleeps before") await new Promise<void>((resolve) => this.#sleepers.push(resolve));
            return fault;
          };
          if (name === "neighbours" || name === "ranges" || name === "ids") {
            return async function* (...parameters: unknown[]) {
              await before();
              yield* method.apply(target, parameters) as AsyncGenerator;
            };
          }
          return async (...parameters: unknown[]) => {
            const fault = await before();
            const result: unknown = await method.apply(target, parameters);
            if (fault?.kind === "dies after") throw new Death();
            return result;
          };
        },
      });
    return {
      ledger: faulty(this.ledger),
      store: faulty(this.store),
      quarantine: faulty({
        put: async (
          _shard: string,
          { part, version, firstArrivalMs }: QuarantinePlace,
          rejected: readonly Rejected[],
        ) => {
          this.rejected.set(part, rejected);
          this.rejectedFiles.set(`${part}.${version}`, rejected);
          this.rejectedAtMs.set(`${part}.${version}`, firstArrivalMs);
        },
      }),
      stream: faulty({
        read: async (_shardId: string, first: string, last: string) => {
          this.reads.push([first, last]);
          return this.#range(first, last);
        },
        ancestry: async (shardId: string) => {
          const generation = Number(shardId.slice(-12));
          const ancestors = Array.from(
            { length: generation },
            (_, back) => `shardId-${String(generation - 1 - back).padStart(12, "0")}`,
          );
          const hashKeys = this.hashKeys.get(shardId);
          return { ancestors, forgotten: [], ...(hashKeys === undefined ? {} : { hashKeys }) };
        },
      }),
      agedAfterMs: Number.POSITIVE_INFINITY,
      clock: { now: () => this.nowMs, sleep: async () => {} },
    };
  }

  #range(first: string, last: string): StreamRecord[] {
    const start = this.records.findIndex(({ sequenceNumber }) => sequenceNumber === first);
    const end = this.records.findIndex(({ sequenceNumber }) => sequenceNumber === last);
    if (start === -1 || end === -1) throw new RangeGone("shardId-000000000000", first, last, "none");
    return this.records.slice(start, end + 1);
  }
}
