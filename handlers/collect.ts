import { Logger } from "@aws-lambda-powertools/logger";
import { Metrics } from "@aws-lambda-powertools/metrics";
import middy from "@middy/core";
import httpSecurityHeaders from "@middy/http-security-headers";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import config from "#config";
import { trackingPlanOf } from "#tracking-plan";
import { type CollectPorts, collect } from "../lib/collect/collect.ts";
import { connectCollectPorts } from "../lib/collect/connect.ts";
import { answerBrowserSettings, answerPreflight, answerSourceConfig } from "../lib/collect/settings-request.ts";
import type { SourceSettings } from "../lib/collect/write-keys.ts";
import { sourcesOf } from "../lib/config/settings.ts";
import { names } from "../lib/names.ts";
import { collectRoutes } from "../lib/routes.ts";
import { collectAnswers, type Told } from "./middleware/collect-answers.ts";
import { collectRequest, settingsRequest } from "./middleware/collect-event.ts";
import { headAnswers } from "./middleware/head-answers.ts";
import { methodOf, type Routed, routeTable } from "./middleware/route-table.ts";

type RouteKey = (typeof collectRoutes)[keyof typeof collectRoutes];
type Route = (event: APIGatewayProxyEventV2, parameters: Routed<RouteKey>["parameters"]) => Promise<Told>;

const routed = routeTable(Object.values(collectRoutes));

/** The collector: events in, into the stream, and acknowledged once they are there. */
export function collectChain(sources: readonly SourceSettings[], ports: () => CollectPorts) {
  const events: Route = async (event, { call = "" }) => collect(collectRequest(event, call, Date.now()), ports());
  const routes: Readonly<Record<RouteKey, Route>> = {
    [collectRoutes.events]: events,
    [collectRoutes.beacon]: (event) => events(event, { call: "batch" }),
    [collectRoutes.settings]: async (event, { writeKey = "" }) =>
      answerBrowserSettings(writeKey, settingsRequest(event), ports()),
    [collectRoutes.sourceConfig]: async (event) => answerSourceConfig(settingsRequest(event), ports()),
  };
  const logger = new Logger({ serviceName: names.collect });
  const metrics = new Metrics({ namespace: names.metricNamespace, serviceName: names.collect });
  return middy<APIGatewayProxyEventV2, Told | APIGatewayProxyStructuredResultV2>()
    .use(headAnswers())
    .use(
      httpSecurityHeaders({
        contentSecurityPolicy: false,
        permissionsPolicy: false,
        crossOriginResourcePolicy: { policy: "cross-origin" },
      }),
    )
    .use(collectAnswers(logger, metrics, sources))
    .handler(async (event) => {
      // For any path: the browser asks whether its page may send, and not whether the path is there.
      if (methodOf(event) === "OPTIONS") return { answer: answerPreflight(event.headers, sources) };
      const found = routed(event);
      return found === undefined ? events(event, {}) : routes[found.key](event, found.parameters);
    });
}

let ports: CollectPorts | undefined;
export const handler = collectChain(sourcesOf(config), () => {
  ports ??= connectCollectPorts(process.env, config, trackingPlanOf(config));
  return ports;
});
