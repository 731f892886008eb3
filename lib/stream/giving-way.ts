import type { Clock } from "../clock.ts";

/** A shard that throttled is left alone this long, twice as long each time that it does so again. */
const firstPauseMs = 2_000;
const pauseMsMax = 60_000;

/** What Kinesis answers where a shard, or a key of KMS, is asked too often (Kinesis API, GetRecords, "Errors"). */
const isThrottle = (error: unknown): boolean =>
  error instanceof Error && /ThroughputExceeded|Throttling|LimitExceeded/.test(error.name);

/**
 * For readers that can wait beside one that cannot: all readers of a shard share five reads and 2 MiB a second (Kinesis
 * API, GetRecords), so one throttled read means that the roll-up may be throttled too.
 */
export class GivingWay {
  readonly #clock: Pick<Clock, "now">;
  readonly #pauses = new Map<string, { readonly ms: number; readonly untilMs: number }>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Reads the shard, or says "later" where it throttles now or did so a moment ago. Throws any other error. */
  async read<T>(shardId: string, attempt: () => Promise<T>): Promise<T | "later"> {
    const pause = this.#pauses.get(shardId);
    if (pause !== undefined && this.#clock.now() < pause.untilMs) return "later";
    try {
      const found = await attempt();
      this.#pauses.delete(shardId);
      return found;
    } catch (error) {
      if (!isThrottle(error)) throw error;
      const ms = Math.min(pauseMsMax, pause === undefined ? firstPauseMs : pause.ms * 2);
      this.#pauses.set(shardId, { ms, untilMs: this.#clock.now() + ms });
      return "later";
    }
  }
}
