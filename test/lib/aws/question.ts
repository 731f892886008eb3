import type { MetricQuestion } from "../../../lib/store/rows/store.ts";

/** A question that the store takes; its answer does not matter. */
export const question: MetricQuestion = {
  metric: "views",
  def: "d",
  measure: "count",
  fromMs: 0,
  toMs: 60_000,
  every: undefined,
  by: [],
  where: [],
  order: { column: "time", descending: false },
  limit: 10,
};
