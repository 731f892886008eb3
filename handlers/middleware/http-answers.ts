import type { Logger } from "@aws-lambda-powertools/logger";
import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { isUnavailable } from "../../lib/aws.ts";
import { lambdaPayloadBytesMax } from "../../lib/limits.ts";
import { type ProblemStatus, problemDetails, problemType } from "../../lib/problem-details.ts";
import { NotNow } from "../../lib/query/not-now.ts";
import { QuestionProblem } from "../../lib/query/url-question.ts";

/** A JSON answer of the API. */
export const json = (value: unknown, maxAgeSeconds = 0): APIGatewayProxyStructuredResultV2 => ({
  statusCode: 200,
  headers: {
    "content-type": "application/json",
    "cache-control": maxAgeSeconds === 0 ? "no-store" : `max-age=${maxAgeSeconds}`,
  },
  body: JSON.stringify(value),
});

/** An answer that says what is wrong (RFC 9457), with the field of the question that it is about. */
function problemAnswer(status: ProblemStatus, more: object): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { "content-type": problemType, "cache-control": "no-store" },
    body: JSON.stringify(problemDetails(status, more)),
  };
}

/** Seconds after which a client may ask again where a service is down. */
const downSeconds = 5;

/** An answer that says when to ask again. */
function laterAnswer(status: 429 | 503, seconds: number, more: object): APIGatewayProxyStructuredResultV2 {
  const answer = problemAnswer(status, more);
  return { ...answer, headers: { ...answer.headers, "retry-after": String(seconds) } };
}

/** Middleware: errors become problems; what is no fault of the question is logged and says nothing of its inside. */
export function httpAnswers(logger: Logger): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return {
    after: ({ response }) => {
      // Half a kilobyte for the status and the headers around the body.
      // The body is a text in Lambda's own answer, each quote of it escaped.
      if (Buffer.byteLength(JSON.stringify(response?.body ?? "")) <= lambdaPayloadBytesMax - 512) return;
      throw new QuestionProblem(413, "limit", "expected an answer of at most 6 MB, got more: ask for fewer rows");
    },
    onError: (request) => {
      const { error } = request;
      if (error instanceof QuestionProblem) {
        const { status, field, message } = error;
        request.response = problemAnswer(status, { field, detail: message });
        return;
      }
      if (error instanceof NotNow) {
        const { status, message, retryAfterSeconds } = error;
        const { awsRequestId: requestId } = request.context;
        request.response = laterAnswer(status, retryAfterSeconds, { detail: message, requestId });
        return;
      }
      logger.error("The question could not be answered", { errorName: error?.name, errorMessage: error?.message });
      if (isUnavailable(error)) {
        const detail = "A service that the answer comes from is down or throttled: ask again later";
        request.response = laterAnswer(503, downSeconds, { detail, requestId: request.context.awsRequestId });
        return;
      }
      request.response = problemAnswer(500, { requestId: request.context.awsRequestId });
    },
  };
}
