import {
  ExpiredIteratorException,
  GetRecordsCommand,
  type GetRecordsCommandInput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  ListShardsCommand,
  type ListShardsCommandInput,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
} from "@aws-sdk/client-kinesis";
import { compareSequence } from "../../lib/stream/sequence.ts";
import type { StreamRecord } from "../../lib/stream/stream-record.ts";

/** Kinesis API, GetRecords and GetShardIterator; developer guide, "Quotas and limits". */
const limits = {
  iteratorMs: 300_000,
  readsPerSecond: 5,
  bytesPerSecond: 2 * 1024 * 1024,
  pageRecords: 10_000,
  pageBytes: 10 * 1024 * 1024,
  shardsPerPage: 1_000,
} as const;

/** A shard as ListShards has it. */
export interface ListedShard {
  readonly shardId: string;
  readonly parentShardId?: string;
  readonly adjacentParentShardId?: string;
}

/** What is in a shard now. */
export interface ShardContent {
  readonly isOpen: boolean;
  /** Those that have not expired, in order. */
  readonly records: readonly StreamRecord[];
}

export interface KinesisSettings {
  readonly name: string;
  readonly now: () => number;
  /** The shards that the stream has not forgotten, in the order of their ids. */
  readonly shards: () => readonly ListedShard[];
  /** Undefined where the stream has forgotten it. */
  readonly content: (shardId: string) => ShardContent | undefined;
  /** Records of a page; Kinesis gives fewer than asked for where it likes. */
  readonly pageRecords?: number;
  /** Whether a page is empty although there is more. */
  readonly isEmpty?: () => boolean;
  readonly shardsPerPage?: number;
  /** Whether other readers of a shard have taken what it gives in this second. */
  readonly isBusy?: () => boolean;
}

/** What readers of one shard have read within a second. */
interface Second {
  startMs: number;
  reads: number;
  bytes: number;
}

type Command = { readonly input: object };

/**
 * The reading side of a stream behind the SDK's own commands: pages, empty ones in the middle, iterators that expire after
 * five minutes, shards that share 5 reads and 2 MB a second between all their readers, and are forgotten.
 */
export class KinesisShards {
  readonly #settings: KinesisSettings;
  readonly #seconds = new Map<string, Second>();

  constructor(settings: KinesisSettings) {
    this.#settings = settings;
  }

  client(via: (command: Command, run: () => unknown) => Promise<unknown> = async (_, run) => run()): KinesisClient {
    const send = (command: Command): Promise<unknown> => via(command, () => this.#answer(command));
    return { send, destroy: () => {} } as unknown as KinesisClient;
  }

  /** One more read of a shard, by whoever reads it. False where the shard has no room for it in this second. */
  takes(shardId: string, bytes: number): boolean {
    const nowMs = this.#settings.now();
    let second = this.#seconds.get(shardId);
    if (second === undefined || nowMs - second.startMs >= 1_000) {
      second = { startMs: nowMs, reads: 0, bytes: 0 };
      this.#seconds.set(shardId, second);
    }
    if (
      second.reads >= limits.readsPerSecond ||
      this.#settings.isBusy?.() === true ||
      second.bytes > limits.bytesPerSecond
    )
      return false;
    second.reads++;
    second.bytes += bytes;
    return true;
  }

  #answer(command: Command): unknown {
    if (command instanceof GetRecordsCommand) return this.#records(command.input);
    if (command instanceof GetShardIteratorCommand) return this.#iterator(command.input);
    if (command instanceof ListShardsCommand) return this.#list(command.input);
    throw new Error(`Expected a command that the fake of Kinesis has, got ${command.constructor.name}`);
  }

