import { Readable } from "node:stream";
import type { MetricSink } from "../cloudwatch/metrics.ts";
import { type Action, OperationError } from "../endpoint/operations.ts";
import type { KinesisStore } from "./store.ts";

type KinesisAction = Action<KinesisStore>;

/** Of a shard, by all who read it together (Kinesis API reference, GetRecords and GetShardIterator). */
const callsPerSecondMax = 5;
const bytesPerSecondMax = 2 * 1024 * 1024;

/** What a shard was asked for of late. */
type Use = {
  /** When each call of the last second came, oldest first. */
  calls: number[];
  /** When all bytes that were answered have been paid for, at 2 MiB a second. */
  paidMs: number;
};

/**
 * How much a shard may be read. An answer may be larger than a second's worth; it is paid for afterwards, as AWS does with
 * one of 10 MiB, after which calls are refused for seconds.
 */
export class ReadLimits {
  readonly #now: () => number;
  readonly #reads = new Map<string, Use>();
  readonly #iterators = new Map<string, Use>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the shard may be read now; a call that may not be made does not count. */
  mayRead(shard: string): boolean {
    return this.#may(this.#reads, shard);
  }

  mayMakeIterator(shard: string): boolean {
    return this.#may(this.#iterators, shard);
  }

  answered(shard: string, bytes: number): void {
    const use = useOf(this.#reads, shard);
    use.paidMs = Math.max(use.paidMs, this.#now()) + (bytes / bytesPerSecondMax) * 1_000;
  }

  #may(uses: Map<string, Use>, shard: string): boolean {
    const nowMs = this.#now();
    const use = useOf(uses, shard);
    use.calls = use.calls.filter((atMs) => atMs > nowMs - 1_000);
    if (use.calls.length >= callsPerSecondMax || use.paidMs > nowMs + 1_000) return false;
    use.calls.push(nowMs);
    return true;
  }
}

function useOf(uses: Map<string, Use>, shard: string): Use {
  const use = uses.get(shard) ?? { calls: [], paidMs: 0 };
  uses.set(shard, use);
  return use;
}

const exceeded = (shard: string): OperationError =>
  new OperationError(400, "ProvisionedThroughputExceededException", `Rate exceeded for shard ${shard}`);

type Answer = { readonly Records?: readonly { readonly Data: string }[] };

/** GetRecords that holds to the limits. What it refuses is counted as ReadProvisionedThroughputExceeded of the stream. */
export const limitedReads =
  (limits: ReadLimits, metrics: MetricSink | undefined) =>
  (action: KinesisAction): KinesisAction =>
  (store, input, answer) => {
    let read: { readonly stream: string; readonly shard: string; readonly isRefused: boolean } | undefined;
    const watchedStore: KinesisStore = {
      ...store,
      getStreamDb: (stream) => {
        const records = store.getStreamDb(stream);
        const createReadStream: typeof records.createReadStream = (range) => {
          const shard = `${stream}/${Number.parseInt(range.gte ?? "0", 16)}`;
          // The iterator is read by then, and found good.
          read ??= { stream, shard, isRefused: !limits.mayRead(shard) };
          return read.isRefused ? Readable.from([]) : records.createReadStream(range);
        };
        return {
          createReadStream,
          createKeyStream: (range) => records.createKeyStream(range),
          batch: (deletions, done) => records.batch(deletions, done),
        };
      },
    };
    action(watchedStore, input, (error, output) => {
      if (error || read === undefined) return answer(error, output);
      const { stream, shard, isRefused } = read;
      if (!isRefused) {
        const { Records = [] } = output as Answer;
        limits.answered(
          shard,
          Records.reduce((sum, { Data }) => sum + Buffer.byteLength(Data, "base64"), 0),
        );
        return answer(undefined, output);
      }
      const dimensions = { StreamName: stream };
      const name = "ReadProvisionedThroughputExceeded";
      metrics?.put({ namespace: "AWS/Kinesis", name, dimensions, value: 1, unit: "Count", atMs: Date.now() });
      answer(exceeded(shard));
    });
  };

/** GetShardIterator that holds to the limits. */
export const limitedIterators =
  (limits: ReadLimits) =>
  (action: KinesisAction): KinesisAction =>
  (store, input, answer) => {
    const shard = `${input.StreamName}/${input.ShardId}`;
    if (limits.mayMakeIterator(shard)) action(store, input, answer);
    else answer(exceeded(shard));
  };
