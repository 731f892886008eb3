import { randomUUID } from "node:crypto";
import { s3ErrorResponse } from "../s3/s3.ts";
import { writeCbor } from "./cbor.ts";
import type { HttpResponse } from "./http-message.ts";
import { ec2Error, queryError } from "./query-protocol.ts";

/** An error in the JSON protocols of AWS (Smithy, AWS JSON 1.0 and 1.1 protocols). */
export function jsonError(status: number, type: string, message: string, contentType: string): HttpResponse {
  const headers = { "content-type": contentType, "x-amzn-requestid": randomUUID(), "x-amzn-errortype": type };
  return { status, headers, body: JSON.stringify({ __type: type, message }) };
}

/** Never whatever a caller wrote: a browser would read the answer as that. */
const jsonType = (asked = ""): string => /^application\/x-amz-json-1\.[01]/.exec(asked)?.[0] ?? "application/json";

/** Services that answer in XML although they are asked by a path and not by a form (Smithy, AWS REST XML protocol). */
const restXml: ReadonlySet<string> = new Set(["cloudfront", "route53", "s3-control"]);

/** An error in the protocol of the request: S3's XML, that of forms (STS, IAM, CloudFormation), CBOR or JSON. */
export function serviceError(
  service: string,
  headers: Readonly<Record<string, string | undefined>>,
  { status, type, message }: { readonly status: number; readonly type: string; readonly message: string },
): HttpResponse {
  const contentType = headers["content-type"] ?? "";
  if (service === "s3") return s3ErrorResponse(type, status, message, "");
  if (service === "ec2") return ec2Error(status, type, message);
  if (contentType.startsWith("application/x-www-form-urlencoded") || restXml.has(service)) {
    return queryError(status, type, message);
  }
  if (headers["smithy-protocol"] === "rpc-v2-cbor") return rpcCbor(status, { __type: type, message });
  if (contentType.startsWith("application/x-amz-cbor-1.1")) {
    const answered = { "content-type": "application/x-amz-cbor-1.1", "x-amzn-errortype": type };
    return { status, headers: answered, body: writeCbor({ __type: type, message }, "milliseconds") };
  }
  return jsonError(status, type, message, jsonType(contentType));
}

/** An answer in the Smithy RPC v2 CBOR protocol. */
export function rpcCbor(status: number, body: object): HttpResponse {
  const headers = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
  return { status, headers: { ...headers, "x-amzn-requestid": randomUUID() }, body: writeCbor(body, "seconds") };
}
