import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { responseBytesMax } from "./payload-limits.ts";

/** An invocation as a runtime gets it. */
export interface RuntimeInvocation {
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly payload: string;
}

/** What a runtime tells of an error. */
export interface RuntimeError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** The platform's end of one execution environment. Answers are false where there is no such invocation under way. */
export interface RuntimeSession {
  /** Hands an invocation over, as soon as there is one. */
  next(take: (invocation: RuntimeInvocation) => void): void;
  response(requestId: string, payload: string): boolean;
  responseTooLarge(requestId: string): boolean;
  error(requestId: string, error: RuntimeError): boolean;
  initError(error: RuntimeError): void;
}

/**
 * The Lambda runtime API, version 2018-06-01 (Lambda developer guide, "Using the Lambda runtime API for custom
 * runtimes"), for any number of environments: the first part of the path names the environment.
 */
export function runtimeApi(session: (id: string) => RuntimeSession | undefined): RequestListener {
  return (request, response) => {
    serve(session, request, response).catch((error: unknown) => {
      if (!response.headersSent) answer(response, 400, "InvalidRequest", String(error));
    });
  };
}

const paths =
  /^\/([^/]+)\/2018-06-01\/runtime\/(?:invocation\/(next)|invocation\/([^/]+)\/(response|error)|init\/(error))$/;

async function serve(
  find: (id: string) => RuntimeSession | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, id = "", next, requestId, verb] = paths.exec(request.url ?? "") ?? [];
  const session = find(id);
  if (session === undefined) return answer(response, 404, "InvalidEnvironment", `No environment at ${request.url}`);
  if (request.method !== (next === undefined ? "POST" : "GET")) {
    return answer(response, 405, "InvalidMethod", `No ${request.method} of ${request.url}`);
  }
  if (next !== undefined) return session.next((invocation) => hand(response, invocation));
  const body = await readBody(request);
  if (requestId === undefined) {
    session.initError(runtimeError(body));
    return answer(response, 202);
  }
  if (verb === "error") return settle(response, requestId, session.error(requestId, runtimeError(body)));
  if (body !== undefined) return settle(response, requestId, session.response(requestId, body));
  if (!session.responseTooLarge(requestId)) return settle(response, requestId, false);
  return answer(response, 413, "RequestEntityTooLarge", `Expected a response of at most ${responseBytesMax} bytes`);
}

function hand(response: ServerResponse, invocation: RuntimeInvocation): void {
  const root = `1-${Math.floor(Date.now() / 1000).toString(16)}-${invocation.requestId.replaceAll("-", "").slice(0, 24)}`;
  response.writeHead(200, {
    "content-type": "application/json",
    "lambda-runtime-aws-request-id": invocation.requestId,
    "lambda-runtime-deadline-ms": String(invocation.deadlineMs),
    "lambda-runtime-invoked-function-arn": invocation.functionArn,
    "lambda-runtime-trace-id": `Root=${root};Parent=${invocation.requestId.slice(-12)}0000;Sampled=0`,
  });
  response.end(invocation.payload);
}

function settle(response: ServerResponse, requestId: string, known: boolean): void {
  if (known) answer(response, 202);
  else answer(response, 400, "InvalidRequestID", `No invocation ${requestId} is under way in this environment`);
}

function answer(response: ServerResponse, status: number, errorType?: string, errorMessage?: string): void {
  const body = errorType === undefined ? '{"status":"OK"}' : JSON.stringify({ errorType, errorMessage });
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}

/** Undefined if it is too large: it is read to its end all the same, so that the runtime gets its answer. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > responseBytesMax) chunks = [];
    else chunks.push(chunk);
  }
  return bytes > responseBytesMax ? undefined : Buffer.concat(chunks).toString();
}

/** What a runtime says is as it may be: a function has the same access to this API. */
function runtimeError(body: string | undefined): RuntimeError {
  let said: unknown;
  try {
    said = JSON.parse(body ?? "");
  } catch {
    said = undefined;
  }
  const { errorType, errorMessage, trace, stackTrace } = (said ?? {}) as Record<string, unknown>;
  const lines = Array.isArray(trace) ? trace : Array.isArray(stackTrace) ? stackTrace : [];
  return {
    errorType: typeof errorType === "string" && errorType !== "" ? errorType : "Runtime.Unknown",
    errorMessage: typeof errorMessage === "string" ? errorMessage : "",
    trace: lines.map(String).slice(0, 100),
  };
}
