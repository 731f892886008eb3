import { setTimeout as wait } from "node:timers/promises";
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { names } from "../../lib/names.ts";
import { eventOf } from "../../lib/recovery/isolate/kinesis-event.ts";
import type { RedriveReport } from "../../lib/recovery/redrive/report.ts";
import type { SweepReport } from "../../lib/recovery/sweep.ts";
import { Random } from "../simulation/random.ts";
import { failureFile } from "./failure-file.ts";
import type { Laptop } from "./laptop.ts";

/** What was done to the laptop. */
export interface Faults {
  /** Processes killed, by function. */
  readonly killed: Record<string, number>;
  /** Such as `timestream nothing`, in the order they came. */
  readonly outages: string[];
  readonly resharding: string[];
  /** Runs of sweep and redrive that ended with a report, and those that did not. */
  readonly runs: { answered: number; failed: number };
  /** Batches of the stream put where Lambda leaves what it gave up on, while Lambda delivers them as well. */
  readonly batchesGivenUp: number;
}

export interface FaultOptions {
  readonly seed: number;
  /** Of an outage, milliseconds; between two there is up to as much time. */
  readonly outageMsMax: number;
}

const functions = [names.rollUp, names.rollUp, names.rollUp, names.sweep, names.redrive];
const outages = [
  ["timestream", "nothing"],
  ["dynamodb", "nothing"],
  ["kinesis", "lost"],
  ["timestream", "lost"],
  ["dynamodb", "lost"],
  ["s3", "errors"],
  ["timestream", "errors"],
  ["dynamodb", "errors"],
  ["kinesis", "nothing"],
] as const;

/**
 * Does to a laptop what AWS, the network and people do, all at once and by chance: kills functions, takes services away,
 * splits and merges shards, redrives batches that are being delivered. The seed decides what is done, not when exactly.
 */
export class FaultRun implements Faults {
  readonly killed: Record<string, number> = {};
  readonly outages: string[] = [];
  readonly resharding: string[] = [];
  readonly runs = { answered: 0, failed: 0 };
  batchesGivenUp = 0;
  readonly #laptop: Laptop;
  readonly #options: FaultOptions;
  readonly #stop = new AbortController();
  readonly #kinesis: KinesisClient;
  readonly #lambda: LambdaClient;
  readonly #s3: S3Client;
  #bucket = "";

  constructor(laptop: Laptop, options: FaultOptions) {
    this.#laptop = laptop;
    this.#options = options;
    this.#kinesis = new KinesisClient(laptop.aws);
    // One attempt: an invocation whose answer was lost has run all the same.
    this.#lambda = new LambdaClient({ ...laptop.aws, maxAttempts: 1 });
    this.#s3 = new S3Client({ ...laptop.aws, forcePathStyle: true });
  }

