import { type KinesisClient, ListShardsCommand, ResourceNotFoundException, type Shard } from "@aws-sdk/client-kinesis";
import {
  type Ancestry,
  type PageReader,
  RangeGone,
  type RangeReader,
  type StreamPage,
  type StreamStart,
} from "./reader.ts";
import { compareSequence } from "./sequence.ts";
import {
  askPatiently,
  impatient,
  type ReadingPatience,
  type ReadingStart,
  recordsPerReadMax,
  ShardReader,
} from "./shard-reader.ts";
import type { StreamRecord } from "./stream-record.ts";

/** The event stream, read again with the ordinary API. */
export class KinesisStream implements RangeReader, PageReader {
  readonly #client: KinesisClient;
  readonly #streamName: string;
  readonly #patience: ReadingPatience;

  /** `patience` is for tools that take their time; who answers a person has none beyond the SDK's. */
  constructor(client: KinesisClient, streamName: string, patience = impatient) {
    this.#client = client;
    this.#streamName = streamName;
    this.#patience = patience;
  }

  async read(shardId: string, first: string, last: string, count = recordsPerReadMax): Promise<StreamRecord[]> {
    const records: StreamRecord[] = [];
    const reader = this.#reader(shardId, { at: first });
    for (;;) {
      const page = await known(reader.next(count - records.length));
      // A closed shard is forgotten with its last record.
      if (page === "forgotten") throw new RangeGone(shardId, first, last, "no such shard", records);
      if (page === undefined) break;
      for (const record of page.records) {
        if (compareSequence(record.sequenceNumber, last) > 0) return checked(shardId, first, last, records);
        records.push(record);
        if (record.sequenceNumber === last) return checked(shardId, first, last, records);
      }
      // An empty answer in the middle of a shard is normal; only its end or a later record ends the search.
      if (page.records.length === 0 && page.behindMs === 0) break;
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
      const command = new ListShardsCommand(NextToken === undefined ? { StreamName: this.#streamName } : { NextToken });
      const page = await askPatiently(() => this.#client.send(command), this.#patience);
      shards.push(...(page.Shards ?? []));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return shards;
  }

  /** As PageReader has it; the limit of each read may be another. */
  async *pages(shardId: string, start: StreamStart, limit: number | (() => number)): AsyncGenerator<StreamPage> {
    const reader = this.#reader(shardId, start);
    for (;;) {
      const page = await known(reader.next(typeof limit === "number" ? limit : limit()));
      if (page === undefined || page === "forgotten") return;
      yield page;
    }
  }

  #reader(shardId: string, start: ReadingStart): ShardReader {
    return new ShardReader(this.#client, { streamName: this.#streamName, shardId }, start, this.#patience);
  }
}

async function known(page: Promise<StreamPage | undefined>): Promise<StreamPage | "forgotten" | undefined> {
  try {
    return await page;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return "forgotten";
    throw error;
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
  const { StartingHashKey: first, EndingHashKey: last } = shards.get(shardId)?.HashKeyRange ?? {};
  return {
    ancestors,
    forgotten: [shardId, ...ancestors].filter((id) => !shards.has(id)),
    ...(first === undefined || last === undefined ? {} : { hashKeys: { first, last } }),
  };
}

function checked(shardId: string, first: string, last: string, records: StreamRecord[]): StreamRecord[] {
  const found = `${records[0]?.sequenceNumber ?? "none"} to ${records.at(-1)?.sequenceNumber ?? "none"}`;
  if (records[0]?.sequenceNumber !== first || records.at(-1)?.sequenceNumber !== last) {
    throw new RangeGone(shardId, first, last, found, records);
  }
  return records;
}
