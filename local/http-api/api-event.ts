import { isUtf8 } from "node:buffer";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { RouteMatch } from "./route.ts";
import type { ApiSwitches } from "./switches.ts";

/** What the events of an API say about it. */
export type ApiIdentity = {
  readonly accountId: string;
  readonly apiId: string;
  /** `$default` where the API has no other. */
  readonly stage: string;
};

/** A request read to its end. */
export type ApiRequest = {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  /** Names and values in turn, as `rawHeaders` of node:http. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly protocol: string;
  readonly requestId: string;
  readonly received_ms: number;
};

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Percent-decoded, or as it is where that is no UTF-8. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * A path as events have it: decoded twice, and cut at a question mark that the first time brings to light. Not documented;
 * so are the events that others have published (hotsock/voker on GitHub, vokerhttp/testdata/ingress-paths.json).
 */
const eventPath = (rawPath: string): string => decoded(decoded(rawPath).split("?", 1)[0] ?? "");

/** The request's time in the Common Log Format, such as `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(ms: number): string {
  const iso = new Date(ms).toISOString();
  const month = months[new Date(ms).getUTCMonth()];
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}

/** One entry for each name, the values of a repeated one joined with commas. */
function joinedByName(pairs: Iterable<readonly [string, string]>): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

function* headerPairs(rawHeaders: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    yield [(rawHeaders[at] ?? "").toLowerCase(), rawHeaders[at + 1] ?? ""];
  }
}

/**
 * Which types are text is not documented. A trial on AWS found these (ministackorg/ministack on GitHub, pull request 766);
 * everything else comes in base64, a missing type too. It is the list that Application Load Balancers have.
 */
const textTypes = /^(?:text\/[^;]+|application\/(?:json|javascript|xml))\s*(?:;|$)/i;

/**
 * Whether a body is handed over as a text. Load balancers hand over in base64 what has a Content-Encoding (user guide for
 * Application Load Balancers, "Receive events from the load balancer"); for HTTP APIs nothing is documented.
 */
function isText(headers: Readonly<Record<string, string>>, body: Buffer, { encodedText }: ApiSwitches): boolean {
  if (!textTypes.test(headers["content-type"] ?? "")) return false;
  return encodedText === "text" || (headers["content-encoding"] === undefined && isUtf8(body));
}

/**
 * The event of a Lambda proxy integration in payload format 2.0 (API Gateway developer guide, Create AWS Lambda proxy
 * integrations for HTTP APIs). Cookies are in `cookies` and not in the headers.
 */
export function apiEvent(
  request: ApiRequest,
  matched: RouteMatch,
  identity: ApiIdentity,
  switches: ApiSwitches,
): APIGatewayProxyEventV2 {
  const { cookie, ...headers } = joinedByName(headerPairs(request.rawHeaders));
  const { route, pathParameters } = matched;
  const domainName = (headers.host ?? "localhost").replace(/:\d+$/, "");
  // What API Gateway adds, or puts in place of what the client says. A tunnel in front of a laptop takes https as it does.
  const isSecure = headers["x-forwarded-proto"]?.split(",", 1)[0]?.trim().toLowerCase() === "https";
  const forwarded = { "x-forwarded-for": request.sourceIp, "x-forwarded-proto": isSecure ? "https" : "http" };
  const query = joinedByName(new URLSearchParams(request.rawQueryString));
  const text = isText(headers, request.body, switches);
  const path = eventPath(request.rawPath);
  return {
    version: "2.0",
    routeKey: route.routeKey,
    rawPath: path,
    rawQueryString: request.rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/[;,] */).filter((each) => each !== "") }),
    headers: { ...headers, ...forwarded },
    ...(Object.keys(query).length === 0 ? {} : { queryStringParameters: query }),
    ...(Object.keys(pathParameters).length === 0 ? {} : { pathParameters: { ...pathParameters } }),
    requestContext: {
      accountId: identity.accountId,
      apiId: identity.apiId,
      domainName,
      domainPrefix: domainName.split(".", 1)[0] ?? "",
      http: {
        method: request.method,
        path,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: request.requestId,
      routeKey: route.routeKey,
      stage: identity.stage,
      time: commonLogTime(request.received_ms),
      timeEpoch: request.received_ms,
    },
    ...(request.body.length === 0 ? {} : { body: request.body.toString(text ? "utf8" : "base64") }),
    isBase64Encoded: request.body.length > 0 && !text,
  };
}
