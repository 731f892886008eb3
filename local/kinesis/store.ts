import { createRequire } from "node:module";
import type { Readable } from "node:stream";

export type StoredRecord = {
  /** `<shard in hex>/<sequence number>`. */
  readonly key: string;
  readonly value: { readonly ApproximateArrivalTimestamp: number; readonly Data: string };
};

type Range = { readonly gt?: string; readonly gte?: string; readonly lt: string; readonly limit?: number };

type StreamRecords = {
  /** Of {@link StoredRecord}. */
  readonly createReadStream: (range: Range) => Readable;
  readonly createKeyStream: (range?: Range) => Readable;
  readonly batch: (deletions: readonly { type: "del"; key: string }[], done: (error?: unknown) => void) => void;
};

export type StoredShard = {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
  readonly HashKeyRange: object;
  readonly SequenceNumberRange: { readonly StartingSequenceNumber: string; readonly EndingSequenceNumber?: string };
};

type StoredStream = { readonly Shards: readonly StoredShard[]; readonly RetentionPeriodHours: number };

/** kinesalite's store, as far as it is used here. */
export type KinesisStore = {
  readonly getStreamDb: (name: string) => StreamRecords;
  readonly getStream: (name: string, answer: (error: unknown, stream?: StoredStream) => void) => void;
  readonly metaDb: { awsAccountId: string; awsRegion: string; readonly createReadStream: () => Readable };
  readonly close: () => Promise<void>;
};

type Level = {
  readonly once: (event: "open" | "error", listener: (error?: unknown) => void) => void;
  readonly close: (done: (error?: unknown) => void) => void;
};

type KinesaliteDatabase = {
  readonly create: (options: object) => Omit<KinesisStore, "close"> & { readonly db: Level };
  readonly parseSequence: (sequenceNumber: string) => { readonly seqTime: number };
  readonly shardIxToHex: (shardIndex: number) => string;
};

const shardsMax = 1000;
const deletionsMax = 500;

type LevelDown = { prototype: { _open: (options: object, opened: unknown) => void } };

/**
 * LevelDB maps every table file that it has open into memory, and opens up to 1,000 of 2 MiB each: all of a long
 * stream would count as resident once it is read. These are the fewest and the smallest that it takes.
 */
const levelOptions = { maxOpenFiles: 74, maxFileSize: 1024 * 1024, cacheSize: 2 * 1024 * 1024 };

/** kinesalite hands leveldown no options: they are slipped in as it opens. */
function withLevelOptions<T>(open: () => T): T {
  const require = createRequire(createRequire(import.meta.url).resolve("kinesalite"));
  const { prototype }: LevelDown = require("leveldown");
  const original = prototype._open;
  prototype._open = function (options, opened) {
    prototype._open = original;
    original.call(this, { ...options, ...levelOptions }, opened);
  };
  return open();
}

function kinesaliteDatabase(): KinesaliteDatabase {
  return createRequire(import.meta.url)("kinesalite/db");
}

/** Opens kinesalite's store. Throws where another process has it open. */
/** Where streams are kept: without a `path`, in memory. */
export interface StoreOptions {
  readonly path?: string;
  readonly region: string;
  readonly accountId: string;
}

export async function openStore({ path, region, accountId }: StoreOptions): Promise<KinesisStore> {
  const delays = { createStreamMs: 0, deleteStreamMs: 0, updateStreamMs: 0 };
  const create = () =>
    kinesaliteDatabase().create({
      ...delays,
      shardLimit: shardsMax,
      ...(path === undefined ? {} : { path }),
    });
  const store = path === undefined ? create() : withLevelOptions(create);
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  store.db.once("open", resolve);
  store.db.once("error", reject);
  try {
    await promise;
  } catch (cause) {
    throw new Error(`Expected to open the streams at ${path}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  store.metaDb.awsAccountId = accountId;
  store.metaDb.awsRegion = region;
  const close = () =>
    new Promise<void>((closed, failed) => store.db.close((error) => (error ? failed(error) : closed())));
  return { ...store, close };
}

/** A shard's records stand in the order of arrival, so the first that is young enough ends the search. */
async function deleteExpiredOfShard(records: StreamRecords, shardIndex: number, expiry_ms: number): Promise<void> {
  const { parseSequence, shardIxToHex } = kinesaliteDatabase();
  const shard = { gt: shardIxToHex(shardIndex), lt: shardIxToHex(shardIndex + 1) };
  for (;;) {
    const expired: { type: "del"; key: string }[] = [];
    for await (const key of records.createKeyStream({ ...shard, limit: deletionsMax }) as AsyncIterable<string>) {
      if (parseSequence(key.slice(key.indexOf("/") + 1)).seqTime >= expiry_ms) break;
      expired.push({ type: "del", key });
    }
    if (expired.length === 0) return;
    await new Promise<void>((done, failed) => records.batch(expired, (error) => (error ? failed(error) : done())));
    if (expired.length < deletionsMax) return;
  }
}

/** Deletes the records of every stream that are past its retention. */
export async function deleteExpired(store: KinesisStore): Promise<void> {
  type Entry = { readonly key: string; readonly value: StoredStream };
  const entries: AsyncIterable<Entry> = store.metaDb.createReadStream();
  for await (const { key: name, value: stream } of entries) {
    const expiry_ms = Date.now() - stream.RetentionPeriodHours * 3_600_000;
    for (const shardIndex of stream.Shards.keys()) {
      await deleteExpiredOfShard(store.getStreamDb(name), shardIndex, expiry_ms);
    }
  }
}
