import type { MetricSummary } from "../../lib/query/answer.ts";
import { readAnswer } from "../api/answers.ts";
import { ask } from "../api/api.ts";
import type { Range } from "../page/range.ts";
import { type MetricAnswers, metricPath } from "./metric-view.ts";

/** Asks for one metric by one dimension; a second time without it where there are too many values for one answer. */
export async function askMetric(
  { name }: MetricSummary,
  range: Range,
  by: string | null,
  signal: AbortSignal,
): Promise<MetricAnswers> {
  const { body, dateMs } = await ask(metricPath(name, range, by), signal);
  const parts = readAnswer(body);
  const cut = by !== null && parts.truncated === true;
  const whole = cut ? readAnswer((await ask(metricPath(name, range, null), signal)).body) : undefined;
  return { range, by, parts, whole, nowMs: dateMs ?? Date.now() };
}
