import type { Metrics } from "@aws-lambda-powertools/metrics";
import { MetricUnit } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import { names } from "../../lib/names.ts";
import { type RollUpReport, reportBefore } from "../../lib/roll-up/roll-up.ts";
import type { BatchEvent } from "../../lib/stream/batch.ts";

/** What the function answers: what became of the events in the parts it committed. */
export interface RollUpAnswer {
  readonly parts: number;
  readonly events: number;
  readonly counted: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly late: number;
}

/** Middleware: publishes what the roll-up did as metrics, also where it failed in the end, and makes the answer of it. */
export function reportRollUp(metrics: Metrics): MiddlewareObj<BatchEvent, RollUpReport | RollUpAnswer> {
  return {
    after: (request) => {
      const report = request.response as RollUpReport;
      publish(metrics, report);
      request.response = answerOf(report);
    },
    onError: ({ error }) => {
      // The batch comes again, and steps over what is committed: nobody else publishes it.
      const report = error instanceof Error ? reportBefore(error) : undefined;
      if (report !== undefined && report.parts.length > 0) publish(metrics, report);
    },
  };
}

function publish(metrics: Metrics, report: RollUpReport): void {
  for (const [name, value] of Object.entries(metricsOf(report, answerOf(report)))) {
    metrics.addMetric(name, MetricUnit.Count, value);
  }
  // Only where it is short: its minimum over all shards is then how far apart a repeat may be.
  if (report.shortWindowsMs.length === 0) return;
  metrics.addMetric(names.dedupeWindow, MetricUnit.Seconds, Math.min(...report.shortWindowsMs) / 1_000);
}

function answerOf({ parts }: RollUpReport): RollUpAnswer {
  const total = (field: "events" | "counted" | "duplicate" | "quarantined" | "late"): number =>
    parts.reduce((sum, part) => sum + part[field], 0);
  return {
    parts: parts.length,
    events: total("events"),
    counted: total("counted"),
    duplicate: total("duplicate"),
    quarantined: total("quarantined"),
    late: total("late"),
  };
}

function metricsOf(report: RollUpReport, answer: RollUpAnswer): Record<string, number> {
  return {
    EventsCounted: answer.counted,
    EventsDuplicate: answer.duplicate,
    EventsQuarantined: answer.quarantined,
    EventsLate: answer.late,
    Parts: answer.parts,
    Rows: report.parts.reduce((sum, { rows }) => sum + rows, 0),
    RowsAlreadyThere: report.parts.reduce((sum, { existing = 0 }) => sum + existing, 0),
    RowsDoubled: report.parts.reduce((sum, { doubled }) => sum + doubled, 0),
    PromisesKept: report.promisesKept,
    LedgerConflicts: report.conflicts,
    StrayEvents: report.strays,
    [names.dedupeWindowShort]: report.shortWindowsMs.length,
  };
}
