import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import type { AuditReport } from "../audit/audit.ts";
import type { FindingKind } from "../audit/finding.ts";
import type { AuditEvent } from "../audit/range.ts";
import { auditMetrics } from "../names.ts";

const metricOf = {
  overlap: "AuditOverlaps",
  tally: "AuditTallies",
  rows: "AuditRows",
  "unknown-rows": "AuditUnknownRows",
  doubled: "AuditDoubled",
  lineage: "AuditLineages",
  open: "AuditOpen",
  lost: "AuditLost",
  records: "AuditRecords",
  "given-up": "AuditGivenUp",
} as const satisfies Readonly<Record<FindingKind, string>>;

/** Middleware: publishes how much a scheduled audit found, of all kinds together and of each. */
export function reportAudit(metrics: Metrics): MiddlewareObj<AuditEvent, AuditReport> {
  return {
    after: ({ event, response }) => {
      if (event.publish !== true || response === null || response === undefined) return;
      const counts = Object.entries(response.counts) as [FindingKind, number][];
      const all = counts.reduce((sum, [, count]) => sum + count, 0);
      metrics.addMetric(auditMetrics.findings, MetricUnit.Count, all);
      metrics.addMetric(auditMetrics.incomplete, MetricUnit.Count, response.complete ? 0 : 1);
      for (const [kind, count] of counts) metrics.addMetric(metricOf[kind], MetricUnit.Count, count);
    },
  };
}
