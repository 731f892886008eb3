import { type Clock, systemClock } from "../clock.ts";
import type { Head, Ledger } from "../store/ledger/ledger.ts";
import { shardKey } from "../stream/sequence.ts";
import type { NextRecord, ShardGauge } from "./shard-gauge.ts";

/** How far the roll-up is with one shard. */
export interface ShardState {
  readonly shardId: string;
  /** Age of the oldest record that is in no committed part; 0 where all are. */
  readonly iteratorAgeMs: number;
  /** How long ago the shard was looked at, milliseconds: longer than a moment while Kinesis throttles it, or among many. */
  readonly staleMs: number;
  /** Arrival of the last record that is in a committed part, ISO 8601; null before the first. */
  readonly committedThrough: string | null;
  /** Parts that are promised and not committed. */
  readonly openParts: number;
}

/** The states of all shards at one time, ISO 8601. */
export interface ShardsAnswer {
  readonly asOf: string;
  readonly shards: readonly ShardState[];
  /** Further shards, of which nothing is known yet: the next answers have them. */
  readonly notLookedAt: number;
}

/** What was seen of a shard. Times are epoch milliseconds. */
interface Sight {
  /** Arrival of the oldest record that was in no committed part, and when that was so. */
  readonly next: NextRecord;
  readonly committedThroughMs: number | undefined;
  readonly openParts: number;
}

/** An answer is given again for so long: a shard can be read five times a second, by the roll-up too (Kinesis quotas). */
const freshMsMin = 1_000;
/** With many shards for longer: 1,000 of them are asked about every 10 s. */
const freshMsOfShard = 10;
/** Shards asked about at one time. */
const shardsAtOnce = 10;
/** How long an answer may read shards. The next one goes on: others wait for the one function that looks. */
const lookMsMax = 2_000;

/** The state of every shard, from the ledger and the stream itself: it tells of a roll-up that stands still too. */
export class ShardStates {
  readonly #stream: Pick<ShardGauge, "shardIds" | "next">;
  readonly #streamName: string;
  readonly #ledger: Pick<Ledger, "headsOf" | "newest">;
  readonly #clock: Pick<Clock, "now">;
  readonly #seen = new Map<string, Sight>();
  /** The shard that the next look begins with. */
  #turn = "";
  #freshMs = freshMsMin;
  #asked: { readonly atMs: number; readonly answer: Promise<ShardsAnswer> } | undefined;

  constructor(
    stream: Pick<ShardGauge, "shardIds" | "next">,
    streamName: string,
    ledger: Pick<Ledger, "headsOf" | "newest">,
    clock: Pick<Clock, "now"> = systemClock,
  ) {
    this.#stream = stream;
    this.#streamName = streamName;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** However many ask at once, the shards are read once. */
  async now(nowMs: number): Promise<ShardsAnswer> {
    if (this.#asked === undefined || nowMs - this.#asked.atMs >= this.#freshMs) {
      this.#asked = { atMs: nowMs, answer: this.#read(nowMs) };
    }
    try {
      return await this.#asked.answer;
    } catch (error) {
      this.#asked = undefined;
      throw error;
    }
  }

  async #read(nowMs: number): Promise<ShardsAnswer> {
    const shardIds = await this.#stream.shardIds();
    const known = new Set(shardIds);
    for (const shardId of this.#seen.keys()) if (!known.has(shardId)) this.#seen.delete(shardId);
    const left = await this.#look(shardIds);
    // Those that are left are not to wait for as long as all of them stand.
    this.#freshMs = left > 0 ? freshMsMin : Math.max(freshMsMin, shardIds.length * freshMsOfShard);
    const shards = shardIds.flatMap((shardId) => {
      const sight = this.#seen.get(shardId);
      return sight === undefined ? [] : stateOf(shardId, sight, nowMs);
    });
    return { asOf: new Date(nowMs).toISOString(), shards, notLookedAt: shardIds.length - shards.length };
  }

  /** Looks at shards in turn until the time is up; how many are left. */
  async #look(shardIds: readonly string[]): Promise<number> {
    const heads = await this.#ledger.headsOf(shardIds.map((shardId) => shardKey(this.#streamName, shardId)));
    const start = Math.max(0, shardIds.indexOf(this.#turn));
    const inTurn = [...shardIds.slice(start), ...shardIds.slice(0, start)];
    const untilMs = this.#clock.now() + lookMsMax;
    let looked = 0;
    while (looked < inTurn.length && (looked === 0 || this.#clock.now() < untilMs)) {
      const some = inTurn.slice(looked, looked + shardsAtOnce);
      await Promise.all(some.map(async (shardId) => this.#seen.set(shardId, await this.#sight(shardId, heads))));
      looked += some.length;
    }
    this.#turn = inTurn[looked] ?? "";
    return inTurn.length - looked;
  }

  async #sight(shardId: string, heads: ReadonlyMap<string, Head>): Promise<Sight> {
    const shard = shardKey(this.#streamName, shardId);
    const newest = await this.#ledger.newest(shard);
    return {
      next: await this.#stream.next(shardId, newest?.lastSequence),
      committedThroughMs: newest?.lastArrivalMs,
      openParts: heads.get(shard)?.open.length ?? 0,
    };
  }
}

function stateOf(shardId: string, { next, committedThroughMs, openParts }: Sight, nowMs: number): ShardState {
  const { arrivalMs, asOfMs } = next;
  return {
    shardId,
    iteratorAgeMs: arrivalMs === undefined ? 0 : Math.max(0, nowMs - arrivalMs),
    staleMs: Math.max(0, nowMs - asOfMs),
    committedThrough: committedThroughMs === undefined ? null : new Date(committedThroughMs).toISOString(),
    openParts,
  };
}
