import type { KinesisStream } from "../../stream/kinesis.ts";
import type { StreamPage, StreamStart } from "../../stream/reader.ts";
import { compareSequence } from "../../stream/sequence.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import type { LiveEvent, LiveJudge } from "./live-event.ts";

/** How far back a shard is read when somebody begins to look. */
const backMs = 60_000;
/** Further behind, the rest is left out: what is shown must be of now. */
const behindMsMax = 5_000;
const aheadMs = 2_000;
/** An iterator is good for five minutes (Kinesis API, GetShardIterator). */
const idleMsMax = 120_000;
const recordsPerReadMax = 2_000;
/**
 * Bytes of one read, a quarter of the 2 MiB a second that a shard gives to all its readers (Kinesis API, GetRecords): the
 * roll-up reads what comes in, up to 1 MiB a second.
 */
const bytesPerReadMax = 512 * 1024;
/** Of a first read, that finds out how large records are. */
const firstRecords = 5;
/** Events of one read that are judged, and bytes of their records as stored: the newest. */
const judgedMax = 1_000;
const judgedBytesMax = 2 * 1024 * 1024;

/** The end of one shard, followed while somebody looks. */
export class ShardTail {
  readonly shardId: string;
  readonly #stream: Pick<KinesisStream, "pages">;
  readonly #judge: LiveJudge;
  #pages: AsyncGenerator<StreamPage> | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;
  #ended = false;
  /** Of one record, stored; undefined before there was any. */
  #recordBytes: number | undefined;
  /** When the shard was last read with success, epoch milliseconds. */
  readMs: number;
  /** Of the newest record that was read. */
  last: string | undefined;
  /** The newest events, in the shard's order. */
  events: LiveEvent[] = [];
  /** When records were last left out because there were too many, epoch milliseconds. */
  leftOutMs = Number.NEGATIVE_INFINITY;

  constructor(shardId: string, stream: Pick<KinesisStream, "pages">, judge: LiveJudge, nowMs: number) {
    this.shardId = shardId;
    this.#stream = stream;
    this.#judge = judge;
    this.readMs = nowMs;
  }

  /**
   * Reads the shard once, at the very beginning twice; keeps at most so many events. Throws what Kinesis throws, and goes
   * on the next time.
   */
  async read(nowMs: number, heldMax: number): Promise<void> {
    const isIdle = nowMs - this.#askedMs > idleMsMax;
    this.#askedMs = nowMs;
    if (isIdle) this.#begin(nowMs - backMs);
    const isFirst = this.#recordBytes === undefined;
    const behindMs = await this.#readOnce(nowMs, heldMax);
    if (isFirst && behindMs > 0) this.#leap(await this.#readOnce(nowMs, heldMax), nowMs);
    else if (!isFirst) this.#leap(behindMs, nowMs);
    this.readMs = nowMs;
  }

  /** How far behind the tip the read ended, in milliseconds. */
  async #readOnce(nowMs: number, heldMax: number): Promise<number> {
    if (this.#ended) return 0;
    this.#pages ??= this.#pagesFrom(this.last === undefined ? { fromMs: nowMs - backMs } : { after: this.last });
    try {
      const { value, done } = await this.#pages.next();
      if (done === true) this.#ended = true;
      else this.#take(value, nowMs, heldMax);
      return done === true ? 0 : value.behindMs;
    } catch (error) {
      this.#pages = undefined;
      throw error;
    }
  }

  /** Where it is too far behind, the next read begins near the tip. */
  #leap(behindMs: number, nowMs: number): void {
    if (behindMs <= behindMsMax) return;
    this.leftOutMs = nowMs;
    this.#pages = this.#pagesFrom({ fromMs: nowMs - aheadMs });
  }

  #pagesFrom(start: StreamStart): AsyncGenerator<StreamPage> {
    return this.#stream.pages(this.shardId, start, () => {
      if (this.#recordBytes === undefined) return firstRecords;
      return Math.min(recordsPerReadMax, Math.max(1, Math.floor(bytesPerReadMax / this.#recordBytes)));
    });
  }

  #begin(fromMs: number): void {
    this.#pages = this.#pagesFrom({ fromMs });
    this.#ended = false;
    this.last = undefined;
    this.events = [];
  }

  #take({ records }: StreamPage, nowMs: number, heldMax: number): void {
    this.#measure(records);
    // Two iterators may have brought the same.
    const fresh = records.filter(
      ({ sequenceNumber }) => this.last === undefined || compareSequence(sequenceNumber, this.last) > 0,
    );
    this.last = fresh.at(-1)?.sequenceNumber ?? this.last;
    this.events = [...this.events, ...this.#judged(fresh, nowMs)].slice(-heldMax);
  }

  /** The mean of a read; large records are forgotten slowly, for the next read may have them again. */
  #measure(records: readonly StreamRecord[]): void {
    if (records.length === 0) return;
    const mean = records.reduce((sum, { data }) => sum + data.length, 0) / records.length;
    this.#recordBytes = Math.max(1, mean, 0.9 * (this.#recordBytes ?? 0));
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
