import type { Context } from "aws-lambda";
import { vi } from "vitest";
import { liveChain } from "../../handlers/live.ts";
import { rollUpChain } from "../../handlers/roll-up.ts";
import { rollUpTimeoutSeconds } from "../../lib/limits.ts";
import type { LookPorts } from "../../lib/query/live/connect.ts";
import { ShardGauge } from "../../lib/query/shard-gauge.ts";
import { ShardStates } from "../../lib/query/shards.ts";
import type { Patience } from "../../lib/retry.ts";
import { DuplicateMemory } from "../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { Ledger } from "../../lib/store/ledger/ledger.ts";
import type { BatchEvent } from "../../lib/stream/batch.ts";
import { GivingWay } from "../../lib/stream/giving-way.ts";
import type { StreamPage, StreamStart } from "../../lib/stream/reader.ts";
import { MetricStore } from "../../local/cloudwatch/metrics.ts";
import { createMapping, type Mapping } from "../../local/event-source-mapping/mapping.ts";
import type { MappingSettings } from "../../local/event-source-mapping/mapping-settings.ts";
import type { Position } from "../../local/event-source-mapping/reading/stream-reader.ts";
import { putEmbeddedMetrics } from "../../local/lambda/embedded-metrics.ts";
import type { InvokeOutcome } from "../../local/lambda/invoke-outcome.ts";
import { TableLedger } from "../fakes/ledger-table.ts";
import { lambdaContext } from "../handlers/kinesis-event.ts";
import { before } from "../lib/roll-up/world.ts";
import { MemoryCheckpoints, MemoryStream } from "../local/event-source-mapping/rig.ts";
import { VirtualClock } from "../local/virtual-clock.ts";
import { MemoryStore } from "../memory/memory-store.ts";

const stepMs = 10_000;
const minuteMs = 60_000;
const streamName = "events";
const down = (): Error => Object.assign(new Error("down"), { name: "InternalServerError" });
export const failed: InvokeOutcome = { kind: "function-error", errorType: "Error", errorMessage: "no", handled: true };

/**
 * The stream, its mapping and the functions themselves in virtual time, over a ledger and a store that can be taken away,
 * with all the metrics that AWS and the functions publish.
 */
export class LagWorld {
  readonly clock = new VirtualClock();
  readonly metrics = new MetricStore();
  readonly stream = new MemoryStream(this.clock);
  readonly shardIds: readonly string[];
  readonly mapping: Mapping;
  /** Shards whose ledger answers errors to the roll-up. */
  readonly blocked = new Set<string>();
  /** The ledger answers errors to everybody. */
  ledgerDown = false;
  storeDown = false;
  /** In place of the roll-up's answer. */
  instead: (() => Promise<InvokeOutcome>) | undefined;
  readonly #ledger = new TableLedger();
  readonly #rollUp: ReturnType<typeof rollUpChain>;
  readonly #live: ReturnType<typeof liveChain>;
  readonly #stop = new AbortController();
  #events = 0;

