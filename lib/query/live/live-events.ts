import type { Clock } from "../../clock.ts";
import type { Definitions } from "../../config/definitions.ts";
import type { GivingWay } from "../../stream/giving-way.ts";
import type { KinesisStream } from "../../stream/kinesis.ts";
import { compareSequence } from "../../stream/sequence.ts";
import { type LiveEvent, LiveJudge } from "./live-event.ts";
import { cursorText, type LiveQuestion } from "./question.ts";
import { ShardTail } from "./shard-tail.ts";

/** The newest events that came. Times are ISO 8601. */
export interface LiveAnswer {
  readonly asOf: string;
  /** In the order of their arrival, the newest last; at most 200. */
  readonly events: readonly LiveEvent[];
  /** Give it as `after`, and what comes next is answered. */
  readonly cursor: string;
  /** Shards that are read, and shards that there are; those that Kinesis throttles are read again after a while. */
  readonly shards: { readonly read: number; readonly all: number; readonly throttled: number };
  /** How long ago the shard was read whose last read is the oldest, milliseconds. */
  readonly staleMs: number;
  /** Whether there was more than is shown. */
  readonly leftOut: boolean;
}

/** A shard can be read five times a second, by the roll-up too (Kinesis API, GetRecords): this one reads once. */
const everyMs = 1_000;
const listEveryMs = 30_000;
/** More would make the cursor longer than a URL may be. */
const shardsMax = 100;
const shardsAtOnce = 10;
/** Events at hand, of all shards, and bytes of their texts: the newest have theirs. */
const heldMax = 2_000;
const textBytesHeldMax = 4 * 1024 * 1024;
/** For so long an answer says that there was more than is shown. */
const leftOutSaidMs = 5_000;
const answeredMax = 200;
const textBytesAnsweredMax = 1024 * 1024;

/** The newest events of the stream, read while somebody looks, once for all who do. */
export class LiveEvents {
  readonly #stream: Pick<KinesisStream, "pages" | "shardIds">;
  readonly #clock: Pick<Clock, "now">;
  readonly #givingWay: GivingWay;
  readonly #judge: LiveJudge;
  #tails = new Map<string, ShardTail>();
  #shards = 0;
  #listedMs = Number.NEGATIVE_INFINITY;
  #readMs = Number.NEGATIVE_INFINITY;
  #throttled = 0;
  #reading: Promise<void> | undefined;

  constructor(
    stream: Pick<KinesisStream, "pages" | "shardIds">,
    definitions: Definitions,
    givingWay: GivingWay,
    clock: Pick<Clock, "now">,
  ) {
    this.#stream = stream;
    this.#givingWay = givingWay;
    this.#clock = clock;
    this.#judge = new LiveJudge(definitions);
  }

  /** Throws what Kinesis throws, where no shard could be read. */
  async newest(question: LiveQuestion): Promise<LiveAnswer> {
    await this.#refresh();
    const nowMs = this.#clock.now();
    const tails = [...this.#tails.values()];
    const isNew = ({ shardId, sequenceNumber }: LiveEvent): boolean => {
      const after = question.after.get(shardId);
      return after === undefined || compareSequence(sequenceNumber, after) > 0;
    };
    const found = tails
      .flatMap(({ events }) => events)
      .filter((event) => isNew(event) && matches(event, question))
      .sort((a, b) => (a.arrival < b.arrival ? -1 : a.arrival > b.arrival ? 1 : 0));
    const places = new Map(question.after);
    // A process that is behind the one that answered before must not send the viewer back.
    for (const { shardId, last } of tails) {
      const known = places.get(shardId);
      if (last !== undefined && (known === undefined || compareSequence(last, known) > 0)) places.set(shardId, last);
    }
    for (const shardId of places.keys()) if (!this.#tails.has(shardId)) places.delete(shardId);
    return {
      asOf: new Date(nowMs).toISOString(),
      events: withinBytes(found.slice(-answeredMax), textBytesAnsweredMax),
      cursor: cursorText(places),
      shards: { read: tails.length, all: this.#shards, throttled: this.#throttled },
      staleMs: tails.reduce((oldest, { readMs }) => Math.max(oldest, nowMs - readMs), 0),
      leftOut: found.length > answeredMax || tails.some(({ leftOutMs }) => nowMs - leftOutMs < leftOutSaidMs),
    };
  }

  /** However many ask, the shards are read once a second; who asks in between gets what is at hand. */
  async #refresh(): Promise<void> {
    if (this.#reading === undefined) {
      const nowMs = this.#clock.now();
      if (nowMs < this.#readMs + everyMs) return;
      this.#readMs = nowMs;
      this.#reading = this.#read(nowMs).finally(() => {
        this.#reading = undefined;
      });
    }
    await this.#reading;
  }

  async #read(nowMs: number): Promise<void> {
    if (nowMs - this.#listedMs >= listEveryMs) await this.#list(nowMs);
    const tails = [...this.#tails.values()];
    const heldOfShard = Math.ceil(heldMax / Math.max(1, tails.length));
    const failures: unknown[] = [];
    let throttled = 0;
    for (let first = 0; first < tails.length; first += shardsAtOnce) {
      const some = tails.slice(first, first + shardsAtOnce);
      // A shard that fails is read the next time: the others need not wait.
      const read = await Promise.allSettled(
        some.map((tail) => this.#givingWay.read(tail.shardId, () => tail.read(nowMs, heldOfShard))),
      );
      for (const one of read) {
        if (one.status === "rejected") failures.push(one.reason);
        else if (one.value === "later") throttled++;
      }
    }
    this.#throttled = throttled;
    this.#drop();
    if (failures.length > 0 && failures.length === tails.length) throw failures[0];
  }

  async #list(nowMs: number): Promise<void> {
    const shardIds = (await this.#stream.shardIds()).sort();
    this.#listedMs = nowMs;
    this.#shards = shardIds.length;
    // The newest: after a reshard, the open shards are these.
    const followed = shardIds.slice(-shardsMax);
    this.#tails = new Map(
      followed.map((id) => [id, this.#tails.get(id) ?? new ShardTail(id, this.#stream, this.#judge, nowMs)]),
    );
  }

  /** Holds the texts of the newest events only. */
  #drop(): void {
    const share = textBytesHeldMax / Math.max(1, this.#tails.size);
    for (const tail of this.#tails.values()) tail.events = withinBytes(tail.events, share);
  }
}

const withoutText = ({ text: _, ...event }: LiveEvent): LiveEvent => event;

/** The events, with the texts of the newest only. */
function withinBytes(events: readonly LiveEvent[], bytesMax: number): LiveEvent[] {
  let bytes = 0;
  return events
    .toReversed()
    .map((event) => {
      bytes += event.text === undefined ? 0 : event.bytes;
      return bytes <= bytesMax ? event : withoutText(event);
    })
    .reverse();
}

const matches = (event: LiveEvent, { name, user, source }: LiveQuestion): boolean =>
  has(event.name ?? event.type, name) && has(event.user, user) && has(event.source, source);

const has = (text: string | null, part: string): boolean =>
  part === "" || (text?.toLowerCase().includes(part) ?? false);
