import { compareSequence } from "../../lib/record/sequence.ts";
import type { StreamRecord } from "../../lib/record/stream-record.ts";
import { RangeGone } from "../../lib/stream/range-reader.ts";
import type { Position, ShardInfo, StreamPage, StreamReader } from "../../local/event-source-mapping/stream-reader.ts";
import type { SentEvent } from "./producer.ts";

/** A record as the stream has it, and what was in it. */
export interface SentRecord extends StreamRecord {
  readonly partitionKey: string;
  readonly dataBase64: string;
  /** Undefined where it is no record of events at all. */
  readonly events: readonly SentEvent[] | undefined;
}

export interface Shard extends ShardInfo {
  readonly shardId: string;
  /** Half-open range of hashes. */
  readonly fromHash: number;
  readonly toHash: number;
  readonly records: SentRecord[];
  closed: boolean;
}

export const hashesEnd = 1_000;

/** A stream of shards that split and merge. Sequence numbers grow, and in digits too. */
export class SimulatedStream implements StreamReader {
  readonly shards: Shard[] = [];
  readonly #now: () => number;
  #sequence = 9_900;

  constructor(shards: number, now: () => number) {
    this.#now = now;
    for (let n = 0; n < shards; n++) {
      this.#open(Math.floor((hashesEnd * n) / shards), Math.floor((hashesEnd * (n + 1)) / shards));
    }
  }

  put(shard: Shard, record: Omit<SentRecord, "sequenceNumber" | "dataBase64">): SentRecord {
    this.#sequence += 7;
    const sent = { ...record, sequenceNumber: String(this.#sequence), dataBase64: record.data.toString("base64") };
    shard.records.push(sent);
    return sent;
  }

  shardOf(hash: number): Shard {
    const shard = this.shards.find((each) => !each.closed && each.fromHash <= hash && hash < each.toHash);
    if (shard === undefined) throw new Error(`Expected a shard for hash ${hash}, got none`);
    return shard;
  }

  shard(shardId: string): Shard {
    const shard = this.shards.find((each) => each.shardId === shardId);
    if (shard === undefined) throw new Error(`Expected shard ${shardId} to be there, got none`);
    return shard;
  }

  /** The children, or none where the shard is too narrow or there are enough. */
  split(shard: Shard): Shard[] {
    const middle = (shard.fromHash + shard.toHash) >> 1;
    if (shard.closed || middle === shard.fromHash || this.shards.length > 7) return [];
    shard.closed = true;
    return [this.#open(shard.fromHash, middle, shard), this.#open(middle, shard.toHash, shard)];
  }

  /** With the neighbour above it. */
  merge(shard: Shard): Shard | undefined {
    const neighbour = this.shards.find((each) => !each.closed && each.fromHash === shard.toHash);
    if (shard.closed || neighbour === undefined || this.shards.length > 7) return undefined;
    shard.closed = true;
    neighbour.closed = true;
    return this.#open(shard.fromHash, neighbour.toHash, shard, neighbour);
  }

  async listShards(): Promise<readonly ShardInfo[]> {
    return this.shards;
  }

  async read(shardId: string, position: Position, limit: number): Promise<StreamPage> {
    const shard = this.shard(shardId);
    const start = startOf(shard.records, position);
    const records = shard.records.slice(start, start + limit);
    const isLast = start + records.length >= shard.records.length;
    const last = records.at(-1);
    return {
      records,
      millisBehindLatest: isLast || last === undefined ? 0 : Math.max(1, this.#now() - last.arrivalMs),
      ended: shard.closed && isLast,
    };
  }

  /** The nearest first; each before those it came from itself. */
  ancestors(shardId: string): string[] {
    const generations = new Map<string, number>();
    const visit = (id: string, generation: number): void => {
      const { parentShardId, adjacentParentShardId } = this.shard(id);
      for (const parent of [parentShardId, adjacentParentShardId]) {
        if (parent === undefined || (generations.get(parent) ?? 0) >= generation) continue;
        generations.set(parent, generation);
        visit(parent, generation + 1);
      }
    };
    visit(shardId, 1);
    return [...generations].sort(([, a], [, b]) => a - b).map(([id]) => id);
  }

  /** As the roll-up reads a promise's records again. */
  range(shardId: string, first: string, last: string): SentRecord[] {
    const { records } = this.shard(shardId);
    const from = records.findIndex(({ sequenceNumber }) => sequenceNumber === first);
    const to = records.findIndex(({ sequenceNumber }) => sequenceNumber === last);
    if (from === -1 || to === -1) throw new RangeGone(shardId, first, last, "none");
    return records.slice(from, to + 1);
  }

  #open(fromHash: number, toHash: number, parent?: Shard, adjacent?: Shard): Shard {
    const shard: Shard = {
      shardId: `shardId-${String(this.shards.length).padStart(12, "0")}`,
      ...(parent === undefined ? {} : { parentShardId: parent.shardId }),
      ...(adjacent === undefined ? {} : { adjacentParentShardId: adjacent.shardId }),
      fromHash,
      toHash,
      records: [],
      closed: false,
    };
    this.shards.push(shard);
    return shard;
  }
}

function startOf(records: readonly SentRecord[], position: Position): number {
  switch (position.kind) {
    case "trim-horizon":
      return 0;
    case "at-timestamp":
      return records.findIndex(({ arrivalMs }) => arrivalMs >= position.ms);
    case "after": {
      let place = records.length;
      while (place > 0 && compareSequence(records[place - 1]?.sequenceNumber ?? "", position.sequenceNumber) > 0)
        place--;
      return place;
    }
    default:
      throw position satisfies never;
  }
}
