import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import type { Context } from "aws-lambda";

/** The event of a scheduled function: EventBridge's own, or the command line's. */
export interface SliceEvent {
  readonly dryRun?: boolean;
  /** Only `true`, and never on schedule: events that the store no longer takes go to quarantine. */
  readonly acceptLate?: boolean;
}

export interface Slice {
  readonly dryRun: boolean;
  readonly acceptLate: boolean;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
}

/** What one invocation may do: until the function's time limit, and nothing at all in a dry run. */
export const sliceOf = (event: SliceEvent, context: Context): Slice => ({
  dryRun: event.dryRun === true,
  acceptLate: event.acceptLate === true,
  deadlineMs: Date.now() + context.getRemainingTimeInMillis(),
});

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
