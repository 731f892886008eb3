import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import config from "#config";
import { type Definitions, definitionsOf } from "../lib/config/definitions.ts";
import { settingsOf } from "../lib/config/settings.ts";
import { names } from "../lib/names.ts";
import { connectPorts } from "../lib/roll-up/connect.ts";
import type { Ports } from "../lib/roll-up/ports.ts";
import { rollUp } from "../lib/roll-up/roll-up.ts";
import type { BatchEvent } from "../lib/stream/batch.ts";
import { answerPreview } from "./middleware/answer-preview.ts";
import { untilTimeLimit } from "./middleware/patience.ts";
import { readBatch } from "./middleware/read-batch.ts";
import { reportLag } from "./middleware/report-lag.ts";
import { reportRollUp } from "./middleware/report-roll-up.ts";

/** The way of a batch: read it, fold and write its parts, answer with what became of its events. */
export function rollUpChain(definitions: Definitions, ports: () => Ports) {
  const logger = new Logger({ serviceName: names.rollUp });
  const metrics = new Metrics({ namespace: names.metricNamespace, serviceName: names.rollUp });
  return middy<BatchEvent>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .use(answerPreview(definitions))
    .use(readBatch())
    .use(reportLag())
    .use(reportRollUp(metrics))
    .handler(({ batch }, context: Context) =>
      rollUp(batch, definitions, ports(), untilTimeLimit(batch, context, logger)),
    );
}

let ports: Ports | undefined;
export const handler = rollUpChain(definitionsOf(config), () => {
  ports ??= connectPorts(process.env, settingsOf(config));
  return ports;
});
