import { compareSequence } from "../../lib/stream/sequence.ts";
import type { StreamRecord } from "../../lib/stream/stream-record.ts";
import type {
  Position,
  ShardInfo,
  StreamPage,
  StreamReader,
} from "../../local/event-source-mapping/reading/stream-reader.ts";
import type { ShardContent } from "../fakes/kinesis-stream.ts";
import type { DeploymentName } from "./deployment.ts";
import type { SentEvent } from "./sent-event.ts";

/** A record as the stream has it, and what was in it. */
export interface SentRecord extends StreamRecord {
  readonly partitionKey: string;
  readonly dataBase64: string;
  /** Undefined where it is no record of events at all. */
  readonly events: readonly SentEvent[] | undefined;
  /** When it was put; its arrival may be told as another. */
  readonly putMs: number;
}

export interface Shard extends ShardInfo {
  readonly shardId: string;
  /** Half-open range of hashes. */
  readonly fromHash: number;
  readonly toHash: number;
  readonly records: SentRecord[];
  /** Infinite while it is open. */
  closedMs: number;
}

export const hashesEnd = 1_000;

const isOpen = ({ closedMs }: Shard): boolean => closedMs === Number.POSITIVE_INFINITY;

/** A stream of shards that split and merge. Sequence numbers grow, and in digits too. */
export class SimulatedStream implements StreamReader {
  /** All that there ever were, with all their records. */
  readonly shards: Shard[] = [];
  /** Records that end the process that takes them apart, by sequence number. */
  readonly killers = new Map<string, "always" | DeploymentName>();
  /** Is told of each read of the mapping; false where the shard is throttled. */
  isTaken: (shardId: string, bytes: number) => boolean = () => true;
  readonly #now: () => number;
  readonly #retentionMs: number;
  #sequence = 9_900;

  constructor(shards: number, retentionMs: number, now: () => number) {
    this.#now = now;
    this.#retentionMs = retentionMs;
    for (let n = 0; n < shards; n++) {
      this.#open(Math.floor((hashesEnd * n) / shards), Math.floor((hashesEnd * (n + 1)) / shards));
    }
  }

  put(shard: Shard, record: Omit<SentRecord, "sequenceNumber" | "dataBase64" | "putMs">): SentRecord {
    this.#sequence += 7;
    const sequenceNumber = String(this.#sequence);
    const sent = { ...record, sequenceNumber, dataBase64: record.data.toString("base64"), putMs: this.#now() };
    shard.records.push(sent);
    return sent;
  }

  shardOf(hash: number): Shard {
    const shard = this.shards.find((each) => isOpen(each) && each.fromHash <= hash && hash < each.toHash);
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
    if (!isOpen(shard) || middle === shard.fromHash || this.shards.length > 60) return [];
    shard.closedMs = this.#now();
    return [this.#open(shard.fromHash, middle, shard), this.#open(middle, shard.toHash, shard)];
  }

  /** With the neighbour above it. */
  merge(shard: Shard): Shard | undefined {
    const neighbour = this.shards.find((each) => isOpen(each) && each.fromHash === shard.toHash);
    if (!isOpen(shard) || neighbour === undefined || this.shards.length > 60) return undefined;
    shard.closedMs = this.#now();
    neighbour.closedMs = this.#now();
    return this.#open(shard.fromHash, neighbour.toHash, shard, neighbour);
  }

  /** A closed shard is forgotten with the last record that it may hold. */
  async listShards(): Promise<readonly ShardInfo[]> {
    return this.known();
  }

  /** Records that the stream still has. */
  kept({ records }: Shard): readonly SentRecord[] {
    const oldestMs = this.#now() - this.#retentionMs;
    const [first] = records;
    if (first === undefined || first.putMs >= oldestMs) return records;
    return records.filter(({ putMs }) => putMs >= oldestMs);
  }

  /** Those that the stream has not forgotten. */
  known(): Shard[] {
    if (this.#retentionMs === Number.POSITIVE_INFINITY) return this.shards;
    const oldestMs = this.#now() - this.#retentionMs;
    return this.shards.filter(({ closedMs }) => closedMs >= oldestMs);
  }

  async read(shardId: string, position: Position, limit: number): Promise<StreamPage & { records: SentRecord[] }> {
    const shard = this.shard(shardId);
    const kept = this.kept(shard);
    const start = startOf(kept, position);
    const records = kept.slice(start, start + limit);
    const bytes = records.reduce((sum, { data }) => sum + data.length, 0);
    if (!this.isTaken(shardId, bytes)) throw new Error(`Rate exceeded for shard ${shardId}`);
    const isLast = start + records.length >= kept.length;
    const last = records.at(-1);
    return {
      records,
      millisBehindLatest: isLast || last === undefined ? 0 : Math.max(1, this.#now() - last.arrivalMs),
      ended: !isOpen(shard) && isLast,
    };
  }

  /** What a reader finds in a shard; undefined where the stream has forgotten it. */
  content(shardId: string): ShardContent | undefined {
    const shard = this.known().find((each) => each.shardId === shardId);
    return shard && { isOpen: isOpen(shard), records: this.kept(shard) };
  }

  /** All of them, whatever was forgotten. */
  ancestors(shardId: string): string[] {
    return nearestFirst(shardId, new Map(this.shards.map((shard) => [shard.shardId, shard])));
  }

  #open(fromHash: number, toHash: number, parent?: Shard, adjacent?: Shard): Shard {
    const shard: Shard = {
      shardId: `shardId-${String(this.shards.length).padStart(12, "0")}`,
      ...(parent === undefined ? {} : { parentShardId: parent.shardId }),
      ...(adjacent === undefined ? {} : { adjacentParentShardId: adjacent.shardId }),
      fromHash,
      toHash,
      records: [],
      closedMs: Number.POSITIVE_INFINITY,
    };
    this.shards.push(shard);
    return shard;
  }
}

/** Each before those it came from itself. */
function nearestFirst(shardId: string, shards: ReadonlyMap<string, Shard>): string[] {
  const generations = new Map<string, number>();
  const visit = (id: string, generation: number): void => {
    const { parentShardId, adjacentParentShardId } = shards.get(id) ?? {};
    for (const parent of [parentShardId, adjacentParentShardId]) {
      if (parent === undefined || (generations.get(parent) ?? 0) >= generation) continue;
      generations.set(parent, generation);
      visit(parent, generation + 1);
    }
  };
  visit(shardId, 1);
  return [...generations].sort(([, a], [, b]) => a - b).map(([id]) => id);
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
