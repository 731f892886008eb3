import {
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  type _Record as KinesisRecord,
  ListShardsCommand,
  ResourceNotFoundException,
  type Shard,
  type ShardIteratorType,
} from "@aws-sdk/client-kinesis";
import { compareSequence } from "../record/sequence.ts";
import type { StreamRecord } from "../record/stream-record.ts";
import type { PageReader, StreamPage, StreamStart } from "./page-reader.ts";
import { type Ancestry, RangeGone, type RangeReader } from "./range-reader.ts";

/** Kinesis answers at most this many records a call (Kinesis API, GetRecords). */
const recordsPerReadMax = 10_000;

/** The event stream, read again with the ordinary API. */
export class KinesisStream implements RangeReader, PageReader {
  readonly #client: KinesisClient;
  readonly #streamName: string;

  constructor(client: KinesisClient, streamName: string) {
    this.#client = client;
    this.#streamName = streamName;
  }

  async read(shardId: string, first: string, last: string, count = recordsPerReadMax): Promise<StreamRecord[]> {
    const records: StreamRecord[] = [];
    let iterator = await this.#iterator(shardId, "AT_SEQUENCE_NUMBER", first).catch((error: unknown) => {
      // A closed shard is forgotten with its last record.
      if (error instanceof ResourceNotFoundException) throw new RangeGone(shardId, first, last, "no such shard");
      throw error;
    });
    // An empty answer in the middle of a shard is normal; only the end of the shard or a later record ends the search.
    while (iterator !== undefined) {
      const Limit = Math.min(recordsPerReadMax, Math.max(1, count - records.length));
      const page = await this.#client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit }));
      for (const { SequenceNumber = "", PartitionKey, ApproximateArrivalTimestamp, Data } of page.Records ?? []) {
        if (compareSequence(SequenceNumber, last) > 0) return checked(shardId, first, last, records);
        records.push(recordOf({ SequenceNumber, PartitionKey, ApproximateArrivalTimestamp, Data }));
        if (SequenceNumber === last) return checked(shardId, first, last, records);
      }
      if ((page.Records ?? []).length === 0 && page.MillisBehindLatest === 0) break;
      iterator = page.NextShardIterator;
    }
    return checked(shardId, first, last, records);
  }

  async ancestry(shardId: string): Promise<Ancestry> {
    return ancestryOf(shardId, new Map((await this.#shards()).map((shard) => [shard.ShardId, shard])));
  }

  /** Ids of all shards that still hold records. */
  async shardIds(): Promise<string[]> {
    return (await this.#shards()).flatMap(({ ShardId }) => (ShardId === undefined ? [] : [ShardId]));
  }

  async #shards(): Promise<Shard[]> {
    const shards: Shard[] = [];
    let NextToken: string | undefined;
    do {
      const page = await this.#client.send(
        new ListShardsCommand(NextToken === undefined ? { StreamName: this.#streamName } : { NextToken }),
      );
      shards.push(...(page.Shards ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return shards;
  }

  /** Arrival of the first record behind `after` (of the shard's first where undefined), or undefined where there is none. */
  async nextArrivalMs(shardId: string, after: string | undefined): Promise<number | undefined> {
    let iterator = await this.#iterator(shardId, after === undefined ? "TRIM_HORIZON" : "AFTER_SEQUENCE_NUMBER", after);
    // A read may come back empty although there is more; a few say enough for a gauge.
    for (let reads = 0; iterator !== undefined && reads < 3; reads++) {
      const page = await this.#client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: 1 }));
      const [record] = page.Records ?? [];
      if (record !== undefined) return record.ApproximateArrivalTimestamp?.getTime();
      if (page.MillisBehindLatest === 0) return undefined;
      iterator = page.NextShardIterator;
    }
    return undefined;
  }

  async *pages(shardId: string, start: StreamStart, limit: number): AsyncGenerator<StreamPage> {
    const [type, at]: [ShardIteratorType, string | Date | undefined] =
      start === "oldest"
        ? ["TRIM_HORIZON", undefined]
        : "after" in start
          ? ["AFTER_SEQUENCE_NUMBER", start.after]
          : ["AT_TIMESTAMP", new Date(start.fromMs)];
    let iterator = await this.#iterator(shardId, type, at).catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    });
    while (iterator !== undefined) {
      const page: GetRecordsCommandOutput = await this.#client.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: Math.min(limit, recordsPerReadMax) }),
      );
      yield { records: (page.Records ?? []).map(recordOf), behindMs: page.MillisBehindLatest ?? 0 };
      iterator = page.NextShardIterator;
    }
  }

  async #iterator(
    shardId: string,
    type: ShardIteratorType,
    at: string | Date | undefined,
  ): Promise<string | undefined> {
    const { ShardIterator } = await this.#client.send(
      new GetShardIteratorCommand({
        StreamName: this.#streamName,
        ShardId: shardId,
        ShardIteratorType: type,
        ...(typeof at === "string" ? { StartingSequenceNumber: at } : {}),
        ...(at instanceof Date ? { Timestamp: at } : {}),
      }),
    );
    return ShardIterator;
  }
}

function ancestryOf(shardId: string, shards: ReadonlyMap<string | undefined, Shard>): Ancestry {
  /** Generations back, by the longest way: a shard's own ancestors are always further than it. */
  const generations = new Map([[shardId, 0]]);
  const visit = (id: string, generation: number): void => {
    const { ParentShardId, AdjacentParentShardId } = shards.get(id) ?? {};
    for (const parent of [ParentShardId, AdjacentParentShardId]) {
      if (parent === undefined || (generations.get(parent) ?? 0) >= generation) continue;
      generations.set(parent, generation);
      visit(parent, generation + 1);
    }
  };
  visit(shardId, 1);
  const [, ...ancestors] = [...generations].sort(([, a], [, b]) => a - b).map(([id]) => id);
  return { ancestors, forgotten: [shardId, ...ancestors].filter((id) => !shards.has(id)) };
}

const recordOf = ({ SequenceNumber = "", PartitionKey, ApproximateArrivalTimestamp, Data }: KinesisRecord) => ({
  sequenceNumber: SequenceNumber,
  partitionKey: PartitionKey,
  arrivalMs: Math.floor(ApproximateArrivalTimestamp?.getTime() ?? Number.NaN),
  data: Buffer.from(Data ?? []),
});

function checked(shardId: string, first: string, last: string, records: StreamRecord[]): StreamRecord[] {
  const found = `${records[0]?.sequenceNumber ?? "none"} to ${records.at(-1)?.sequenceNumber ?? "none"}`;
  if (records[0]?.sequenceNumber !== first || records.at(-1)?.sequenceNumber !== last) {
    throw new RangeGone(shardId, first, last, found, records);
  }
  return records;
}
