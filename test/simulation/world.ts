import { disorderMs } from "../../lib/roll-up/dedupe/recall.ts";
import type { Checkpoint } from "../../local/event-source-mapping/checkpoint.ts";
import { eventWriter } from "../../local/event-source-mapping/invocation/kinesis-event.ts";
import { createMapping } from "../../local/event-source-mapping/mapping.ts";
import type { MappingEnvironment } from "../../local/event-source-mapping/mapping-environment.ts";
import type { MappingSettings } from "../../local/event-source-mapping/mapping-settings.ts";
import { switchedDelay, switchesWith } from "../../local/event-source-mapping/switches.ts";
import { KinesisShards } from "../fakes/kinesis-stream.ts";
import { LedgerTable } from "../fakes/ledger-table.ts";
import { mortal } from "../local/event-source-mapping/mortal.ts";
import { Auditor } from "./auditor.ts";
import type { Outside } from "./called-services.ts";
import { SimulatedClock } from "./clock.ts";
import { type DeploymentName, dedupeWindows, definitionsFor } from "./deployment.ts";
import { SimulatedFunction } from "./function.ts";
import type { Plan, Service } from "./plan.ts";
import type { ProcessSurroundings } from "./process.ts";
import { Producer } from "./producer.ts";
import type { Product } from "./product.ts";
import { Random } from "./random.ts";
import { Recovery } from "./recovery.ts";
import { RejectBucket } from "./reject-bucket.ts";
import { type SentRecord, type Shard, SimulatedStream } from "./stream.ts";
import { TimestreamQueries } from "./timestream-query.ts";
import { TimestreamTable } from "./timestream-table.ts";
import { firstUncommitted } from "./uncommitted.ts";

export const startMs = Date.UTC(2026, 0, 1, 12);
export const streamName = "events";
const streamArn = "arn:aws:kinesis:eu-west-1:123456789012:stream/events";
const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:roll-up";
const origin = { streamArn, invokeIdentityArn: functionArn };

export interface RunOptions {
  /** Each line as it comes. */
  readonly trace?: (line: string) => void;
}

/** Everything of one run: a stream and its producers, the mapping, the function, and what it writes to. */
export class World {
  readonly plan: Plan;
  readonly clock = new SimulatedClock(startMs);
  readonly stream: SimulatedStream;
  readonly producer: Producer;
  readonly ledger: LedgerTable;
  readonly table: TimestreamTable;
  readonly function: SimulatedFunction;
  readonly checkpoints = new Map<string, Checkpoint>();
  /** All that were ever kept, to go back to. */
  readonly #formerCheckpoints: [string, Checkpoint][] = [];
  readonly bucket: RejectBucket;
  readonly outside: Outside;
  readonly product: Product;
  readonly streamName = streamName;
  readonly around: ProcessSurroundings;
  readonly recovery: Recovery;
  readonly auditor: Auditor;
  readonly sleepers: (() => void)[] = [];
  /** Since when the ledger remembers, epoch milliseconds. */
  knownSinceMs = startMs - 600_000;
  /** Nothing new happens any more. */
  isOver = false;
  /** What was found wrong while it ran, in order. */
  readonly wrongs: string[] = [];
  /** What was met, how often. */
  readonly met = new Map<string, number>();
  readonly trace: ((line: string) => void) | undefined;
  readonly #random: Random;
  readonly #engineRandom: Random;
  readonly #outages = new Map<Service, { readonly untilMs: number; readonly hangMs: number }>();
  readonly #kills: (() => void)[] = [];

