import { compareSequence } from "../record/sequence.ts";
import type { StreamRecord } from "../record/stream-record.ts";
import type { KinesisStream } from "../stream/kinesis.ts";
import type { StreamPage } from "../stream/page-reader.ts";
import type { LiveEvent, LiveJudge } from "./live-event.ts";

/** How far back a shard is read when somebody begins to look. */
const backMs = 60_000;
/** Further behind, the rest is left out: what is shown must be of now. */
const behindMsMax = 5_000;
const aheadMs = 2_000;
/** An iterator is good for five minutes (Kinesis API, GetShardIterator). */
const idleMsMax = 120_000;
const recordsPerRead = 2_000;
/** Events of one read that are judged, and bytes of their records as stored: the newest. */
const judgedMax = 1_000;
const judgedBytesMax = 2 * 1024 * 1024;

/** The end of one shard, followed while somebody looks. */
export class ShardTail {
  readonly shardId: string;
  readonly #stream: Pick<KinesisStream, "pages">;
  readonly #judge: LiveJudge;
  #pages: AsyncGenerator<StreamPage> | undefined;
  #readMs = Number.NEGATIVE_INFINITY;
  #ended = false;
  /** Of the newest record that was read. */
  last: string | undefined;
  /** The newest events, in the shard's order. */
  events: LiveEvent[] = [];
  /** When records were last left out because there were too many, epoch milliseconds. */
  leftOutMs = Number.NEGATIVE_INFINITY;

  constructor(shardId: string, stream: Pick<KinesisStream, "pages">, judge: LiveJudge) {
    this.shardId = shardId;
    this.#stream = stream;
    this.#judge = judge;
  }

  /** One read of the shard; keeps at most so many events. Throws what Kinesis throws, and goes on the next time. */
  async read(nowMs: number, heldMax: number): Promise<void> {
    const isIdle = nowMs - this.#readMs > idleMsMax;
    this.#readMs = nowMs;
    if (isIdle) this.#begin(nowMs - backMs);
    if (this.#ended) return;
    this.#pages ??= this.#stream.pages(this.shardId, this.#start(nowMs), recordsPerRead);
    try {
      const { value, done } = await this.#pages.next();
      if (done === true) this.#ended = true;
      else this.#take(value, nowMs, heldMax);
    } catch (error) {
      this.#pages = undefined;
      throw error;
    }
  }

  #begin(fromMs: number): void {
    this.#pages = this.#stream.pages(this.shardId, { fromMs }, recordsPerRead);
    this.#ended = false;
    this.last = undefined;
    this.events = [];
  }

  #start(nowMs: number): { after: string } | { fromMs: number } {
    return this.last === undefined ? { fromMs: nowMs - backMs } : { after: this.last };
  }

  #take({ records, behindMs }: StreamPage, nowMs: number, heldMax: number): void {
    // Two iterators may have brought the same.
    const fresh = records.filter(
      ({ sequenceNumber }) => this.last === undefined || compareSequence(sequenceNumber, this.last) > 0,
    );
    this.last = fresh.at(-1)?.sequenceNumber ?? this.last;
    this.events = [...this.events, ...this.#judged(fresh, nowMs)].slice(-heldMax);
    if (behindMs <= behindMsMax) return;
    this.leftOutMs = nowMs;
    this.#pages = this.#stream.pages(this.shardId, { fromMs: nowMs - aheadMs }, recordsPerRead);
  }

  /** The newest events of the records, in order. */
  #judged(records: readonly StreamRecord[], nowMs: number): LiveEvent[] {
    const found: LiveEvent[][] = [];
    let [events, bytes] = [0, 0];
    for (const record of records.toReversed()) {
      if (events >= judgedMax || bytes >= judgedBytesMax) {
        this.leftOutMs = nowMs;
        break;
      }
      const own = this.#judge.eventsOf(this.shardId, record);
      events += own.length;
      bytes += record.data.length;
      found.push(own);
    }
    return found.reverse().flat();
  }
}
