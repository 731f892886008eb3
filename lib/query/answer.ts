import type { Definitions } from "../definitions.ts";
import type { MetricQuestion, MetricStore } from "../store/store.ts";

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
}

export type AnswerRow = { readonly time: string; readonly value: number } & Readonly<Record<string, string | number>>;

const iso = (ms: number): string => new Date(ms).toISOString();

/** Asks the store. One row more than the limit is asked for, to know whether there are more. */
export async function answerQuestion(question: MetricQuestion, store: MetricStore): Promise<Answer> {
  const found = await store.answer({ ...question, limit: question.limit + 1 });
  const rows = found.slice(0, question.limit).map(
    ({ timeMs, values, value }): AnswerRow => ({
      time: iso(timeMs),
      ...Object.fromEntries(question.by.map((alias, index) => [alias, values[index] ?? ""])),
      value,
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
  };
}

/** A metric as the list of definitions shows it. */
export interface MetricSummary {
  readonly name: string;
  readonly measure: "count" | "sum";
  readonly dimensions: readonly string[];
}

export const metricSummaries = ({ metrics }: Definitions): MetricSummary[] =>
  metrics.map(({ name, measure, by }) => ({ name, measure: measure.kind, dimensions: by.map(([alias]) => alias) }));
