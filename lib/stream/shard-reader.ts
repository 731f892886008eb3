import {
  ExpiredIteratorException,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  type _Record as KinesisRecord,
} from "@aws-sdk/client-kinesis";
import { type Clock, systemClock } from "../clock.ts";
import { persist } from "../retry.ts";
import type { StreamPage } from "./reader.ts";
import type { StreamRecord } from "./stream-record.ts";

/** Kinesis answers at most this many records a call (Kinesis API, GetRecords). */
export const recordsPerReadMax = 10_000;

/** Where reading a shard begins, the record itself included or not. */
export type ReadingStart =
  | { readonly at: string }
  | { readonly after: string }
  | { readonly fromMs: number }
  | "oldest";

/** How long a throttled request is repeated, beyond the tries of the SDK. */
export interface ReadingPatience {
  readonly waitMsMax: number;
  /** Least time between two reads of a shard, where reads must leave room for others'. */
  readonly everyMs?: number;
  readonly clock: Clock;
}

export const impatient: ReadingPatience = { waitMsMax: 0, clock: systemClock };

/** Answers that say "not now" (Kinesis API, common errors). */
const passingErrors = new Set([
  "ProvisionedThroughputExceededException",
  "LimitExceededException",
  "KMSThrottlingException",
  "ThrottlingException",
  "InternalFailure",
  "InternalFailureException",
  "ServiceUnavailable",
  "TimeoutError",
]);

const isPassing = (error: unknown): boolean => error instanceof Error && passingErrors.has(error.name);

/** Asks Kinesis, and asks again while it is throttled, for as long as patience lasts. Throws what Kinesis throws. */
export const askPatiently = <T>(attempt: () => Promise<T>, { waitMsMax, clock }: ReadingPatience): Promise<T> =>
  persist(attempt, isPassing, { deadlineMs: clock.now() + waitMsMax }, clock);

/**
 * Reads one shard from a place on, read by read. However long the caller takes between two reads: an iterator lives for
 * five minutes (Kinesis API, GetShardIterator), and an expired one is replaced by one after the last record read.
 */
export class ShardReader {
  readonly #client: KinesisClient;
  readonly #shard: { readonly StreamName: string; readonly ShardId: string };
  readonly #patience: ReadingPatience;
  /** Where a new iterator begins. */
  #start: ReadingStart;
  #iterator: string | undefined;
  #ended = false;
  #readMs = Number.NEGATIVE_INFINITY;

  constructor(
    client: KinesisClient,
    { streamName, shardId }: { readonly streamName: string; readonly shardId: string },
    start: ReadingStart,
    patience: ReadingPatience,
  ) {
    this.#client = client;
    this.#shard = { StreamName: streamName, ShardId: shardId };
    this.#start = start;
    this.#patience = patience;
  }

  /**
   * One read of at most `limit` records; undefined past the end of a closed shard. Throws what Kinesis throws,
   * ResourceNotFoundException for a shard that the stream has forgotten.
   */
  async next(limit: number): Promise<StreamPage | undefined> {
    if (this.#ended) return undefined;
    await this.#pace();
    const page = await this.#read(Math.min(recordsPerReadMax, Math.max(1, limit)));
    const records = (page.Records ?? []).map(recordOf);
    const last = records.at(-1);
    if (last !== undefined) this.#start = { after: last.sequenceNumber };
    this.#iterator = page.NextShardIterator;
    this.#ended = this.#iterator === undefined;
    return { records, behindMs: page.MillisBehindLatest ?? 0 };
  }

  async #pace(): Promise<void> {
    const { everyMs = 0, clock } = this.#patience;
    const waitMs = this.#readMs + everyMs - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs);
    this.#readMs = clock.now();
  }

  #read(Limit: number): Promise<GetRecordsCommandOutput> {
    // Each attempt by itself: while Kinesis is throttled for minutes, an iterator grows old too.
    return askPatiently(async () => {
      const isOld = this.#iterator !== undefined;
      try {
        return await this.#get(Limit);
      } catch (error) {
        if (!isOld || !(error instanceof ExpiredIteratorException)) throw error;
        this.#iterator = undefined;
        return this.#get(Limit);
      }
    }, this.#patience);
  }

  async #get(Limit: number): Promise<GetRecordsCommandOutput> {
    this.#iterator ??= await this.#newIterator();
    return this.#client.send(new GetRecordsCommand({ ShardIterator: this.#iterator, Limit }));
  }

  async #newIterator(): Promise<string | undefined> {
    const command = new GetShardIteratorCommand({ ...this.#shard, ...iteratorAt(this.#start) });
    return (await this.#client.send(command)).ShardIterator;
  }
}

function iteratorAt(start: ReadingStart) {
  if (start === "oldest") return { ShardIteratorType: "TRIM_HORIZON" } as const;
  if ("at" in start) return { ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: start.at } as const;
  if ("after" in start) {
    return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: start.after } as const;
  }
  return { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(start.fromMs) } as const;
}

function recordOf(record: KinesisRecord): StreamRecord {
  const { SequenceNumber = "", PartitionKey, ApproximateArrivalTimestamp, Data } = record;
  return {
    sequenceNumber: SequenceNumber,
    partitionKey: PartitionKey,
    arrivalMs: Math.floor(ApproximateArrivalTimestamp?.getTime() ?? Number.NaN),
    data: Buffer.from(Data ?? []),
  };
}