  #shard(shardId: string): ShardContent {
    const content = this.#settings.content(shardId);
    if (content !== undefined) return content;
    throw new ResourceNotFoundException({ message: `Shard ${shardId} does not exist`, $metadata: {} });
  }

  /** An iterator says behind which record it stands, and when it was made. */
  #iterator(input: GetShardIteratorCommandInput): { ShardIterator: string } {
    const { ShardId = "", ShardIteratorType: type, StartingSequenceNumber: at = "", Timestamp } = input;
    const { records } = this.#shard(ShardId);
    switch (type) {
      case "TRIM_HORIZON":
        return this.#made(ShardId, "0");
      case "AFTER_SEQUENCE_NUMBER":
        return this.#made(ShardId, at);
      case "AT_SEQUENCE_NUMBER":
        return this.#made(ShardId, String(BigInt(at) - 1n));
      case "AT_TIMESTAMP": {
        const place = records.findIndex(({ arrivalMs }) => arrivalMs >= (Timestamp?.getTime() ?? 0));
        const before = place === -1 ? records.at(-1) : records[place - 1];
        return this.#made(ShardId, before?.sequenceNumber ?? "0");
      }
      default:
        throw new Error(`Expected an iterator type that the fake has, got ${type}`);
    }
  }

  #made(shardId: string, after: string): { ShardIterator: string } {
    return { ShardIterator: `${shardId} ${after} ${this.#settings.now()}` };
  }

  #records({ ShardIterator = "", Limit = limits.pageRecords }: GetRecordsCommandInput) {
    const [shardId = "", after = "", madeMs] = ShardIterator.split(" ");
    const { now, pageRecords = limits.pageRecords, isEmpty } = this.#settings;
    if (now() - Number(madeMs) > limits.iteratorMs)
      throw new ExpiredIteratorException({ message: "Iterator expired.", $metadata: {} });
    const { records, isOpen } = this.#shard(shardId);
    const start = placeBehind(records, after);
    const most = isEmpty?.() === true ? 0 : Math.min(Limit, pageRecords);
    const page = cut(records.slice(start, start + most));
    const bytes = page.reduce((sum, { data }) => sum + data.length, 0);
    if (!this.takes(shardId, bytes))
      throw new ProvisionedThroughputExceededException({
        message: `Rate exceeded for shard ${shardId} in stream ${this.#settings.name}.`,
        $metadata: {},
      });
    const last = page.at(-1);
    const next = records[start + page.length];
    const isEnd = !isOpen && next === undefined;
    return {
      Records: page.map(({ sequenceNumber, partitionKey, arrivalMs, data }) => ({
        SequenceNumber: sequenceNumber,
        PartitionKey: partitionKey,
        ApproximateArrivalTimestamp: new Date(arrivalMs),
        Data: new Uint8Array(data),
      })),
      MillisBehindLatest: next === undefined ? 0 : Math.max(1, now() - next.arrivalMs),
      ...(isEnd ? {} : { NextShardIterator: this.#made(shardId, last?.sequenceNumber ?? after).ShardIterator }),
    };
  }

  #list({ NextToken, StreamName, MaxResults = limits.shardsPerPage }: ListShardsCommandInput) {
    if (NextToken !== undefined && StreamName !== undefined)
      throw new Error("Expected either a stream's name or a token (Kinesis API, ListShards), got both");
    const all = this.#settings.shards();
    const start = NextToken === undefined ? 0 : all.findIndex(({ shardId }) => shardId > NextToken);
    const most = Math.min(MaxResults, this.#settings.shardsPerPage ?? limits.shardsPerPage);
    const page = start === -1 ? [] : all.slice(start, start + most);
    const last = page.at(-1);
    return {
      Shards: page.map(({ shardId, parentShardId, adjacentParentShardId }) => ({
        ShardId: shardId,
        ...(parentShardId === undefined ? {} : { ParentShardId: parentShardId }),
        ...(adjacentParentShardId === undefined ? {} : { AdjacentParentShardId: adjacentParentShardId }),
      })),
      ...(last === undefined || start + page.length >= all.length ? {} : { NextToken: last.shardId }),
    };
  }
}

function placeBehind(records: readonly StreamRecord[], after: string): number {
  let place = records.length;
  while (place > 0 && compareSequence(records[place - 1]?.sequenceNumber ?? "", after) > 0) place--;
  return place;
}

/** As many records as a page has room for. */
function cut(records: readonly StreamRecord[]): readonly StreamRecord[] {
  let bytes = 0;
  const over = records.findIndex(({ data }) => {
    bytes += data.length;
    return bytes > limits.pageBytes;
  });
  return over === -1 ? records : records.slice(0, Math.max(1, over));
}
