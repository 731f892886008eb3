import { functionArn } from "./environment-variables.ts";
import type { InvokeOutcome } from "./invoke-outcome.ts";
import type { Lambda } from "./lambda.ts";
import { requestBytesMax } from "./payload-limits.ts";

/** What an asynchronous invocation takes, 1 MB (Lambda developer guide, "Lambda quotas"). */
const eventBytesMax = 1024 * 1024;

/** Of members that Invoke documents. */
const unsupportedHeaders = ["x-amz-client-context", "x-amz-durable-execution-name", "x-amz-tenant-id"];

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export type InvokeApi = (
  name: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
) => Promise<HttpAnswer>;

/**
 * `POST /2015-03-31/functions/{name}/invocations` (Lambda API reference, Invoke), with X-Amz-Invocation-Type
 * RequestResponse, Event or DryRun; the name may be an ARN, and header names are in lower case. A
 * qualifier in the name is passed over. `asynchronously` takes the events.
 */
export function invokeApi(lambda: Lambda, asynchronously: (name: string, payload: string) => boolean): InvokeApi {
  return async (given, headers, body) => {
    const name = functionName(given);
    if (!lambda.has(name)) {
      return refusal(404, "ResourceNotFoundException", `Function not found: ${functionArn(lambda, name)}`);
    }
    const logType = headers["x-amz-log-type"] ?? "None";
    if (logType !== "None") {
      const message = `LogType ${logType} does not run on the laptop: the log is printed, and CloudWatch Logs has it`;
      return refusal(400, "InvalidParameterValueException", message);
    }
    const unsupported = unsupportedHeaders.find((header) => headers[header] !== undefined);
    if (unsupported !== undefined) {
      return refusal(400, "InvalidParameterValueException", `The header ${unsupported} does not run on the laptop`);
    }
    const type = headers["x-amz-invocation-type"] ?? "RequestResponse";
    const payload = body === "" ? "{}" : body;
    const bytesMax = type === "Event" ? eventBytesMax : requestBytesMax;
    if (Buffer.byteLength(payload) > bytesMax) {
      const message = `Request must be smaller than ${bytesMax} bytes for the InvokeFunction operation`;
      return refusal(413, "RequestTooLargeException", message);
    }
    if (!isJson(payload))
      return refusal(400, "InvalidRequestContentException", "Could not parse request body into json");
    switch (type) {
      case "DryRun":
        return { status: 204, headers: {}, body: "" };
      case "Event":
        return asynchronously(name, payload) ? { status: 202, headers: {}, body: "" } : tooMany;
      case "RequestResponse":
        return fromOutcome(await lambda.invoke(name, payload));
      default: {
        const message = `Expected X-Amz-Invocation-Type to be RequestResponse, Event or DryRun, got ${type}`;
        return refusal(400, "InvalidParameterValueException", message);
      }
    }
  };
}

/** Out of a name, a name with a qualifier, a partial or a full ARN. */
function functionName(given: string): string {
  return /(?:^|:)function:([\w-]+)/.exec(given)?.[1] ?? given.split(":")[0] ?? given;
}

function fromOutcome(outcome: InvokeOutcome): HttpAnswer {
  const headers = { "content-type": "application/json", "x-amz-executed-version": "$LATEST" };
  switch (outcome.kind) {
    case "ok":
      return { status: 200, headers, body: outcome.payload };
    case "function-error": {
      const { errorType, errorMessage, trace } = outcome;
      // Without a trace where the platform had to tell of the error.
      const body = JSON.stringify({ errorType, errorMessage, ...(trace === undefined ? {} : { trace }) });
      return { status: 200, headers: { ...headers, "x-amz-function-error": "Unhandled" }, body };
    }
    case "throttled":
      return tooMany;
    case "refused":
      return refusal(413, "RequestTooLargeException", outcome.reason);
    default:
      throw outcome satisfies never;
  }
}

const tooMany: HttpAnswer = {
  status: 429,
  headers: { "content-type": "application/json", "x-amzn-errortype": "TooManyRequestsException" },
  body: '{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}',
};

function refusal(status: number, errorType: string, message: string): HttpAnswer {
  const headers = { "content-type": "application/json", "x-amzn-errortype": errorType };
  return { status, headers, body: JSON.stringify({ Type: "User", message }) };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
