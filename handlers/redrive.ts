import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import config from "#config";
import { settingsOf } from "../lib/config/settings.ts";
import { names } from "../lib/names.ts";
import { connectSweepPorts } from "../lib/recovery/connect.ts";
import { type RedrivePorts, redrive } from "../lib/recovery/redrive/redrive.ts";
import type { RedriveReport } from "../lib/recovery/redrive/report.ts";
import { reportMetrics, type SliceEvent, sliceOf } from "./middleware/scheduled.ts";

const countsOf = (report: RedriveReport) => ({
  BatchesRedriven: report.redriven,
  BatchesSettled: report.settled,
  BatchesLeft: report.leftCount - report.outOfReachCount,
  BatchesOutOfReach: report.outOfReachCount,
  RecordsRedriven: report.records,
  EventsRedriven: report.tally.counted,
  EventsRedrivenLate: report.tally.late,
  RecordsSkipped: report.skippedCount,
  RedriveIncomplete: report.complete ? 0 : 1,
});

/** Runs the batches that Lambda gave up on once more; `{"dryRun": true}` says what they hold, `{"acceptLate": true}` takes it that the store refuses old ones. */
export function redriveChain(ports: () => RedrivePorts) {
  const logger = new Logger({ serviceName: names.redrive });
  const metrics = new Metrics({ namespace: names.metricNamespace, serviceName: names.redrive });
  return middy<SliceEvent, RedriveReport>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .use(reportMetrics(metrics, countsOf))
    .handler(async (event, context: Context) => {
      const report = await redrive(ports(), sliceOf(event, context));
      for (const file of report.left) logger.warn("A batch could not be redriven", { ...file });
      for (const record of report.skipped) logger.error("A record ends the process, and is skipped", { ...record });
      return report;
    });
}

let ports: RedrivePorts | undefined;
export const handler = redriveChain(() => {
  ports ??= connectSweepPorts(process.env, settingsOf(config));
  return ports;
});
