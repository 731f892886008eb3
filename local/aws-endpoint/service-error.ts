import { randomUUID } from "node:crypto";
import type { HttpResponse } from "../http-message.ts";
import { s3ErrorResponse } from "../s3/s3.ts";

/** An error in the JSON protocols of AWS (Smithy, AWS JSON 1.0 and 1.1 protocols). */
export function jsonError(status: number, type: string, message: string, contentType: string): HttpResponse {
  const headers = { "content-type": contentType, "x-amzn-requestid": randomUUID(), "x-amzn-errortype": type };
  return { status, headers, body: JSON.stringify({ __type: type, message }) };
}

/** Never whatever a caller wrote: a browser would read the answer as that. */
const jsonType = (asked = ""): string => /^application\/x-amz-json-1\.[01]/.exec(asked)?.[0] ?? "application/json";

/** An error in the protocol of the request: XML for S3, JSON for all others. */
export function serviceError(
  service: string,
  headers: Readonly<Record<string, string | undefined>>,
  error: { readonly status: number; readonly type: string; readonly message: string },
): HttpResponse {
  if (service === "s3") return s3ErrorResponse(error.type, error.status, error.message, "");
  return jsonError(error.status, error.type, error.message, jsonType(headers["content-type"]));
}
