import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import httpSecurityHeaders from "@middy/http-security-headers";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import config from "#config";
import { sourcesOf } from "../lib/defaults.ts";
import { type Definitions, definitionsOf } from "../lib/definitions.ts";
import { httpAnswers, json } from "../lib/lambda/http-answers.ts";
import { pageFile } from "../lib/lambda/page-files.ts";
import { listQuarantine, showQuarantined } from "../lib/lambda/quarantine-answers.ts";
import { queryRoutes } from "../lib/lambda/query-routes.ts";
import { readLiveQuestion } from "../lib/live/question.ts";
import { names } from "../lib/names.ts";
import { answerQuestion, metricSummaries } from "../lib/query/answer.ts";
import { connectQueryPorts, type QueryPorts } from "../lib/query/connect.ts";
import { connectEventPorts, type EventPorts } from "../lib/query/connect-events.ts";
import { readQuestion } from "../lib/query/question.ts";
import { QuestionProblem } from "../lib/query/question-problem.ts";
import { whyBytesMax, whyMsMax } from "../lib/why/budget.ts";
import { readWhyQuestion } from "../lib/why/question.ts";
import { why } from "../lib/why/why.ts";

type Route = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** The query API: a question to its route, its answer or problem back. */
export function queryChain(definitions: Definitions, ports: () => QueryPorts & EventPorts, pageDirectory: string) {
  const routes: Readonly<Record<string, Route>> = {
    [queryRoutes.metrics]: async () => json({ metrics: metricSummaries(definitions) }),
    [queryRoutes.metric]: async ({ pathParameters, rawQueryString }) => {
      const parameters = new URLSearchParams(rawQueryString);
      const question = readQuestion(pathParameters?.name ?? "", parameters, definitions, Date.now());
      return json(await answerQuestion(question, ports()));
    },
    [queryRoutes.shards]: async () => json(await ports().shards.now(Date.now())),
    [queryRoutes.why]: async ({ pathParameters, rawQueryString }) => {
      const nowMs = Date.now();
      const parameters = new URLSearchParams(rawQueryString);
      const question = readWhyQuestion(pathParameters?.messageId ?? "", parameters, nowMs);
      return json(await why(question, ports().why, { bytesMax: whyBytesMax, deadlineMs: nowMs + whyMsMax }));
    },
    [queryRoutes.live]: async ({ rawQueryString }) =>
      json(await ports().live.newest(readLiveQuestion(new URLSearchParams(rawQueryString)))),
    [queryRoutes.quarantine]: ({ rawQueryString }) => listQuarantine(rawQueryString, ports().quarantine),
    [queryRoutes.quarantined]: ({ pathParameters }) => showQuarantined(pathParameters?.id ?? "", ports().quarantine),
    [queryRoutes.page]: () => pageFile(pageDirectory, "index.html"),
    [queryRoutes.pageFile]: ({ pathParameters }) => pageFile(pageDirectory, pathParameters?.file ?? ""),
  };
  const logger = new Logger({ serviceName: names.query });
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(injectLambdaContext(logger))
    .use(httpSecurityHeaders({ contentSecurityPolicy: false, permissionsPolicy: false }))
    .use(httpAnswers(logger))
    .handler((event) => {
      const route = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined;
      if (route === undefined)
        throw new QuestionProblem(404, "path", `expected one of ${Object.keys(routes).join(", ")}`);
      return route(event);
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
