import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  type PutRecordsCommandInput,
  type PutRecordsCommandOutput,
  type PutRecordsResultEntry,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { isProblem } from "../../../lib/problem.ts";
import { unpack } from "../../../lib/stream/unpack.ts";

type Entry = NonNullable<PutRecordsCommandInput["Records"]>[number];
/** What to answer for an entry instead of storing it; undefined to store it. Throws to fail the request. */
export type Fault = (entry: Entry, request: number) => PutRecordsResultEntry | undefined;

export interface StoredRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Buffer;
  readonly events: readonly Record<string, unknown>[];
}

const kinesalite = createRequire(import.meta.url)("kinesalite") as (options: object) => Server;

/** The events of a record, as the roll-up reads them. */
export function eventsIn(data: Buffer): Record<string, unknown>[] {
  const unpacked = unpack(data);
  if (isProblem(unpacked)) throw new Error(unpacked.detail);
  return unpacked.texts.map((text) => {
    if (typeof text !== "string") throw new Error(text.detail);
    return JSON.parse(text) as Record<string, unknown>;
  });
}

/** A client of what speaks Kinesis at an address. It leaves all retries to the producer. */
export const clientOf = (endpoint: string): KinesisClient =>
  new KinesisClient({
    endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });

/** A real stream of an in-process kinesalite, with a client whose PutRecords can be made to fail. */
export class TestStream {
  /** A client for tests that send nothing. */
  static readonly idleClient = new KinesisClient({ region: "eu-west-1" });
  readonly name = "events";
  readonly client: KinesisClient;
  readonly endpoint: string;
  /** Entries of each PutRecords request, in order. */
  readonly requests: Entry[][] = [];
  fault: Fault | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.client = clientOf(this.endpoint);
    // Stores what no fault befalls, as a stream with a throttled shard does, and answers for each entry in its place.
    this.client.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName !== "PutRecordsCommand") return next(args);
        const input = args.input as PutRecordsCommandInput;
        const faults = this.#faults(input.Records ?? []);
        const stored = (input.Records ?? []).filter((_, index) => faults[index] === undefined);
        const answer = stored.length === 0 ? undefined : await next({ ...args, input: { ...input, Records: stored } });
        const answers = [...((answer?.output as PutRecordsCommandOutput | undefined)?.Records ?? [])];
        const Records = faults.map((fault) => fault ?? answers.shift() ?? {});
        const output = { $metadata: {}, FailedRecordCount: faults.length - stored.length, Records };
        return { output, response: answer?.response };
      },
      { step: "initialize", name: "faults" },
    );
  }

  static async open(shards: number): Promise<TestStream> {
    const server = kinesalite({ createStreamMs: 0, updateStreamMs: 0, shardLimit: 100 });
    // A connection that it closes for idleness may be one that a request is just being written to.
    server.keepAliveTimeout = 0;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const stream = new TestStream(server);
    await stream.client.send(new CreateStreamCommand({ StreamName: stream.name, ShardCount: shards }));
    await stream.#active();
    return stream;
  }

  async close(): Promise<void> {
    this.client.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async split(shardId: string): Promise<void> {
    const shard = (await this.shards()).find(({ ShardId }) => ShardId === shardId);
    const { StartingHashKey = "", EndingHashKey = "" } = shard?.HashKeyRange ?? {};
    const NewStartingHashKey = ((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n).toString();
    await this.client.send(new SplitShardCommand({ StreamName: this.name, ShardToSplit: shardId, NewStartingHashKey }));
    await this.#active();
  }

  async merge(shardId: string, adjacentId: string): Promise<void> {
    const command = { StreamName: this.name, ShardToMerge: shardId, AdjacentShardToMerge: adjacentId };
    await this.client.send(new MergeShardsCommand(command));
    await this.#active();
  }

  async shards() {
    return (await this.client.send(new ListShardsCommand({ StreamName: this.name }))).Shards ?? [];
  }

  /** All records of all shards, parents before children, in order. */
  async records(): Promise<StoredRecord[]> {
    const found: StoredRecord[] = [];
    for (const { ShardId } of await this.shards()) {
      const first = { StreamName: this.name, ShardId, ShardIteratorType: "TRIM_HORIZON" as const };
      let iterator = (await this.client.send(new GetShardIteratorCommand(first))).ShardIterator;
      while (iterator !== undefined) {
        const { Records = [], NextShardIterator } = await this.client.send(
          new GetRecordsCommand({ ShardIterator: iterator }),
        );
        if (Records.length === 0) break;
        for (const { Data = [], PartitionKey = "", SequenceNumber = "" } of Records) {
          const data = Buffer.from(Data as Uint8Array);
          found.push({
            shardId: ShardId ?? "",
            sequenceNumber: SequenceNumber,
            partitionKey: PartitionKey,
            data,
            events: eventsIn(data),
          });
        }
        iterator = NextShardIterator;
      }
    }
    return found;
  }

  async #active(): Promise<void> {
    const command = new DescribeStreamSummaryCommand({ StreamName: this.name });
    for (;;) {
      const { StreamDescriptionSummary } = await this.client.send(command);
      if (StreamDescriptionSummary?.StreamStatus === "ACTIVE") return;
    }
  }

  #faults(entries: Entry[]): (PutRecordsResultEntry | undefined)[] {
    const request = this.requests.push(entries) - 1;
    return entries.map((entry) => this.fault?.(entry, request));
  }
}
