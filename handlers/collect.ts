import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import middy from "@middy/core";
import httpSecurityHeaders from "@middy/http-security-headers";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import config from "#config";
import { trackingPlanOf } from "#tracking-plan";
import { type CollectPorts, collect } from "../lib/collect/collect.ts";
import { connectCollectPorts } from "../lib/collect/connect.ts";
import { answerPreflight, answerSettings } from "../lib/collect/settings-request.ts";
import type { SourceSettings } from "../lib/collect/write-keys.ts";
import { sourcesOf } from "../lib/defaults.ts";
import { collectAnswers, type Told } from "../lib/lambda/collect-answers.ts";
import { collectRequest, settingsRequest } from "../lib/lambda/collect-event.ts";
import { collectRoutes } from "../lib/lambda/collect-routes.ts";
import { names } from "../lib/names.ts";

type Route = (event: APIGatewayProxyEventV2) => Promise<Told>;

/** The collector: events in, into the stream, and acknowledged once they are there. */
export function collectChain(sources: readonly SourceSettings[], ports: () => CollectPorts) {
  const routes: Readonly<Record<string, Route>> = {
    [collectRoutes.events]: async (event) => collect(collectRequest(event, Date.now()), ports()),
    [collectRoutes.settings]: async (event) => answerSettings(settingsRequest(event), ports()),
    [collectRoutes.preflight]: async ({ headers }) => ({ answer: answerPreflight(headers, sources) }),
  };
  const logger = new Logger({ serviceName: names.collect });
  const metrics = new Metrics({ namespace: names.metricNamespace, serviceName: names.collect });
  return middy<APIGatewayProxyEventV2, Told | APIGatewayProxyStructuredResultV2>()
    .use(
      httpSecurityHeaders({
        contentSecurityPolicy: false,
        permissionsPolicy: false,
        crossOriginResourcePolicy: { policy: "cross-origin" },
      }),
    )
    .use(collectAnswers(logger, metrics, sources))
    .handler((event) => {
      const route = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined;
      if (route === undefined) throw new Error(`Expected one of the collector's routes, got ${event.routeKey}`);
      return route(event);
    });
}

let ports: CollectPorts | undefined;
export const handler = collectChain(sourcesOf(config), () => {
  ports ??= connectCollectPorts(process.env, config, trackingPlanOf(config));
  return ports;
});
