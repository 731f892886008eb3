/** The buckets of a chart, oldest first. */
export interface Timeline {
  readonly everyMs: number;
  /** Bucket starts, epoch milliseconds. */
  readonly startsMs: readonly number[];
  /** How many of them, from the oldest on, have all that the stream has had for them. The rest are still counting. */
  readonly settled: number;
  /** Places of those that a part was being written into as they were asked for: they may have some of it. */
  readonly open: ReadonlySet<number>;
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
  /** What of the time was being written, half-open. */
  readonly open: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** Time that an event has from its happening to its row: sending, batching, folding. */
export const settleMs = 10_000;
const minuteMs = 60_000;

/** Lays out the buckets. The browser's clock may be wrong by hours: "now" is held to the minute that the answer names. */
export function timelineOf({ toMs, everyMs, buckets, nowMs, lagMs, open }: TimelineQuestion): Timeline {
  const lastMs = Math.floor((toMs - 1) / everyMs) * everyMs;
  const startsMs = Array.from({ length: buckets + 1 }, (_, index) => lastMs - (buckets - index) * everyMs);
  const heldNowMs = Math.min(Math.max(nowMs, toMs - minuteMs), toMs);
  const throughMs = heldNowMs - settleMs - lagMs;
  const settled = startsMs.filter((startMs) => startMs + everyMs <= throughMs).length;
  const isOpen = (startMs: number): boolean =>
    open.some(({ fromMs, toMs }) => fromMs < startMs + everyMs && toMs > startMs);
  const places = startsMs.flatMap((startMs, place) => (isOpen(startMs) ? [place] : []));
  return { everyMs, startsMs, settled, open: new Set(places) };
}

/** Whether a bucket has all its events: it is settled, and nothing of it is being written. */
export const isWhole = ({ settled, open }: Timeline, bucket: number): boolean => bucket < settled && !open.has(bucket);

/** What the number of a bucket lacks, in words; nothing where it is whole. */
export function lackInWords(timeline: Timeline, bucket: number): string {
  if (isWhole(timeline, bucket)) return "";
  return bucket < timeline.settled ? " so far, being written" : " so far";
}

/** The place of a time among the buckets; `undefined` outside of them. */
export function bucketIndex({ startsMs, everyMs }: Timeline, timeMs: number): number | undefined {
  const index = Math.floor((timeMs - (startsMs[0] ?? Number.NaN)) / everyMs);
  return index >= 0 && index < startsMs.length ? index : undefined;
}
