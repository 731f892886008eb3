import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import config from "#config";
import { audit } from "../lib/audit/audit.ts";
import type { AuditPorts } from "../lib/audit/audit-run.ts";
import { connectAuditPorts } from "../lib/audit/connect.ts";
import { type AuditEvent, readAuditEvent } from "../lib/audit/range.ts";
import { type AuditLog, scheduledAudit } from "../lib/audit/scheduled-audit.ts";
import { settingsOf } from "../lib/config/settings.ts";
import { names } from "../lib/names.ts";
import { type AuditAnswer, reportAudit, type ScheduledAuditEvent } from "./middleware/report-audit.ts";
import { sliceOf } from "./middleware/scheduled.ts";

type Ports = AuditPorts & { readonly log: AuditLog };

/**
 * Checks what was counted; `{"from": ..., "to": ..., "rows": "none" | "sample" | "all"}` says of when, and how;
 * `{"schedule": "hourly" | "daily"}` goes on where the schedule's last invocation left off.
 */
export function auditChain(ports: () => Ports) {
  const logger = new Logger({ serviceName: names.audit });
  const metrics = new Metrics({ namespace: names.metricNamespace, serviceName: names.audit });
  return middy<ScheduledAuditEvent | AuditEvent, AuditAnswer>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .use(reportAudit(metrics))
    .handler(async (event, context: Context) => {
      const connected = ports();
      const { deadlineMs } = sliceOf({}, context);
      const report =
        event.schedule === undefined
          ? await audit(connected, { ...readAuditEvent(event, connected.clock.now()), deadlineMs })
          : await scheduledAudit(connected, event.schedule, deadlineMs);
      if (report === undefined) return undefined;
      for (const finding of report.findings) logger.error("The audit found something wrong", { ...finding });
      if (!report.complete) logger.warn("The audit is not complete", { notes: report.notes });
      return report;
    });
}

let ports: Ports | undefined;
export const handler = auditChain(() => {
  ports ??= connectAuditPorts(process.env, settingsOf(config));
  return ports;
});