  constructor(plan: Plan, product: Product, options: RunOptions) {
    const { chance, surroundings } = plan;
    this.plan = plan;
    this.product = product;
    this.#random = new Random(chance, 2);
    this.#engineRandom = new Random(chance, 3);
    const { clock, sleepers } = this;
    const now = (): number => clock.now();
    const ledger = new LedgerTable({
      now,
      staleMs: 1_000,
      pageItems: surroundings.pageSize,
      deletedAfterMs: surroundings.deletedAfterMs,
    });
    this.ledger = ledger;
    const { trace } = options;
    this.trace = trace === undefined ? undefined : (line) => trace(`${shownTime(now())} ${line}`);
    this.stream = new SimulatedStream(surroundings.shards, surroundings.retentionMs, now);
    this.producer = new Producer(this.stream, dedupeWindows(deployedIn(plan), surroundings), now);
    const wrong = (what: string): void => this.wrong(what);
    this.bucket = new RejectBucket(now, surroundings.pageSize, (batch) => {
      const missing = firstUncommitted(ledger, batch);
      if (missing !== undefined) wrong(`the file of ${missing} is taken away, which is in no committed part`);
    });
    const retention = { memoryStoreHours: surroundings.memoryStoreHours, oldestMs: startMs - 60_000 };
    this.table = new TimestreamTable(now, surroundings.storeSwitches, retention, wrong);
    const { stream, table, bucket } = this;
    const pages = new Random(chance, 6);
    const kinesis = new KinesisShards({
      name: streamName,
      now,
      shards: () => stream.known(),
      content: (shardId) => stream.content(shardId),
      pageRecords: surroundings.pageSize,
      isEmpty: () => pages.chance(surroundings.emptyShare),
      isBusy: () => surroundings.busyShare > 0 && pages.chance(surroundings.busyShare),
      shardsPerPage: surroundings.pageSize,
    });
    ledger.replaced = (before, after) => {
      if (before.lost === undefined && after.lost !== undefined)
        wrong(`part ${after.id} is written off, and was counted`);
    };
    ledger.isUnprocessed = () => surroundings.emptyShare > 0 && pages.chance(0.5);
    stream.isTaken = (shardId, bytes) => kinesis.takes(shardId, bytes);
    const queries = new TimestreamQueries(table, surroundings.pageSize, () => now() - surroundings.readLagMs);
    this.outside = { ledger, table, queries, kinesis, bucket, streamName };
    const around: ProcessSurroundings = {
      clock,
      random: this.#random,
      clockOffMs: surroundings.clockOffMs,
      slowShare: surroundings.slowShare,
      slowMs: surroundings.slowMs,
      downFor: (service) => this.#downFor(service),
      sleepers,
      met: (what) => this.meet(what),
      trace: this.trace,
    };
    this.around = around;
    this.recovery = new Recovery(this);
    this.auditor = new Auditor(this);
    this.function = new SimulatedFunction(
      {
        product,
        around,
        outside: this.outside,
        stream,
        wrong,
        // Arrivals are out of order by minutes here, ahead of the clock too: whatever age the mapping has is too near.
        agedAfterMs:
          surroundings.ageSeconds === -1 ? Number.POSITIVE_INFINITY : surroundings.ageSeconds * 1_000 - disorderMs,
      },
      definitionsFor("first", surroundings),
    );
  }

  /** Under the usual settings. */
  get dedupeWindowMs(): number {
    return this.plan.surroundings.windowHours * 3_600_000;
  }

  meet(what: string, times = 1): void {
    this.met.set(what, (this.met.get(what) ?? 0) + times);
  }

  wrong(what: string): void {
    this.trace?.(`WRONG: ${what}`);
    this.wrongs.push(what);
  }

