import type { MiddlewareObj } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** Middleware, before those that make responses: takes the body from the answer to HEAD. */
export function headAnswers(): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  const withoutBody: ReturnType<typeof headAnswers>["after"] = (request) => {
    // An invocation that is not the API's need not name a method.
    if (request.event.requestContext?.http?.method !== "HEAD" || request.response === null) return;
    const { body, isBase64Encoded, ...rest } = request.response ?? {};
    request.response = rest;
  };
  return { after: withoutBody, onError: withoutBody };
}
