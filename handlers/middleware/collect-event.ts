import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { CollectRequest } from "../../lib/collect/request.ts";
import type { SettingsRequest } from "../../lib/collect/settings-request.ts";

/** The request to the collector that an event of API Gateway is (payload format 2.0; names of headers are lower-case). */
export function collectRequest(event: APIGatewayProxyEventV2, call: string, receivedMs: number): CollectRequest {
  const { headers, rawQueryString, body = "", isBase64Encoded, requestContext } = event;
  return {
    call,
    headers,
    query: new URLSearchParams(rawQueryString),
    body: Buffer.from(body, isBase64Encoded ? "base64" : "utf8"),
    // Not X-Forwarded-For: anybody can write that.
    address: requestContext.http.sourceIp,
    receivedMs,
  };
}

export const settingsRequest = ({
  headers,
  rawQueryString,
  requestContext,
}: APIGatewayProxyEventV2): SettingsRequest => ({
  headers,
  query: new URLSearchParams(rawQueryString),
  domainName: requestContext.domainName,
});