  startMapping(): void {
    const process = mortal(this.#environment());
    const { switches, pollMs, payloadBytesMax } = this.plan.surroundings;
    const delay = switchedDelay(switchesWith(switches));
    // A batch that fails for hours would come back a hundred thousand times: at once means soon, after a while.
    const retryDelay = { ...delay, maxMs: Math.max(delay.maxMs, 15_000, 2 * pollMs) };
    const pace = {
      pollIntervalMs: pollMs,
      // A new shard is seen when its parent ends.
      listIntervalMs: Math.max(60_000, pollMs),
      switches,
      retryDelay,
      chance: 0.2,
      redeliveryRecordsMax: 20,
      payloadBytesMax,
    };
    const stop = new AbortController();
    const settings = mappingSettings(this.plan);
    void createMapping(settings, process.environment, pace).run(stop.signal);
    this.#kills.push(() => {
      process.die();
      stop.abort("dead");
    });
  }

  /** The processes of all mappings are lost; invocations under way go on. */
  killMappings(): void {
    for (const kill of this.#kills.splice(0)) kill();
  }

  loseCheckpoints(how: "kept" | "back" | "lost"): void {
    if (how === "lost") this.checkpoints.clear();
    if (how !== "back") return;
    for (const shardId of [...this.checkpoints.keys()]) {
      const [, former] = this.#random.pick(this.#formerCheckpoints.filter(([id]) => id === shardId));
      this.checkpoints.set(shardId, former);
    }
  }

  outage(service: Service, forMs: number, hangMs: number): void {
    this.#outages.set(service, { untilMs: this.clock.now() + forMs, hangMs });
  }

  /** Invokes the function with records, as somebody else than the mapping would. */
  invoke(shard: Shard, records: readonly SentRecord[]): void {
    const payload = eventWriter(origin, shard.shardId).write(records);
    if (Buffer.byteLength(payload) <= this.plan.surroundings.payloadBytesMax) void this.function.invoke(payload);
  }

  /** Nothing is down any more, nor will anything happen to the next invocations. */
  heal(): void {
    this.#outages.clear();
    this.function.fates.length = 0;
    this.function.throttles = 0;
  }

  #downFor(service: Service): number | undefined {
    // One bucket.
    const outage = this.#outages.get(service === "failures" ? "quarantine" : service);
    return outage !== undefined && this.clock.now() < outage.untilMs ? outage.hangMs : undefined;
  }

  #environment(): MappingEnvironment {
    const { clock, stream, checkpoints, bucket, trace } = this;
    return {
      clock,
      reader: stream,
      invoke: (_arn, payload) => this.function.invoke(payload),
      destination: {
        put: async (_bucket, key, body) => {
          if (this.#downFor("failures") !== undefined) {
            trace?.("the mapping gives records up, and nobody takes them");
            this.meet("given up for good");
            throw new Error("the bucket does not answer");
          }
          trace?.(`the mapping gives records up: ${key}`);
          bucket.giveUp(key, body);
          this.meet("given up");
        },
      },
      checkpoints: {
        load: async () => new Map(checkpoints),
        save: async (shardId, checkpoint) => {
          trace?.(`the mapping's checkpoint of ${shardId} is ${shownCheckpoint(checkpoint)}`);
          this.#formerCheckpoints.push([shardId, checkpoint]);
          checkpoints.set(shardId, checkpoint);
        },
      },
      metrics: { put: () => {} },
      random: this.#engineRandom.next,
      problem: (text) => trace?.(`the mapping says: ${text}`),
    };
  }
}

const deployedIn = ({ steps, last }: Plan): DeploymentName[] => [
  "first",
  last,
  ...steps.flatMap((step) => (step.kind === "deploy" ? [step.name] : [])),
];

/** As the template has it, but for what a plan changes. */
function mappingSettings({ surroundings }: Plan): MappingSettings {
  return {
    uuid: "0f5ad3e4-0000-4000-8000-000000000001",
    functionArn,
    streamArn,
    batchSize: surroundings.batchSize,
    maximumBatchingWindowSeconds: surroundings.windowSeconds,
    startingPosition: { kind: "trim-horizon" },
    maximumRetryAttempts: surroundings.retries,
    maximumRecordAgeSeconds: surroundings.ageSeconds,
    bisectBatchOnFunctionError: surroundings.bisects,
    reportBatchItemFailures: false,
    onFailure: { kind: "s3", bucket: "failures" },
    eventCountMetrics: false,
    enabled: true,
  };
}

const shownCheckpoint = (checkpoint: Checkpoint): string =>
  checkpoint.kind === "after" ? checkpoint.sequenceNumber : checkpoint.kind;

/** Since the start. */
function shownTime(ms: number): string {
  const passedMs = ms - startMs;
  return `+${Math.floor(passedMs / 3_600_000)}:${new Date(passedMs).toISOString().slice(14, 23)}`;
}
