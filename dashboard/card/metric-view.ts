import type { Answer, MetricSummary } from "../../lib/query/answer.ts";
import { type BucketWidth, bucketWidthsMs } from "../../lib/store/rows/bucket.ts";
import type { Range } from "../page/range.ts";
import { isUnit } from "./amounts.ts";
import { type Series, topOf, wholeOf } from "./series.ts";
import { type Timeline, timelineOf } from "./timeline.ts";

/** Rows asked for at a time: five values and more than sixty others over thirty minutes. */
export const rowsMax = 2_000;

/** What one question of the page brought. */
export interface MetricAnswers {
  readonly range: Range;
  readonly by: string | null;
  /** By the dimension, where there is one. */
  readonly parts: Answer;
  /** Not by the dimension: only where `parts` was cut. */
  readonly whole: Answer | undefined;
  readonly nowMs: number;
}

/** What a card shows. */
export interface MetricView {
  readonly range: Range;
  readonly timeline: Timeline;
  /** Largest first, the rest last. */
  readonly series: readonly Series[];
  /** Over everything. Means nothing where `unit` is set and there are several series. */
  readonly total: number;
  /** The dimension is a unit: its values must not be added up. */
  readonly unit: boolean;
  /** Rows of small values are missing from `series`, and in the rest. */
  readonly cut: boolean;
}

/** The path of a question. Largest values first: where rows are cut, they are the ones that matter least. */
export function metricPath(metric: string, { from, every }: Range, by: string | null): string {
  const fields = new URLSearchParams({ from, to: "now", every });
  if (by !== null) {
    fields.set("by", by);
    fields.set("order", "-value");
    fields.set("limit", String(rowsMax));
  }
  return `/v1/metrics/${encodeURIComponent(metric)}?${fields}`;
}

/** Makes of answers what a card shows. `lagMs` is the iterator age of the shard that is furthest behind. */
export function metricViewOf(answers: MetricAnswers, lagMs: number, topMax: number): MetricView {
  const { range, by, parts, nowMs } = answers;
  const timeline = timelineOf({
    toMs: Date.parse(parts.to),
    everyMs: bucketWidthsMs[range.every satisfies BucketWidth],
    buckets: range.buckets,
    nowMs,
    lagMs,
    open: openOf([parts, answers.whole]),
  });
  const whole = wholeOf((answers.whole ?? parts).rows, timeline);
  const cutWhole = answers.whole === undefined ? undefined : whole;
  return {
    range,
    timeline,
    series: by === null ? [whole] : topOf(parts.rows, by, timeline, topMax, cutWhole),
    total: whole.total,
    unit: isUnit(parts.measure, by ?? undefined),
    cut: answers.whole !== undefined,
  };
}

/** What was open in any of the answers: a chart is made of all of them. */
const openOf = (answers: readonly (Answer | undefined)[]) =>
  answers.flatMap((answer) =>
    (answer?.open ?? []).map(({ from, to }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) })),
  );

/** The dimension that a metric is shown by at first: the unit of what it adds up, else its first one. */
export const defaultBy = ({ measure, dimensions }: MetricSummary): string | null =>
  dimensions.find((dimension) => isUnit(measure, dimension)) ?? dimensions[0] ?? null;
