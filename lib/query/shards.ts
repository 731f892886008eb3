import type { Head, Ledger } from "../ledger/ledger.ts";
import { shardKey } from "../record/shard-key.ts";
import type { ShardGauge } from "./shard-gauge.ts";

/** How far the roll-up is with one shard. */
export interface ShardState {
  readonly shardId: string;
  /** Age of the oldest record that is in no committed part; 0 where all are. */
  readonly iteratorAgeMs: number;
  /** How long ago the shard was looked at, milliseconds: longer than a moment while Kinesis throttles it. */
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
}

/** An answer is given again for so long: a shard can be read five times a second, by the roll-up too (Kinesis quotas). */
const freshMsMin = 1_000;
/** With many shards for longer: 1,000 of them are asked about every 10 s. */
const freshMsOfShard = 10;
/** Shards asked about at one time. */
const shardsAtOnce = 10;

/** The state of every shard, from the ledger and the stream itself: it tells of a roll-up that stands still too. */
export class ShardStates {
  readonly #stream: Pick<ShardGauge, "shardIds" | "next">;
  readonly #streamName: string;
  readonly #ledger: Pick<Ledger, "headsOf" | "newest">;
  #freshMs = freshMsMin;
  #asked: { readonly atMs: number; readonly states: Promise<ShardState[]> } | undefined;

  constructor(
    stream: Pick<ShardGauge, "shardIds" | "next">,
    streamName: string,
    ledger: Pick<Ledger, "headsOf" | "newest">,
  ) {
    this.#stream = stream;
    this.#streamName = streamName;
    this.#ledger = ledger;
  }

  /** However many ask at once, the shards are read once. */
  async now(nowMs: number): Promise<ShardsAnswer> {
    if (this.#asked === undefined || nowMs - this.#asked.atMs >= this.#freshMs) {
      this.#asked = { atMs: nowMs, states: this.#read(nowMs) };
    }
    const { atMs, states } = this.#asked;
    try {
      return { asOf: new Date(atMs).toISOString(), shards: await states };
    } catch (error) {
      this.#asked = undefined;
      throw error;
    }
  }

  async #read(nowMs: number): Promise<ShardState[]> {
    const shardIds = await this.#stream.shardIds();
    this.#freshMs = Math.max(freshMsMin, shardIds.length * freshMsOfShard);
    const heads = await this.#ledger.headsOf(shardIds.map((shardId) => shardKey(this.#streamName, shardId)));
    const states: ShardState[] = [];
    for (let first = 0; first < shardIds.length; first += shardsAtOnce) {
      const some = shardIds.slice(first, first + shardsAtOnce);
      states.push(...(await Promise.all(some.map((shardId) => this.#state(shardId, heads, nowMs)))));
    }
    return states;
  }

  async #state(shardId: string, heads: ReadonlyMap<string, Head>, nowMs: number): Promise<ShardState> {
    const shard = shardKey(this.#streamName, shardId);
    const newest = await this.#ledger.newest(shard);
    const { arrivalMs, asOfMs } = await this.#stream.next(shardId, newest?.lastSequence);
    return {
      shardId,
      iteratorAgeMs: arrivalMs === undefined ? 0 : Math.max(0, nowMs - arrivalMs),
      staleMs: Math.max(0, nowMs - asOfMs),
      committedThrough: newest === undefined ? null : new Date(newest.lastArrivalMs).toISOString(),
      openParts: heads.get(shard)?.open.length ?? 0,
    };
  }
}
