import { NodeHttpHandler } from "@smithy/node-http-handler";

/** What all AWS clients of a function share: connections that stay open, and no wait without an end. */
export function clientSettings() {
  return {
    maxAttempts: 4,
    // HTTP/1.1 also where an SDK would take HTTP/2, which stand-ins for AWS do not speak.
    requestHandler: answeredWithin(30_000),
  };
}

/** Requests that fail where the connection or the answer takes longer: by itself the SDK only logs a warning. */
export const answeredWithin = (requestTimeout: number, connectionTimeout = 3_000): NodeHttpHandler =>
  new NodeHttpHandler({ connectionTimeout, requestTimeout, throwOnRequestTimeout: true });

/**
 * The endpoint of a service where the environment sets one, by the SDKs' own variables. The Timestream clients need it
 * said: by the variable alone they would ask it for another endpoint (endpoint discovery).
 */
export function explicitEndpoint(service: "TIMESTREAM_WRITE" | "TIMESTREAM_QUERY"): { endpoint?: string } {
  const endpoint = process.env[`AWS_ENDPOINT_URL_${service}`] ?? process.env.AWS_ENDPOINT_URL;
  return endpoint === undefined || endpoint === "" ? {} : { endpoint };
}
