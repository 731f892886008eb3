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
import { type SweepOptions, type SweepPorts, type SweepReport, sweep } from "../lib/recovery/sweep.ts";
import { reportMetrics, type SliceEvent, sliceOf } from "./middleware/scheduled.ts";

const countsOf = (report: SweepReport): Record<string, number> => ({
  PromisesOpen: report.open,
  PromisesKept: report.keptCount,
  PromisesLost: report.lostCount,
  PromisesNotKept: report.notKeptCount,
  PromisesOutOfReach: report.outOfReachCount,
  PromisesLeft: report.left,
  RecordsSkipped: report.skippedCount,
});

/** Beside a dry run: closes the promises that are lost. */
type SweepEvent = SliceEvent & Pick<SweepOptions, "writeOff">;

/** Keeps the promises that nobody came back for; `{"dryRun": true}` says which. */
export function sweepChain(ports: () => SweepPorts) {
  const logger = new Logger({ serviceName: names.sweep });
  const metrics = new Metrics({ namespace: names.metricNamespace, serviceName: names.sweep });
  return middy<SweepEvent, SweepReport>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .use(reportMetrics(metrics, countsOf))
    .handler(async (event, context: Context) => {
      const report = await sweep(ports(), { ...sliceOf(event, context), writeOff: event.writeOff === true });
      for (const promise of report.lost) logger.error("Records of a promise are lost", { ...promise });
      for (const promise of report.outOfReach) logger.warn("The store takes a promise no more", { ...promise });
      for (const promise of report.notKept) logger.warn("A promise could not be kept", { ...promise });
      return report;
    });
}

let ports: SweepPorts | undefined;
export const handler = sweepChain(() => {
  ports ??= connectSweepPorts(process.env, settingsOf(config));
  return ports;
});