  constructor(settings: MappingSettings, shards: number) {
    this.shardIds = Array.from({ length: shards }, (_, index) => `shardId-${String(index).padStart(12, "0")}`);
    for (const shardId of this.shardIds) this.stream.open(shardId);
    this.#rollUp = this.#rollUpChain();
    this.#live = liveChain(() => this.#lookPorts());
    this.mapping = createMapping(settings, {
      clock: this.clock,
      reader: this.stream,
      invoke: (_, payload) => this.#invoke(payload),
      destination: { put: async () => {} },
      checkpoints: new MemoryCheckpoints(),
      metrics: this.metrics,
      random: () => 0.5,
    });
    vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: this.clock.now() });
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, "write").mockImplementation((text) => {
        for (const line of String(text).split("\n")) putEmbeddedMetrics(line, this.metrics);
        return true;
      });
    }
  }

  start(): void {
    void this.mapping.run(this.#stop.signal);
  }

  end(): void {
    this.#stop.abort();
    vi.useRealTimers();
    vi.restoreAllMocks();
  }

  /** A minute goes by, in which an event arrives at each of the shards, and the schedules run. */
  async minute(shardIds: readonly string[]): Promise<void> {
    for (const shardId of shardIds) this.#put(shardId);
    for (let step = 0; step < minuteMs / stepMs; step++) {
      await this.clock.advance(stepMs);
      vi.advanceTimersByTime(stepMs);
    }
    await this.#live({ look: "lag" }, lambdaContext);
    this.runs("millrace-sweep");
  }

  /** A function was invoked. */
  runs(FunctionName: string): void {
    const metric = {
      namespace: "AWS/Lambda",
      name: "Invocations",
      dimensions: { FunctionName },
      unit: "Count",
    } as const;
    this.metrics.put({ ...metric, value: 1, atMs: this.clock.now() });
  }

  #put(shardId: string): void {
    const timestamp = new Date(this.clock.now()).toISOString();
    const event = {
      type: "track",
      event: "Sold",
      messageId: `m${++this.#events}`,
      timestamp,
      properties: { price: 1 },
    };
    this.stream.put(shardId, JSON.stringify(event));
  }

  async #invoke(payload: string): Promise<InvokeOutcome> {
    if (this.instead !== undefined) return this.instead();
    const startedMs = this.clock.now();
    const left = () => rollUpTimeoutSeconds * 1_000 - (this.clock.now() - startedMs);
    const context = { ...lambdaContext, getRemainingTimeInMillis: left } as Context;
    return this.#rollUp(JSON.parse(payload) as BatchEvent, context).then(
      (): InvokeOutcome => ({ kind: "ok", payload: "null" }),
      (): InvokeOutcome => failed,
    );
  }

  #rollUpChain(): ReturnType<typeof rollUpChain> {
    const store = new MemoryStore();
    const write = store.write.bind(store);
    store.write = async (...asked: [...Parameters<typeof write>, patience?: Patience]) => {
      const [part, version, rows, patience] = asked;
      if (!this.storeDown) return write(part, version, rows);
      await this.clock.sleep((patience?.deadlineMs ?? 0) - this.clock.now());
      throw down();
    };
    const ledger = this.#failing((shard) => this.ledgerDown || this.blocked.has(shard.split("/")[1] ?? ""));
    return rollUpChain(before, () => ({
      ledger,
      memory: new DuplicateMemory(this.#ledger),
      store,
      quarantine: { put: async () => {} },
      stream: { read: async () => [], ancestry: async () => ({ ancestors: [], forgotten: [] }) },
      clock: this.clock,
      agedAfterMs: Number.POSITIVE_INFINITY,
    }));
  }

  #lookPorts(): LookPorts {
    const gauge = new ShardGauge(
      { shardIds: async () => [...this.shardIds], pages: (shardId, start) => this.#pages(shardId, start) },
      new GivingWay(this.clock),
      this.clock,
    );
    const ledger = this.#failing(() => this.ledgerDown);
    return { live: { newest: () => Promise.reject(down()) }, shards: new ShardStates(gauge, streamName, ledger) };
  }

  /** The ledger, whose answers about a shard are errors while `isDown` says so. */
  #failing(isDown: (shard: string) => boolean): Ledger {
    return new Proxy(this.#ledger, {
      get: (ledger, name) => {
        const value: unknown = Reflect.get(ledger, name);
        if (typeof value !== "function") return value;
        return (...parameters: unknown[]) =>
          isDown(String(parameters[0])) ? Promise.reject(down()) : value.apply(ledger, parameters);
      },
    });
  }

  async *#pages(shardId: string, start: StreamStart): AsyncGenerator<StreamPage> {
    let position: Position =
      typeof start === "object" && "after" in start
        ? { kind: "after", sequenceNumber: start.after }
        : { kind: "trim-horizon" };
    for (;;) {
      const { records, millisBehindLatest } = await this.stream.read(shardId, position, 1);
      const last = records.at(-1);
      if (last !== undefined) position = { kind: "after", sequenceNumber: last.sequenceNumber };
      const data = Buffer.alloc(0);
      const found = records.map(({ sequenceNumber, arrivalMs }) => ({
        sequenceNumber,
        arrivalMs,
        partitionKey: "k",
        data,
      }));
      yield { records: found, behindMs: millisBehindLatest };
    }
  }
}