  /** Goes on until `work` has ended, then leaves the laptop as it should be, with nothing given up. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#bucket = (await this.#s3.send(new ListBucketsCommand({}))).Buckets?.[0]?.Name ?? "";
    const causes = [this.#kill, this.#takeAway, this.#reshard, this.#giveUp, this.#recover];
    const running = Promise.all(
      causes.map((cause, stream) => cause.call(this, new Random(this.#options.seed, stream + 1))),
    );
    // Told below, when the work has ended.
    running.catch(() => this.#stop.abort());
    const done = await work.finally(() => this.#stop.abort());
    await running;
    await this.#recoverAll();
    for (const client of [this.#kinesis, this.#lambda, this.#s3]) client.destroy();
    return done;
  }

  async #kill(random: Random): Promise<void> {
    while (await this.#pause(random.between(100, 600))) {
      const name = random.pick(functions);
      const { killed } = await this.#laptop.rehearse<{ killed: number[] }>(`functions/${name}/kill`);
      this.killed[name] = (this.killed[name] ?? 0) + killed.length;
    }
  }

  async #takeAway(random: Random): Promise<void> {
    const { outageMsMax } = this.#options;
    const waiting: (typeof outages)[number][] = [];
    while (await this.#pause(random.between(outageMsMax / 4, outageMsMax))) {
      if (waiting.length === 0) waiting.push(...outages);
      const [[service, answers] = outages[0]] = waiting.splice(random.below(waiting.length), 1);
      this.outages.push(`${service} ${answers}`);
      await this.#laptop.rehearse(`services/${service}`, { answers });
      await this.#pause(random.between(outageMsMax / 4, outageMsMax));
      await this.#laptop.rehearse(`services/${service}`, { answers: "normally" });
    }
  }

  /** Splits and merges in turn, so that there are always two shards or three. */
  async #reshard(random: Random): Promise<void> {
    while (await this.#pause(random.between(1_000, 3_000))) {
      await this.#trying(async () => {
        const open = await this.#openShards();
        const [first, second] = open;
        if (first === undefined || second === undefined) return;
        if (open.length < 3) await this.#split(random.pick(open));
        else await this.#merge(first, second);
      });
    }
  }

  async #split({ ShardId, HashKeyRange }: Shard): Promise<void> {
    const middle = (BigInt(HashKeyRange?.StartingHashKey ?? 0) + BigInt(HashKeyRange?.EndingHashKey ?? 0)) / 2n;
    const order = { StreamName: names.stream, ShardToSplit: ShardId, NewStartingHashKey: String(middle) };
    await this.#kinesis.send(new SplitShardCommand(order));
    this.resharding.push(`split ${ShardId}`);
  }

  async #merge({ ShardId }: Shard, { ShardId: AdjacentShardToMerge }: Shard): Promise<void> {
    const order = { StreamName: names.stream, ShardToMerge: ShardId, AdjacentShardToMerge };
    await this.#kinesis.send(new MergeShardsCommand(order));
    this.resharding.push(`merge ${ShardId} ${AdjacentShardToMerge}`);
  }

  /** By hash key, so that neighbours can be merged; none while the stream is changing. */
  async #openShards(): Promise<Shard[]> {
    const StreamName = names.stream;
    const { StreamDescriptionSummary } = await this.#kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
    if (StreamDescriptionSummary?.StreamStatus !== "ACTIVE") return [];
    const { Shards = [] } = await this.#kinesis.send(new ListShardsCommand({ StreamName }));
    const start = (shard: Shard): bigint => BigInt(shard.HashKeyRange?.StartingHashKey ?? 0);
    return Shards.filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined).sort((a, b) =>
      start(a) < start(b) ? -1 : 1,
    );
  }

  async #giveUp(random: Random): Promise<void> {
    while (await this.#pause(random.between(200, 800))) {
      await this.#trying(async () => {
        const { Shards = [] } = await this.#kinesis.send(new ListShardsCommand({ StreamName: names.stream }));
        const records = await this.#records(random.pick(Shards).ShardId ?? "");
        if (records.length === 0) return;
        const first = random.below(records.length);
        const batch = records.slice(first, first + random.between(1, 20));
        const file = failureFile({ Records: batch }, String(++this.batchesGivenUp));
        await this.#s3.send(new PutObjectCommand({ Bucket: this.#bucket, ...file }));
      });
    }
  }

  /** The first page of a shard, or the newest records of it where it has more. */
  async #records(ShardId: string) {
    const place = { StreamName: names.stream, ShardId, ShardIteratorType: "TRIM_HORIZON" } as const;
    let { ShardIterator } = await this.#kinesis.send(new GetShardIteratorCommand(place));
    let newest: ReturnType<typeof eventOf>["Records"] = [];
    for (let page = 0; page < 20 && ShardIterator !== undefined; page++) {
      const answer = await this.#kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 200 }));
      ShardIterator = answer.NextShardIterator;
      const records = (answer.Records ?? []).map((record) => ({
        sequenceNumber: record.SequenceNumber ?? "",
        partitionKey: record.PartitionKey,
        arrivalMs: record.ApproximateArrivalTimestamp?.getTime() ?? Number.NaN,
        data: Buffer.from(record.Data ?? []),
      }));
      if (records.length > 0) newest = eventOf({ streamName: names.stream, shardId: ShardId, records }).Records;
      if (answer.MillisBehindLatest === 0) break;
    }
    return newest;
  }

  async #recover(random: Random): Promise<void> {
    while (await this.#pause(random.between(50, 300))) {
      await this.#trying(() => this.#run(random.pick([names.sweep, names.redrive])));
    }
  }

  async #run<Report>(FunctionName: string): Promise<Report> {
    const { FunctionError, Payload } = await this.#lambda.send(new InvokeCommand({ FunctionName }));
    const text = Buffer.from(Payload ?? []).toString("utf8");
    this.runs[FunctionError === undefined ? "answered" : "failed"]++;
    if (FunctionError !== undefined) throw new Error(`${FunctionName}: ${text}`);
    return JSON.parse(text) as Report;
  }

  /** All services are back: nothing may be left behind. */
  async #recoverAll(): Promise<void> {
    await this.#laptop.caughtUp();
    const { leftCount, left } = await this.#run<RedriveReport>(names.redrive);
    const { lost, notKept } = await this.#run<SweepReport>(names.sweep);
    const { KeyCount = 0 } = await this.#s3.send(
      new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: names.failuresPrefix }),
    );
    if (leftCount + KeyCount + lost.length + notKept.length > 0) {
      throw new Error(`Expected nothing left behind, got ${JSON.stringify({ left, KeyCount, lost, notKept })}`);
    }
  }

  /** False once the work has ended. */
  async #pause(milliseconds: number): Promise<boolean> {
    await wait(milliseconds, undefined, { signal: this.#stop.signal }).catch(() => {});
    return !this.#stop.signal.aborted;
  }

  /** While everything fails by intent, so may the one who does it. */
  async #trying(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }
}
