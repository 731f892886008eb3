import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import middy from "@middy/core";
import httpSecurityHeaders from "@middy/http-security-headers";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import config from "#config";
import { type Definitions, definitionsOf } from "../lib/definitions.ts";
import { httpAnswers, json } from "../lib/lambda/http-answers.ts";
import { pageFile } from "../lib/lambda/page-files.ts";
import { queryRoutes } from "../lib/lambda/query-routes.ts";
import { names } from "../lib/names.ts";
import { answerQuestion, metricSummaries } from "../lib/query/answer.ts";
import { connectQueryPorts, type QueryPorts } from "../lib/query/connect.ts";
import { readQuestion } from "../lib/query/question.ts";
import { QuestionProblem } from "../lib/query/question-problem.ts";

type Route = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** The query API: a question to its route, its answer or problem back. */
export function queryChain(definitions: Definitions, ports: () => QueryPorts, pageDirectory: string) {
  const routes: Readonly<Record<string, Route>> = {
    [queryRoutes.metrics]: async () => json({ metrics: metricSummaries(definitions) }),
    [queryRoutes.metric]: async ({ pathParameters, rawQueryString }) => {
      const parameters = new URLSearchParams(rawQueryString);
      const question = readQuestion(pathParameters?.name ?? "", parameters, definitions, Date.now());
      return json(await answerQuestion(question, ports()));
    },
    [queryRoutes.shards]: async () => json(await ports().shards.now(Date.now())),
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

let ports: QueryPorts | undefined;
export const handler = queryChain(
  definitionsOf(config),
  () => {
    ports ??= connectQueryPorts(process.env);
    return ports;
  },
  join(import.meta.dirname, "page"),
);
