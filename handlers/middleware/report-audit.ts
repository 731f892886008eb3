import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import type { AuditReport } from "../../lib/audit/audit.ts";
import type { FindingKind } from "../../lib/audit/finding.ts";
import type { AuditEvent } from "../../lib/audit/range.ts";
import { type ScheduledReport, type ScheduleName, scheduleNames } from "../../lib/audit/scheduled-audit.ts";
import { auditMetrics } from "../../lib/names.ts";

/** What the schedule asks. */
export interface ScheduledAuditEvent {
  readonly schedule: ScheduleName;
}

/** Undefined where nothing is due. */
export type AuditAnswer = AuditReport | ScheduledReport | undefined;

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

/** Middleware: publishes how much a scheduled audit found, of all kinds together and of each, and how far the audits are. */
export function reportAudit(metrics: Metrics): MiddlewareObj<ScheduledAuditEvent | AuditEvent, AuditAnswer> {
  return {
    after: ({ response }) => {
      // A look back by hand must not raise the alarm.
      if (response === null || response === undefined || !("behindMs" in response)) return;
      const counts = Object.entries(response.counts) as [FindingKind, number][];
      const all = counts.reduce((sum, [, count]) => sum + count, 0);
      metrics.addMetric(auditMetrics.findings, MetricUnit.Count, all);
      for (const [kind, count] of counts) metrics.addMetric(metricOf[kind], MetricUnit.Count, count);
      for (const name of scheduleNames) {
        metrics.addMetric(auditMetrics.behind[name], MetricUnit.Seconds, Math.round(response.behindMs[name] / 1_000));
      }
    },
  };
}
