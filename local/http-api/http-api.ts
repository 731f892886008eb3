import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { BodyTooLarge, readBody } from "../endpoint/body.ts";
import type { InvokeOutcome } from "../lambda/invoke-outcome.ts";
import { type ApiIdentity, type ApiRequest, apiEvent } from "./api-event.ts";
import { type ApiResponse, apiResponse, messageResponse } from "./api-response.ts";
import { type CorsConfiguration, preflight, withCors } from "./cors.ts";
import { type Route, type RouteMatch, router } from "./route.ts";
import { type ApiSwitches, apiSwitchesWith } from "./switches.ts";

/** API Gateway developer guide, Quotas for HTTP APIs: payload size. */
const requestBytesMax = 10 * 1024 * 1024;

/** Same source: maximum integration timeout. */
const integrationTimeoutMax_ms = 30_000;

/** A Lambda proxy integration. */
export type Integration = {
  readonly functionArn: string;
  /** TimeoutInMillis of the template; 30 seconds where not given. */
  readonly timeout_ms?: number;
};

export type HttpApiOptions = {
  readonly routes: readonly Route[];
  /** By the names that the routes have for them. */
  readonly integrations: Readonly<Record<string, Integration>>;
  readonly cors?: CorsConfiguration;
  /** Never rejects for what the function does. */
  readonly invoke: (functionArn: string, payloadJson: string) => Promise<InvokeOutcome>;
  readonly identity?: Partial<ApiIdentity>;
  readonly switches?: ApiSwitches;
  /** Told what the caller is not: why an answer is a bare 500 or 503. */
  readonly onFailure?: (failure: { readonly routeKey: string; readonly reason: string }) => void;
};

type Api = Required<Pick<HttpApiOptions, "invoke" | "integrations" | "onFailure" | "switches">> & {
  readonly find: ReturnType<typeof router>;
  readonly identity: ApiIdentity;
};

const internalServerError = (): ApiResponse => messageResponse(500, "Internal Server Error");
const serviceUnavailable = (): ApiResponse => messageResponse(503, "Service Unavailable");

/** The outcome, or `timeout`; the function goes on either way, as it does behind API Gateway. */
async function withinTime<T>(outcome: Promise<T>, timeout_ms: number): Promise<T | "timeout"> {
  const { promise, resolve } = Promise.withResolvers<"timeout">();
  const timer = setTimeout(resolve, timeout_ms, "timeout");
  try {
    return await Promise.race([outcome, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function integrationOf(api: Api, { route }: RouteMatch): Integration {
  const integration = api.integrations[route.integration];
  if (integration === undefined) throw new Error(`${route.routeKey} leads to no integration: ${route.integration}`);
  return integration;
}

async function integrationResponse(api: Api, request: ApiRequest, matched: RouteMatch): Promise<ApiResponse> {
  const { functionArn, timeout_ms = integrationTimeoutMax_ms } = integrationOf(api, matched);
  const failed = (reason: string): void => api.onFailure({ routeKey: matched.route.routeKey, reason });
  const event = JSON.stringify(apiEvent(request, matched, api.identity, api.switches));
  const outcome = await withinTime(api.invoke(functionArn, event), Math.min(timeout_ms, integrationTimeoutMax_ms));
  if (outcome === "timeout") {
    failed(`no response within ${timeout_ms} ms`);
    return serviceUnavailable();
  }
  switch (outcome.kind) {
    case "ok":
      return apiResponse(outcome.payload);
    case "function-error":
      failed(`${outcome.errorType}: ${outcome.errorMessage}`);
      return internalServerError();
    case "throttled":
      failed("the function is at its concurrency limit");
      return serviceUnavailable();
    case "refused":
      // A payload over Lambda's limit. Not documented for HTTP APIs; REST APIs answer so (koki-develop/lgtm-generator, issue 10).
      failed(outcome.reason);
      return messageResponse(413, "Request Too Long");
    default:
      return outcome satisfies never;
  }
}

async function answer(api: Api, request: ApiRequest): Promise<ApiResponse> {
  const matched = api.find(request.method, request.rawPath);
  if (matched === undefined) return messageResponse(404, "Not Found");
  try {
    return await integrationResponse(api, request, matched);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    api.onFailure({ routeKey: matched.route.routeKey, reason });
    return internalServerError();
  }
}

async function readRequest(incoming: IncomingMessage): Promise<ApiRequest> {
  const received_ms = Date.now();
  const { method = "GET", url = "/", rawHeaders, httpVersion, socket } = incoming;
  const mark = url.indexOf("?");
  return {
    method,
    rawPath: mark < 0 ? url : url.slice(0, mark),
    rawQueryString: mark < 0 ? "" : url.slice(mark + 1),
    rawHeaders,
    body: await readBody(incoming, requestBytesMax),
    sourceIp: (socket.remoteAddress ?? "127.0.0.1").replace(/^::ffff:/, ""),
    protocol: `HTTP/${httpVersion}`,
    requestId: randomUUID(),
    received_ms,
  };
}

function send(response: ServerResponse, { status, headers, body }: ApiResponse, requestId: string): void {
  const bodyless = status === 204 || status === 304;
  response.writeHead(status, {
    ...(headers as Record<string, string | string[]>),
    ...(bodyless ? {} : { "content-length": Buffer.byteLength(body) }),
    "apigw-requestid": requestId,
  });
  response.end(bodyless ? undefined : body);
}

/**
 * Serves an API Gateway HTTP API: a request listener for node:http. Requests that no client waits for any more are
 * dropped. Throws for a RouteKey that is none.
 */
export function httpApi(options: HttpApiOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { cors, integrations, invoke, onFailure = () => {}, switches = apiSwitchesWith() } = options;
  const identity = { accountId: "000000000000", apiId: "local", stage: "$default", ...options.identity };
  const api: Api = { find: router(options.routes), integrations, invoke, onFailure, identity, switches };

  const serve = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const early = cors === undefined ? undefined : preflight(cors, incoming.method ?? "", incoming.headers);
    if (early !== undefined) {
      incoming.resume();
      send(response, early, randomUUID());
      return;
    }
    const finish = (answered: ApiResponse, requestId: string): void =>
      send(response, cors === undefined ? answered : withCors(cors, incoming.headers, answered), requestId);
    try {
      const request = await readRequest(incoming);
      finish(await answer(api, request), request.requestId);
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      finish(messageResponse(413, "Request Entity Too Large"), randomUUID());
    }
  };

  return (incoming, response) => {
    // What is left to fail is the connection: there is nobody to answer.
    serve(incoming, response).catch(() => response.destroy());
  };
}
