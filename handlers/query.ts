import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import httpSecurityHeaders from "@middy/http-security-headers";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import config from "#config";
import { type Definitions, definitionsOf } from "../lib/config/definitions.ts";
import { sourcesOf } from "../lib/config/settings.ts";
import { names } from "../lib/names.ts";
import { answerQuestion, metricSummaries } from "../lib/query/answer.ts";
import { connectQueryPorts, type QueryPorts } from "../lib/query/connect.ts";
import { connectEventPorts, type EventPorts } from "../lib/query/connect-events.ts";
import { readLiveQuestion } from "../lib/query/live/question.ts";
import { readQuestion } from "../lib/query/question.ts";
import { QuestionProblem } from "../lib/query/url-question.ts";
import { readWhyQuestion } from "../lib/query/why/question.ts";
import { whyBytesMax, whyMsMax } from "../lib/query/why/search.ts";
import { why } from "../lib/query/why/why.ts";
import { queryRoutes } from "../lib/routes.ts";
import { headAnswers } from "./middleware/head-answers.ts";
import { httpAnswers, json } from "./middleware/http-answers.ts";
import { pageFile } from "./middleware/page-files.ts";
import { listQuarantine, showQuarantined } from "./middleware/quarantine-answers.ts";
import { type Routed, routeTable } from "./middleware/route-table.ts";

type RouteKey = (typeof queryRoutes)[keyof typeof queryRoutes];
type Route = (
  event: APIGatewayProxyEventV2,
  parameters: Routed<RouteKey>["parameters"],
) => Promise<APIGatewayProxyStructuredResultV2>;

const routed = routeTable(Object.values(queryRoutes));

/** The query API: a question to its route, its answer or problem back. */
export function queryChain(definitions: Definitions, ports: () => QueryPorts & EventPorts, pageDirectory: string) {
  const routes: Readonly<Record<RouteKey, Route>> = {
    [queryRoutes.metrics]: async () => json({ metrics: metricSummaries(definitions) }),
    [queryRoutes.metric]: async ({ rawQueryString }, { name = "" }) => {
      const parameters = new URLSearchParams(rawQueryString);
      const question = readQuestion(name, parameters, definitions, Date.now());
      return json(await answerQuestion(question, ports()));
    },
    [queryRoutes.shards]: async () => json(await ports().look.shards()),
    [queryRoutes.why]: async ({ rawQueryString }, { messageId = "" }) => {
      const nowMs = Date.now();
      const parameters = new URLSearchParams(rawQueryString);
      const question = readWhyQuestion(messageId, parameters, nowMs);
      return json(await why(question, ports().why, { bytesMax: whyBytesMax, deadlineMs: nowMs + whyMsMax }));
    },
    [queryRoutes.live]: async ({ rawQueryString }) => {
      // What is wrong with it is said here.
      readLiveQuestion(new URLSearchParams(rawQueryString));
      return json(await ports().look.live(rawQueryString));
    },
    [queryRoutes.quarantine]: ({ rawQueryString }) => listQuarantine(rawQueryString, ports().quarantine),
    [queryRoutes.quarantined]: (_, { id = "" }) => showQuarantined(id, ports().quarantine),
    [queryRoutes.page]: () => pageFile(pageDirectory, "index.html"),
    [queryRoutes.pageFile]: (_, { file = "" }) => pageFile(pageDirectory, file),
  };
  const logger = new Logger({ serviceName: names.query });
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger))
    .use(headAnswers())
    .use(httpSecurityHeaders({ contentSecurityPolicy: false, permissionsPolicy: false }))
    .use(httpAnswers(logger))
    .handler((event) => {
      const found = routed(event);
      if (found === undefined)
        throw new QuestionProblem(404, "path", `expected one of ${Object.keys(routes).join(", ")}`);
      return routes[found.key](event, found.parameters);
    });
}

let ports: (QueryPorts & EventPorts) | undefined;
export const handler = queryChain(
  definitionsOf(config),
  () => {
    const sources = sourcesOf(config).map(({ name }) => name);
    ports ??= { ...connectQueryPorts(process.env), ...connectEventPorts(process.env, definitionsOf(config), sources) };
    return ports;
  },
  join(import.meta.dirname, "page"),
);
