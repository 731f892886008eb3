import type { Definitions } from "../../config/definitions.ts";
import { nothingKnown } from "../../roll-up/fold/part-fold.ts";
import { foldNew, withRefusals } from "../../roll-up/part.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";

/** What the roll-up would make of records; at most so, for it does not know what was counted before. */
export interface Preview {
  readonly records: number;
  readonly events: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly late: number;
  /** Late events whose minutes the store no longer takes. */
  readonly outOfReach: number;
  /** First and last minute, epoch milliseconds; undefined where nothing would be counted. */
  readonly firstBucketMs: number | undefined;
  readonly lastBucketMs: number | undefined;
  /** Events by metric. */
  readonly metrics: Readonly<Record<string, number>>;
}

export const emptyPreview: Preview = {
  records: 0,
  events: 0,
  counted: 0,
  duplicate: 0,
  quarantined: 0,
  late: 0,
  outOfReach: 0,
  firstBucketMs: undefined,
  lastBucketMs: undefined,
  metrics: {},
};

/**
 * Folds records as parts of the ordinary size, and forgets the rows. Events of minutes before `takenFromMs`, epoch
 * milliseconds, are late.
 */
export function previewOf(
  records: readonly StreamRecord[],
  definitions: Definitions,
  takenFromMs = Number.NEGATIVE_INFINITY,
): Preview {
  let preview = emptyPreview;
  for (let from = 0; from < records.length; ) {
    const part = foldNew(records.slice(from), definitions, nothingKnown);
    const old = part.rows.filter(({ bucketMs }) => bucketMs < takenFromMs);
    const refusals = old.map((row) => ({ row, reason: "late", detail: "out of reach" }) as const);
    const { rows, tally } = withRefusals(part, refusals, definitions);
    const metrics: Record<string, number> = {};
    for (const { metric, count } of rows) metrics[metric] = (metrics[metric] ?? 0) + count;
    const buckets = rows.map(({ bucketMs }) => bucketMs);
    preview = joined(preview, {
      ...tally,
      records: part.records.length,
      outOfReach: tally.late - part.tally.late,
      firstBucketMs: least(buckets),
      lastBucketMs: greatest(buckets),
      metrics,
    });
    from += part.records.length;
  }
  return preview;
}

/** Both together. */
export function joined(a: Preview, b: Preview): Preview {
  const metrics = { ...a.metrics };
  for (const [name, count] of Object.entries(b.metrics)) metrics[name] = (metrics[name] ?? 0) + count;
  return {
    records: a.records + b.records,
    events: a.events + b.events,
    counted: a.counted + b.counted,
    duplicate: a.duplicate + b.duplicate,
    quarantined: a.quarantined + b.quarantined,
    late: a.late + b.late,
    outOfReach: a.outOfReach + b.outOfReach,
    firstBucketMs: least([a.firstBucketMs, b.firstBucketMs]),
    lastBucketMs: greatest([a.lastBucketMs, b.lastBucketMs]),
    metrics,
  };
}

const known = (values: readonly (number | undefined)[]): number[] => values.filter((value) => value !== undefined);
const chosen = (values: readonly number[], choose: (a: number, b: number) => number): number | undefined =>
  values.length === 0 ? undefined : values.reduce((a, b) => choose(a, b));
const least = (values: readonly (number | undefined)[]): number | undefined => chosen(known(values), Math.min);
const greatest = (values: readonly (number | undefined)[]): number | undefined => chosen(known(values), Math.max);
