import { Readable } from "node:stream";
import type { Action } from "../endpoint/operations.ts";
import { childShards } from "./shards.ts";
import type { KinesisStore, StoredRecord } from "./store.ts";

type KinesisAction = Action<KinesisStore>;

/**
 * GetRecords answers at most 10 MiB and 10,000 records, and may answer fewer (Kinesis API reference, GetRecords).
 * kinesalite would answer any number of bytes; a laptop is better off with fewer than AWS at a time.
 */
const answerBytesMax = 4 * 1024 * 1024;
const answerRecordsMax = 10_000;

type Page = { records: number; isCut: boolean };

/** The records until their data is over `answerBytesMax`; at least one. */
async function* cut(records: AsyncIterable<StoredRecord>, page: Page): AsyncGenerator<StoredRecord> {
  let bytes = 0;
  for await (const record of records) {
    bytes += Buffer.byteLength(record.value.Data, "base64");
    page.isCut = bytes > answerBytesMax && page.records > 0;
    if (page.isCut) return;
    page.records += 1;
    yield record;
  }
}

type Answer = {
  MillisBehindLatest: number;
  /** Absent at the end of a shard. */
  readonly NextShardIterator?: string;
  readonly Records: readonly { readonly ApproximateArrivalTimestamp: number }[];
};

/**
 * GetRecords of kinesalite, with an answer of at most 4 MiB or one record, with
 * MillisBehindLatest, which kinesalite says is 0, and at the end of a shard with the shards that follow it.
 */
export function getRecords(action: KinesisAction): KinesisAction {
  return (store, input, answer) => {
    const page: Page = { records: 0, isCut: false };
    let shard = { stream: "", index: 0 };
    const cutStore: KinesisStore = {
      ...store,
      getStreamDb: (name) => {
        const records = store.getStreamDb(name);
        return {
          createKeyStream: (range) => records.createKeyStream(range),
          createReadStream: (range) => {
            shard = { stream: name, index: Number.parseInt(range.gte ?? "0", 16) };
            return Readable.from(cut(records.createReadStream(range), page));
          },
          batch: (deletions, done) => records.batch(deletions, done),
        };
      },
    };
    action(cutStore, input, (error, output) => {
      if (error) return answer(error);
      const { MillisBehindLatest, ...rest } = output as Answer;
      // kinesalite looks one record further than it answers.
      const more = page.isCut || page.records > Number(input.Limit ?? answerRecordsMax);
      const arrival_ms = (rest.Records.at(-1)?.ApproximateArrivalTimestamp ?? 0) * 1000;
      const behind_ms = more ? Math.max(1, Math.round(Date.now() - arrival_ms)) : MillisBehindLatest;
      const answered = { ...rest, MillisBehindLatest: behind_ms };
      if (rest.NextShardIterator !== undefined) return answer(undefined, answered);
      store.getStream(shard.stream, (failure, stream) =>
        failure
          ? answer(failure)
          : answer(undefined, { ...answered, ChildShards: childShards(stream?.Shards ?? [], shard.index) }),
      );
    });
  };
}

/**
 * GetShardIterator of kinesalite, which never answers for a timestamp after the last record. Such an iterator is at
 * the end of the shard, as LATEST is.
 */
export function getShardIterator(action: KinesisAction): KinesisAction {
  return (store, input, answer) => {
    if (input.ShardIteratorType !== "AT_TIMESTAMP") return action(store, input, answer);
    let isAnswered = false;
    const once: typeof answer = (error, output) => {
      if (!isAnswered) answer(error, output);
      isAnswered = true;
    };
    const { Timestamp: _timestamp, ...atEnd }: Record<string, unknown> = { ...input, ShardIteratorType: "LATEST" };
    const watchedStore: KinesisStore = {
      ...store,
      getStreamDb: (name) => {
        const records = store.getStreamDb(name);
        const createReadStream: typeof records.createReadStream = (range) =>
          records.createReadStream(range).once("end", () => {
            if (!isAnswered) action(store, atEnd, once);
          });
        return { ...records, createReadStream };
      },
    };
    return action(watchedStore, input, once);
  };
}
