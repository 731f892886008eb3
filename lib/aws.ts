import { NodeHttpHandler } from "@smithy/node-http-handler";
import { environmentNames } from "./names.ts";

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

/** What AWS services answer where they are asked too much or are not ready. */
const notNow =
  /Throttl|TooManyRequests|LimitExceeded|ThroughputExceeded|ServiceUnavailable|InternalServer|InternalFailure/;

/** What the SDK throws where there was no answer in time. */
const noAnswer = new Set(["TimeoutError", "AbortError", "NetworkingError"]);

/** Whether an error of an AWS client says that the service is down, slow or throttled: the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (noAnswer.has(error.name) || notNow.test(error.name)) return true;
  const { $metadata, code } = error as { $metadata?: { httpStatusCode?: number }; code?: unknown };
  if (($metadata?.httpStatusCode ?? 0) >= 500) return true;
  // A socket's own: ECONNREFUSED, ENOTFOUND, EPIPE. Node's errors of usage begin with ERR_.
  return typeof code === "string" && /^E(?!RR_)[A-Z_]+$/.test(code);
}

export type EnvironmentName = keyof typeof environmentNames;

/** The functions' environment variables by what they hold. Throws an error that names every one that is missing. */
export function readEnvironment<Name extends EnvironmentName>(
  variables: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): Record<Name, string> {
  const missing = names.map((name) => environmentNames[name]).filter((variable) => !variables[variable]);
  if (missing.length > 0)
    throw new Error(`Expected the environment variables ${missing.join(", ")} to be set, got none`);
  const values = names.map((name): [Name, string] => [name, variables[environmentNames[name]] ?? ""]);
  return Object.fromEntries(values) as Record<Name, string>;
}
