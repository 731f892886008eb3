import type { Logger } from "@aws-lambda-powertools/logger";
import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { type Answer, problemAnswer } from "../../lib/collect/answer.ts";
import type { Collected } from "../../lib/collect/collect.ts";
import { originHeaders } from "../../lib/collect/origin.ts";
import type { SourceSettings } from "../../lib/collect/write-keys.ts";

/** What a route of the collector gives: an answer, and what is to be counted of it. */
export type Told = { readonly answer: Answer } & Partial<Omit<Collected, "answer">>;

/**
 * Middleware: publishes what became of a request as metrics and makes the response of its answer, which a page of an
 * origin that the sources allow may read. What goes wrong is logged by the error's name alone: its message may hold a
 * piece of what was sent.
 */
export function collectAnswers(
  logger: Logger,
  metrics: Metrics,
  sources: readonly SourceSettings[],
): MiddlewareObj<APIGatewayProxyEventV2, Told | APIGatewayProxyStructuredResultV2> {
  return {
    after: (request) => {
      const told = request.response as Told;
      publish(told, metrics);
      send(metrics);
      if (told.cause !== undefined) {
        // Here and not by a middleware: most requests log nothing.
        logger.addContext(request.context);
        logger.warn("A request was not taken", { refusal: told.refusal, why: nameOf(told.cause) });
      }
      request.response = responseOf(told.answer);
    },
    onError: (request) => {
      const { error, event } = request;
      logger.addContext(request.context);
      const answer = failed(error);
      send(metrics);
      const headers = { ...answer.headers, ...originHeaders(event.headers?.origin, sources) };
      request.response = responseOf({ ...answer, headers });
    },
  };

  function failed(error: unknown): Answer {
    logger.error("A request could not be answered", { why: nameOf(error), at: placeOf(error) });
    metrics.addMetric("CollectorErrors", MetricUnit.Count, 1);
    return problemAnswer(500, "InternalError", "internal error");
  }
}

/** Not by the middleware of Powertools, which warns in the log of each preflight that there is nothing to publish. */
function send(metrics: Metrics): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
}

function publish(
  { accepted = 0, refused = {}, planViolations = 0, refusal }: Omit<Told, "answer">,
  metrics: Metrics,
): void {
  if (refusal !== undefined) metrics.addMetric(refusal, MetricUnit.Count, 1);
  if (accepted > 0) metrics.addMetric("EventsAccepted", MetricUnit.Count, accepted);
  if (planViolations > 0) metrics.addMetric("PlanViolations", MetricUnit.Count, planViolations);
  for (const [reason, count] of Object.entries(refused)) {
    const single = metrics.singleMetric();
    single.addDimension("reason", reason);
    single.addMetric("EventsRefused", MetricUnit.Count, count);
  }
}

const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : typeof cause);

/** The first place in our code that the error came by, without its message, which may look like a place. */
function placeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "";
  const { stack = "", message } = cause;
  const start = stack.indexOf(message);
  if (start < 0) return "";
  const places = stack.slice(start + message.length).split("\n");
  return places.find((line) => /^\s+at /.test(line))?.trim() ?? "";
}

function responseOf({ status, headers, body }: Answer): APIGatewayProxyStructuredResultV2 {
  if (body === undefined) return { statusCode: status, headers: { ...headers } };
  return {
    statusCode: status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}
