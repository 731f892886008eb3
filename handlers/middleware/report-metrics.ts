import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import type { SliceEvent } from "./slice.ts";

/** Middleware: publishes counts of the answer as metrics; a dry run publishes nothing. */
export function reportMetrics<Report extends { readonly dryRun: boolean }>(
  metrics: Metrics,
  countsOf: (report: Report) => Readonly<Record<string, number>>,
): MiddlewareObj<SliceEvent, Report> {
  return {
    after: ({ response }) => {
      if (response === null || response === undefined || response.dryRun) return;
      for (const [name, value] of Object.entries(countsOf(response))) metrics.addMetric(name, MetricUnit.Count, value);
    },
  };
}
