import { AnswerTooLarge, type KinesisCall, KinesisError, kinesisCall } from "./kinesis-client.ts";
import { pageSize } from "./page-size.ts";
import type { Position, ShardInfo, StreamPage, StreamReader, StreamRecord } from "./stream-reader.ts";

export interface KinesisReaderOptions {
  /** Of a local Kinesis, such as `http://127.0.0.1:4567`. */
  readonly endpoint: string;
  readonly streamName: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What a page should hold at most, as base64 in JSON. */
  readonly pageBytes?: number;
}

/** Where reading a shard goes on, so that a position needs an iterator only when it was left. */
type Place = { readonly position: string; readonly iterator: string | undefined };

/** Reads a stream of a local Kinesis. */
export function kinesisReader(options: KinesisReaderOptions): StreamReader {
  return new KinesisReader(options);
}

/** GetRecords gives at most 10,000 records (Kinesis API reference). */
const limitMax = 10_000;

class KinesisReader implements StreamReader {
  readonly #call: KinesisCall;
  readonly #streamName: string;
  readonly #now: () => number;
  readonly #size;
  readonly #places = new Map<string, Place>();

  constructor(options: KinesisReaderOptions) {
    this.#call = kinesisCall(options.endpoint);
    this.#streamName = options.streamName;
    this.#now = options.now;
    this.#size = pageSize(options.pageBytes ?? 6 * 1024 * 1024);
  }

  async listShards(): Promise<ShardInfo[]> {
    const shards: ShardInfo[] = [];
    let token: string | undefined;
    do {
      const input = token === undefined ? { StreamName: this.#streamName } : { NextToken: token };
      const answer = (await this.#call("ListShards", input, this.#size.answerBytesMax)) as ListShardsOutput;
      shards.push(...answer.Shards.map(shardInfo));
      token = answer.NextToken;
    } while (token !== undefined);
    return shards;
  }

  async read(shardId: string, position: Position, limit: number): Promise<StreamPage> {
    const key = JSON.stringify(position);
    const place = this.#places.get(shardId);
    try {
      const iterator = place?.position === key ? place.iterator : await this.#iterator(shardId, position);
      if (iterator === undefined) return { records: [], millisBehindLatest: 0, ended: true };
      return await this.#page(shardId, position, iterator, limit);
    } catch (error) {
      this.#places.delete(shardId);
      if (!(error instanceof KinesisError)) throw error;
      // An iterator lives for five minutes, which a long invocation outlasts.
      if (error.code === "ExpiredIteratorException" && place !== undefined) return this.read(shardId, position, limit);
      if (error.code === "ResourceNotFoundException" && (await this.#isGone(shardId))) {
        return { records: [], millisBehindLatest: 0, ended: true };
      }
      throw error;
    }
  }

  async #page(shardId: string, position: Position, iterator: string, limit: number): Promise<StreamPage> {
    const { answer, asked } = await this.#records(iterator, Math.min(limit, limitMax));
    const found = answer.Records.map(streamRecord);
    // A local Kinesis answers AT_TIMESTAMP only once there is such a record, so it is read from the start and skipped.
    const records = position.kind === "at-timestamp" ? found.filter((each) => each.arrivalMs >= position.ms) : found;
    const ended = answer.NextShardIterator === undefined || answer.NextShardIterator === null;
    const last = found.at(-1);
    // Where all were skipped the place is still that of the same position, a page further on.
    const next: Position =
      last === undefined || records.length === 0 ? position : { kind: "after", sequenceNumber: last.sequenceNumber };
    this.#places.set(shardId, { position: JSON.stringify(next), iterator: answer.NextShardIterator ?? undefined });
    // A local Kinesis says 0 even if the page was cut.
    const cut = last !== undefined && found.length >= asked ? Math.max(1, this.#now() - last.arrivalMs) : 0;
    return { records, millisBehindLatest: Math.max(cut, answer.MillisBehindLatest ?? 0), ended };
  }

  async #records(iterator: string, limit: number): Promise<{ answer: GetRecordsOutput; asked: number }> {
    for (;;) {
      const asked = this.#size.limit(limit);
      try {
        const input = { ShardIterator: iterator, Limit: asked };
        const answer = (await this.#call("GetRecords", input, this.#size.answerBytesMax)) as GetRecordsOutput;
        this.#size.saw(answer.Records.map((record) => record.Data.length));
        return { answer, asked };
      } catch (error) {
        if (!(error instanceof AnswerTooLarge) || asked === 1) throw error;
        this.#size.tooLarge(asked);
      }
    }
  }

  async #iterator(shardId: string, position: Position): Promise<string> {
    const input = { StreamName: this.#streamName, ShardId: shardId, ...iteratorType(position) };
    const answer = (await this.#call("GetShardIterator", input, 64 * 1024)) as { ShardIterator: string };
    return answer.ShardIterator;
  }

  /** Whether the stream is there and the shard is not, its last record having expired. */
  async #isGone(shardId: string): Promise<boolean> {
    return !(await this.listShards()).some((shard) => shard.shardId === shardId);
  }
}

type GetRecordsOutput = {
  Records: {
    SequenceNumber: string;
    PartitionKey?: string | null;
    Data: string;
    ApproximateArrivalTimestamp: number;
  }[];
  NextShardIterator?: string | null;
  MillisBehindLatest?: number;
};

type ListShardsOutput = {
  Shards: { ShardId: string; ParentShardId?: string; AdjacentParentShardId?: string }[];
  NextToken?: string;
};

function iteratorType(position: Position): Record<string, string> {
  if (position.kind === "after") {
    return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: position.sequenceNumber };
  }
  return { ShardIteratorType: "TRIM_HORIZON" };
}

function streamRecord(record: GetRecordsOutput["Records"][number]): StreamRecord {
  return {
    sequenceNumber: record.SequenceNumber,
    ...(typeof record.PartitionKey === "string" ? { partitionKey: record.PartitionKey } : {}),
    dataBase64: record.Data,
    arrivalMs: Math.round(record.ApproximateArrivalTimestamp * 1000),
  };
}

function shardInfo(shard: ListShardsOutput["Shards"][number]): ShardInfo {
  return {
    shardId: shard.ShardId,
    ...(shard.ParentShardId === undefined ? {} : { parentShardId: shard.ParentShardId }),
    ...(shard.AdjacentParentShardId === undefined ? {} : { adjacentParentShardId: shard.AdjacentParentShardId }),
  };
}
