/** The buckets of a chart, oldest first. */
export interface Timeline {
  readonly everyMs: number;
  /** Bucket starts, epoch milliseconds. */
  readonly startsMs: readonly number[];
  /** How many of them, from the oldest on, have all that the stream has had for them. The rest are still counting. */
  readonly settled: number;
}

export interface TimelineQuestion {
  /** End of the answer's range: the whole minute at or after the API's "now". */
  readonly toMs: number;
  readonly everyMs: number;
  /** Whole buckets before the one that `toMs` ends in. */
  readonly buckets: number;
  /** The API's clock, as far as it is known. */
  readonly nowMs: number;
  /** The iterator age of the shard that is furthest behind. */
  readonly lagMs: number;
}

/** Time that an event has from its happening to its row: sending, batching, folding. */
export const settleMs = 10_000;
const minuteMs = 60_000;

/** Lays out the buckets. The browser's clock may be wrong by hours: "now" is held to the minute that the answer names. */
export function timelineOf({ toMs, everyMs, buckets, nowMs, lagMs }: TimelineQuestion): Timeline {
  const lastMs = Math.floor((toMs - 1) / everyMs) * everyMs;
  const startsMs = Array.from({ length: buckets + 1 }, (_, index) => lastMs - (buckets - index) * everyMs);
  const heldNowMs = Math.min(Math.max(nowMs, toMs - minuteMs), toMs);
  const throughMs = heldNowMs - settleMs - lagMs;
  const settled = startsMs.filter((startMs) => startMs + everyMs <= throughMs).length;
  return { everyMs, startsMs, settled };
}

/** The place of a time among the buckets; `undefined` outside of them. */
export function bucketIndex({ startsMs, everyMs }: Timeline, timeMs: number): number | undefined {
  const index = Math.floor((timeMs - (startsMs[0] ?? Number.NaN)) / everyMs);
  return index >= 0 && index < startsMs.length ? index : undefined;
}
