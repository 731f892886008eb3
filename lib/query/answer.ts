import type { Definitions } from "../config/definitions.ts";
import { bucketWidthsMs } from "../store/rows/bucket.ts";
import type { MetricQuestion, MetricStore } from "../store/rows/store.ts";
import type { Openness, OpenRange } from "./open-parts.ts";

/** The answer to a question, as the query API gives it. Times are ISO 8601 in UTC. */
export interface Answer {
  readonly metric: string;
  readonly measure: "count" | "sum";
  readonly from: string;
  readonly to: string;
  readonly every: string;
  /** A time, the dimensions asked for, and the value. Buckets without events have no row. */
  readonly rows: readonly AnswerRow[];
  /** Present where `limit` cut rows off. */
  readonly truncated?: true;
  /** Present where a part that was being written reaches into the answer: its buckets, those without a row too. */
  readonly open?: readonly OpenBuckets[];
}

/** Buckets in a row, half-open. What is in them may be there in part. */
export interface OpenBuckets {
  readonly from: string;
  readonly to: string;
}

/**
 * `open` is there, and true, where the bucket is among the answer's open ones; `partial` where the range cuts the bucket:
 * events that happened in it before `from` or after `to` are not in the row.
 */
export type AnswerRow = {
  readonly time: string;
  readonly value: number;
  readonly open?: true;
  readonly partial?: true;
} & Readonly<Record<string, string | number | true>>;

/** What an answer is made from. */
export interface AnswerPorts {
  readonly store: MetricStore;
  readonly openness: Openness;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * Asks the store. One row more than the limit is asked for, to know whether there are more. That nothing is open says
 * nothing of records that wait in the stream: how far behind the roll-up is, the shards' states tell.
 */
export async function answerQuestion(question: MetricQuestion, { store, openness }: AnswerPorts): Promise<Answer> {
  const asked = { ...question, limit: question.limit + 1 };
  const [found, ranges] = await openness.during(() => store.answer(asked));
  const open = openBuckets(question, ranges);
  const isOpen = (timeMs: number): boolean => open.some(({ fromMs, toMs }) => timeMs >= fromMs && timeMs < toMs);
  const rows = found.slice(0, question.limit).map(
    ({ timeMs, values, value }): AnswerRow => ({
      time: iso(timeMs),
      ...Object.fromEntries(question.by.map((alias, index) => [alias, values[index] ?? ""])),
      value,
      ...(isOpen(timeMs) ? { open: true } : {}),
      ...(isCut(question, timeMs) ? { partial: true } : {}),
    }),
  );
  return {
    metric: question.metric,
    measure: question.measure,
    from: iso(question.fromMs),
    to: iso(question.toMs),
    every: question.every ?? "all",
    rows,
    ...(found.length > rows.length ? { truncated: true } : {}),
    ...(open.length > 0 ? { open: open.map(({ fromMs, toMs }) => ({ from: iso(fromMs), to: iso(toMs) })) } : {}),
  };
}

/** Whether the range begins or ends within the bucket that starts at `timeMs`. */
const isCut = ({ fromMs, toMs, every }: MetricQuestion, timeMs: number): boolean =>
  every !== undefined && (timeMs < fromMs || timeMs + bucketWidthsMs[every] > toMs);

/** The question's buckets that minutes of open parts lie in; the first and the last begin and end as the store's do. */
function openBuckets({ fromMs, toMs, every }: MetricQuestion, ranges: readonly OpenRange[]): OpenRange[] {
  const inside = ranges.filter((range) => range.fromMs < toMs && range.toMs > fromMs);
  if (every === undefined) return inside.length > 0 ? [{ fromMs, toMs }] : [];
  const widthMs = bucketWidthsMs[every];
  const buckets: OpenRange[] = [];
  for (const range of inside) {
    const startMs = Math.floor(Math.max(range.fromMs, fromMs) / widthMs) * widthMs;
    const endMs = Math.ceil(Math.min(range.toMs, toMs) / widthMs) * widthMs;
    const last = buckets.at(-1);
    if (last === undefined || last.toMs < startMs) buckets.push({ fromMs: startMs, toMs: endMs });
    else buckets[buckets.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, endMs) };
  }
  return buckets;
}

/** A metric as the list of definitions shows it. */
export interface MetricSummary {
  readonly name: string;
  readonly measure: "count" | "sum";
  readonly dimensions: readonly string[];
}

export const metricSummaries = ({ metrics }: Definitions): MetricSummary[] =>
  metrics.map(({ name, measure, by }) => ({ name, measure: measure.kind, dimensions: by.map(([alias]) => alias) }));
