import type { CloudWatchParts } from "./cloudwatch-parts.ts";
import { CloudWatchFailure } from "./failure.ts";
import { type Fields, fieldsOf, list, oneOf, optionalText, text } from "./field.ts";

/** CloudWatch API reference, ListMetrics. */
const pageMax = 500;
const dimensionsMax = 10;

/**
 * ListMetrics: those that are kept, which are of the last four hours; `RecentlyActive` PT3H names the same ones. A
 * page's token is the number of metrics before it.
 */
export function listMetrics({ metrics }: CloudWatchParts, request: Fields): object {
  const active = optionalText(request, "RecentlyActive");
  if (active !== undefined) oneOf(active, "RecentlyActive", ["PT3H"]);
  const namespace = optionalText(request, "Namespace");
  const name = optionalText(request, "MetricName");
  const wanted = list(request, "Dimensions", dimensionsMax).map((each) => fieldsOf(each, "Dimensions"));
  const after = Number(optionalText(request, "NextToken") ?? "0");
  if (!Number.isInteger(after) || after < 0) throw new CloudWatchFailure("InvalidNextToken", "Invalid NextToken");
  const found = metrics
    .names()
    .filter((series) => namespace === undefined || series.namespace === namespace)
    .filter((series) => name === undefined || series.name === name)
    .filter(({ dimensions }) =>
      wanted.every((one) => {
        const value = dimensions[text(one, "Name")];
        return value !== undefined && (optionalText(one, "Value") ?? value) === value;
      }),
    );
  const page = found.slice(after, after + pageMax);
  return {
    Metrics: page.map((series) => ({
      Namespace: series.namespace,
      MetricName: series.name,
      Dimensions: Object.entries(series.dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
    ...(found.length > after + page.length ? { NextToken: String(after + page.length) } : {}),
  };
}
