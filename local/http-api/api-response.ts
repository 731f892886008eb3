import { validateHeaderName, validateHeaderValue } from "node:http";

export type ApiResponse = {
  readonly status: number;
  /** Lower-case names; `set-cookie` may have several values. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | string;
};

/** An answer of API Gateway's own. */
export function messageResponse(status: number, message: string): ApiResponse {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify({ message }) };
}

/** What a function returned that is no response; API Gateway answers such with status 500. */
export class MalformedResponse extends Error {
  override readonly name = "MalformedResponse";
}

/** The server decides these itself. */
const droppedHeaders = ["connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"];

function responseHeaders(headers: unknown): Record<string, string> {
  if (headers === undefined || headers === null) return {};
  if (typeof headers !== "object") throw new MalformedResponse(`headers: expected an object, got ${typeof headers}`);
  const checked: Record<string, string> = {};
  for (const [given, value] of Object.entries(headers)) {
    const name = given.toLowerCase();
    if (droppedHeaders.includes(name)) continue;
    const text = Array.isArray(value) ? value.join(",") : String(value);
    try {
      validateHeaderName(name);
      validateHeaderValue(name, text);
    } catch (cause) {
      throw new MalformedResponse(`headers: ${given} cannot be sent`, { cause });
    }
    checked[name] = text;
  }
  return checked;
}

function responseCookies(cookies: unknown): readonly string[] {
  if (cookies === undefined || cookies === null) return [];
  if (!Array.isArray(cookies)) throw new MalformedResponse(`cookies: expected a list, got ${typeof cookies}`);
  const list = cookies.map(String);
  try {
    for (const cookie of list) validateHeaderValue("set-cookie", cookie);
  } catch (cause) {
    throw new MalformedResponse("cookies: one cannot be sent", { cause });
  }
  return list;
}

function responseBody(body: unknown, isBase64Encoded: unknown): Buffer | string {
  if (body === undefined || body === null) return "";
  if (typeof body !== "string") throw new MalformedResponse(`body: expected a string, got ${typeof body}`);
  return isBase64Encoded === true ? Buffer.from(body, "base64") : body;
}

/** Without a status code, what was returned is the body (same source as {@link apiResponse}). */
function inferred(returned: unknown): ApiResponse {
  const body = typeof returned === "string" ? returned : JSON.stringify(returned);
  return { status: 200, headers: { "content-type": "application/json" }, body };
}

/**
 * The HTTP response to what a function returned, payload format 2.0 (API Gateway developer guide, Create AWS Lambda
 * proxy integrations for HTTP APIs). Throws {@link MalformedResponse}.
 */
export function apiResponse(payload: string): ApiResponse {
  const returned: unknown = JSON.parse(payload === "" ? "null" : payload);
  if (typeof returned !== "object" || returned === null || !("statusCode" in returned)) return inferred(returned);
  const { statusCode, headers, cookies, body, isBase64Encoded }: Record<string, unknown> = { ...returned };
  const status = typeof statusCode === "string" ? Number(statusCode) : statusCode;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 200 || status > 599) {
    throw new MalformedResponse(`statusCode: expected 200 to 599, got ${JSON.stringify(statusCode)}`);
  }
  const setCookies = responseCookies(cookies);
  return {
    status,
    headers: {
      "content-type": "text/plain;charset=UTF-8",
      ...responseHeaders(headers),
      ...(setCookies.length === 0 ? {} : { "set-cookie": setCookies }),
    },
    body: responseBody(body, isBase64Encoded),
  };
}
