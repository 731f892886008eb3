import type { MetricDatum } from "../../../local/cloudwatch/metrics.ts";
import type { Checkpoint, Checkpoints } from "../../../local/event-source-mapping/checkpoint.ts";
import type { Destination } from "../../../local/event-source-mapping/failure/on-failure.ts";
import { createMapping, type Mapping, type MappingPace } from "../../../local/event-source-mapping/mapping.ts";
import type { MappingSettings } from "../../../local/event-source-mapping/mapping-settings.ts";
import type {
  Position,
  ShardInfo,
  StreamPage,
  StreamReader,
  StreamRecord,
} from "../../../local/event-source-mapping/reading/stream-reader.ts";
import type { InvokeOutcome } from "../../../local/lambda/invoke-outcome.ts";
import { VirtualClock } from "../virtual-clock.ts";
import { mortal } from "./mortal.ts";

type Shard = ShardInfo & { closed: boolean; readonly records: StreamRecord[] };

/** A stream in memory and in virtual time. */
export class MemoryStream implements StreamReader {
  readonly #clock: VirtualClock;
  readonly #shards: Shard[] = [];
  #sequence = 0;
  /** Every read: when, of which shard, and how many records it found. */
  readonly reads: { atMs: number; shardId: string; records: number }[] = [];
  /** Thrown by the next reads. */
  failures: Error[] = [];

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  open(shardId: string, ...parents: string[]): void {
    const [parentShardId, adjacentParentShardId] = parents;
    this.#shards.push({
      shardId,
      ...(parentShardId === undefined ? {} : { parentShardId }),
      ...(adjacentParentShardId === undefined ? {} : { adjacentParentShardId }),
      closed: false,
      records: [],
    });
  }

  close(shardId: string): void {
    this.#shard(shardId).closed = true;
  }

  /** The shard is gone, with all its records. */
  forget(shardId: string): void {
    this.#shards.splice(this.#shards.indexOf(this.#shard(shardId)), 1);
  }

  put(shardId: string, ...texts: string[]): void {
    for (const text of texts) this.putRecord(shardId, text, {});
  }

  /** `arrivedMsAgo` may be anything: arrival is not promised to grow. */
  putRecord(shardId: string, text: string, { arrivedMsAgo = 0, partitionKey = "k" as string | null }): void {
    this.#shard(shardId).records.push({
      sequenceNumber: `4954${String(++this.#sequence).padStart(20, "0")}`,
      ...(partitionKey === null ? {} : { partitionKey }),
      dataBase64: Buffer.from(text).toString("base64"),
      arrivalMs: this.#clock.now() - arrivedMsAgo,
    });
  }

  async listShards(): Promise<readonly ShardInfo[]> {
    return this.#shards;
  }

  async read(shardId: string, position: Position, limit: number): Promise<StreamPage> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const shard = this.#shard(shardId);
    const rest = shard.records.filter((record) => isAfter(record, position));
    const records = rest.slice(0, limit);
    this.reads.push({ atMs: this.#clock.now(), shardId, records: records.length });
    const last = records.at(-1);
    return {
      records,
      millisBehindLatest: rest.length > records.length && last !== undefined ? this.#clock.now() - last.arrivalMs : 0,
      ended: shard.closed && rest.length === records.length,
    };
  }

  #shard(shardId: string): Shard {
    const shard = this.#shards.find((each) => each.shardId === shardId);
    if (shard === undefined) throw new Error(`no shard ${shardId}`);
    return shard;
  }
}

function isAfter(record: StreamRecord, position: Position): boolean {
  switch (position.kind) {
    case "trim-horizon":
      return true;
    case "at-timestamp":
      return record.arrivalMs >= position.ms;
    case "after":
      return record.sequenceNumber > position.sequenceNumber;
    default:
      throw position satisfies never;
  }
}

export class MemoryCheckpoints implements Checkpoints {
  readonly kept = new Map<string, Checkpoint>();
  async load(): Promise<ReadonlyMap<string, Checkpoint>> {
    return new Map(this.kept);
  }
  async save(shardId: string, checkpoint: Checkpoint): Promise<void> {
    this.kept.set(shardId, checkpoint);
  }
}

export const streamArn = "arn:aws:kinesis:eu-west-1:123456789012:stream/events";
export const functionArn = "arn:aws:lambda:eu-west-1:123456789012:function:roll-up";

/** `onFailure: undefined` takes the destination away. */
export type Changes = Partial<Omit<MappingSettings, "onFailure">> & {
  onFailure?: MappingSettings["onFailure"] | undefined;
};

export function settingsWith(changes: Changes = {}): MappingSettings {
  const { onFailure, ...rest } = { onFailure: { kind: "s3", bucket: "failures" } as const, ...changes };
  return {
    uuid: "0f5ad3e4-0000-4000-8000-000000000001",
    functionArn,
    streamArn,
    batchSize: 100,
    maximumBatchingWindowSeconds: 0,
    startingPosition: { kind: "trim-horizon" },
    maximumRetryAttempts: -1,
    maximumRecordAgeSeconds: -1,
    bisectBatchOnFunctionError: false,
    reportBatchItemFailures: false,
    eventCountMetrics: true,
    enabled: true,
    ...rest,
    ...(onFailure === undefined ? {} : { onFailure }),
  };
}

export const ok: InvokeOutcome = { kind: "ok", payload: "null" };
export const thrown: InvokeOutcome = {
  kind: "function-error",
  errorType: "Error",
  errorMessage: "no",
  handled: true,
};

export interface Invocation {
  readonly atMs: number;
  readonly shardId: string;
  /** The data of the records, as text. */
  readonly texts: string[];
  readonly sequenceNumbers: string[];
  readonly payload: string;
}

/** Answers an invocation; the default succeeds. */
export type Answer = (invocation: Invocation) => InvokeOutcome | Promise<InvokeOutcome>;

/** A response that names the records with these texts as failed, if any is in the batch. */
export const namedFailed =
  (...failed: string[]): Answer =>
  ({ texts, sequenceNumbers }) => {
    const named = sequenceNumbers.filter((_, n) => failed.includes(texts[n] ?? ""));
    const batchItemFailures = named.map((itemIdentifier) => ({ itemIdentifier }));
    return { kind: "ok", payload: JSON.stringify({ batchItemFailures }) };
  };

/** Throws if a record with one of these texts is in the batch. */
export const fatal =
  (...texts: string[]): Answer =>
  (invocation) =>
    invocation.texts.some((text) => texts.includes(text)) ? thrown : ok;

export interface Rig {
  readonly clock: VirtualClock;
  readonly stream: MemoryStream;
  readonly checkpoints: MemoryCheckpoints;
  readonly invocations: Invocation[];
  readonly succeeded: string[];
  readonly objects: Map<string, string>;
  /** The bodies of the objects, also where two were written under one key. */
  readonly written: string[];
  /** To queues and topics. */
  readonly sent: { arn: string; body: string }[];
  readonly metrics: MetricDatum[];
  readonly problems: string[];
  answer: Answer;
  /** Invocations of each shard that go on at one time, at most so far. */
  readonly atOnce: Map<string, number>;
  /** From 0 up to 1. */
  random: () => number;
  destinationFailure: Error | undefined;
  mapping: Mapping;
  /** Starts another mapping on the same stream and checkpoints, as after a restart. */
  start(changes?: Changes): void;
  stop(): Promise<void>;
  /** The process dies: what it was about to do does not happen. */
  kill(): void;
}

type Event = { Records: { eventID: string; kinesis: { data: string; sequenceNumber: string } }[] };

/** `destination` takes the place of one that keeps everything. */
export function rig(changes: Changes = {}, pace: MappingPace = {}, destination?: Destination): Rig {
  const clock = new VirtualClock();
  const stream = new MemoryStream(clock);
  const checkpoints = new MemoryCheckpoints();
  let stop = new AbortController();
  let run: Promise<void> = Promise.resolve();
  const runningNow = new Map<string, number>();
  const invoke = async (_arn: string, payload: string): Promise<InvokeOutcome> => {
    const event = JSON.parse(payload) as Event;
    const texts = event.Records.map((record) => Buffer.from(record.kinesis.data, "base64").toString());
    const shardId = event.Records[0]?.eventID.split(":")[0] ?? "";
    const sequenceNumbers = event.Records.map((record) => record.kinesis.sequenceNumber);
    const invocation = { atMs: clock.now(), shardId, texts, sequenceNumbers, payload };
    self.invocations.push(invocation);
    const running = (runningNow.get(shardId) ?? 0) + 1;
    runningNow.set(shardId, running);
    self.atOnce.set(shardId, Math.max(running, self.atOnce.get(shardId) ?? 0));
    const outcome = await self.answer(invocation);
    runningNow.set(shardId, (runningNow.get(shardId) ?? 0) - 1);
    if (outcome.kind === "ok") self.succeeded.push(...texts);
    return outcome;
  };
  const environment = {
    clock,
    reader: stream,
    invoke,
    checkpoints,
    destination: destination ?? {
      put: async (bucket: string, key: string, body: string) => {
        if (self.destinationFailure !== undefined) throw self.destinationFailure;
        self.objects.set(`${bucket}/${key}`, body);
        self.written.push(body);
      },
      send: async (arn: string, body: string) => {
        if (self.destinationFailure !== undefined) throw self.destinationFailure;
        self.sent.push({ arn, body });
      },
    },
    metrics: { put: (datum: MetricDatum) => self.metrics.push(datum) },
    random: () => self.random(),
    problem: (text: string) => self.problems.push(text),
  };
  let process = mortal(environment);
  const self: Rig = {
    clock,
    stream,
    checkpoints,
    invocations: [],
    succeeded: [],
    objects: new Map(),
    written: [],
    sent: [],
    metrics: [],
    problems: [],
    answer: () => ok,
    atOnce: new Map(),
    random: () => 0.5,
    destinationFailure: undefined,
    mapping: createMapping(settingsWith(changes), environment, pace),
    start: (again = {}) => {
      process = mortal(environment);
      self.mapping = createMapping(settingsWith({ ...changes, ...again }), process.environment, pace);
      stop = new AbortController();
      run = self.mapping.run(stop.signal);
    },
    stop: async () => {
      stop.abort();
      let running = true;
      const ended = run.finally(() => {
        running = false;
      });
      // An invocation under way is awaited, and may take its time.
      for (let n = 0; running && n < 1_000; n++) await clock.advance(60_000);
      await ended;
    },
    kill: () => {
      process.die();
      stop.abort();
      run = Promise.resolve();
    },
  };
  return self;
}

/** Numbers from 0 up to 1, always the same ones for a seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

export const total = (metrics: readonly MetricDatum[], name: string): number =>
  metrics.filter((datum) => datum.name === name).reduce((sum, datum) => sum + datum.value, 0);

export const failureBodies = (r: Rig) => r.written.map((body) => JSON.parse(body) as FailureBody);

export interface FailureBody {
  readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number };
  readonly responseContext?: { readonly statusCode: number; readonly functionError: string | null };
  readonly KinesisBatchInfo: { readonly batchSize: number; readonly shardId: string };
  readonly payload: string;
}

export const payloadTexts = (body: FailureBody): string[] =>
  (JSON.parse(body.payload) as Event).Records.map((record) => Buffer.from(record.kinesis.data, "base64").toString());
