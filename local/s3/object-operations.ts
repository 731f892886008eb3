import type { HttpRequest, HttpResponse } from "../endpoint/http-message.ts";
import { requestContent } from "./aws-chunked.ts";
import { type Bucket, objectBytesMax, type StoredObject, type WriteCondition } from "./bucket.ts";
import { byteRange } from "./byte-range.ts";
import { S3Error } from "./s3-error.ts";

const keptHeaders = ["cache-control", "content-disposition", "content-language", "content-type", "expires"];

export function headersToKeep(headers: HttpRequest["headers"]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && (keptHeaders.includes(name) || name.startsWith("x-amz-meta-"))) kept[name] = value;
  }
  // aws-chunked is how the body travels, not how the object is encoded.
  const encodings = (headers["content-encoding"] ?? "").split(",").map((encoding) => encoding.trim());
  const encoding = encodings.filter((name) => name !== "" && name !== "aws-chunked").join(",");
  return encoding === "" ? kept : { ...kept, "content-encoding": encoding };
}

export function unquoted(etag: string): string {
  return etag.trim().replace(/^"|"$/g, "");
}

/** Amazon S3 user guide, Conditional writes: `If-None-Match: *`, and `If-Match` with an ETag. */
export function writeCondition(headers: HttpRequest["headers"]): WriteCondition {
  return (present) => {
    const failed = new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
    if (headers["if-none-match"] !== undefined && present !== undefined) throw failed;
    const wanted = headers["if-match"];
    if (wanted === undefined) return;
    if (present === undefined) throw new S3Error("NoSuchKey", "The specified key does not exist.");
    if (unquoted(wanted) !== present.etag && wanted !== "*") throw failed;
  };
}

function objectHeaders(object: StoredObject): Record<string, string> {
  return {
    "content-type": "binary/octet-stream",
    ...object.headers,
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.modified_ms).toUTCString(),
    "accept-ranges": "bytes",
  };
}

/** NaN, which nothing compares with, where there is no date. */
const dateMs = (header: string | undefined): number => Date.parse(header ?? "");

function isUnmodified(headers: HttpRequest["headers"], { etag, modified_ms }: StoredObject): boolean {
  const known = headers["if-none-match"]?.split(",").map(unquoted) ?? [];
  const wanted = headers["if-match"]?.split(",").map(unquoted);
  if (wanted !== undefined && !wanted.includes(etag) && !wanted.includes("*")) {
    throw new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
  }
  // A date counts only where there is no ETag to go by (RFC 9110, section 13.2.2), and has whole seconds.
  const modifiedMs = Math.floor(modified_ms / 1_000) * 1_000;
  if (wanted === undefined && modifiedMs > dateMs(headers["if-unmodified-since"])) {
    throw new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
  }
  if (known.length === 0 && modifiedMs <= dateMs(headers["if-modified-since"])) return true;
  return known.includes(etag) || known.includes("*");
}

function noSuchKey(): S3Error {
  return new S3Error("NoSuchKey", "The specified key does not exist.");
}

export async function getObject(bucket: Bucket, key: string, request: HttpRequest): Promise<HttpResponse> {
  const found = await bucket.get(key);
  if (found === undefined) throw noSuchKey();
  const { object, content } = found;
  const headers = objectHeaders(object);
  if (isUnmodified(request.headers, object)) return { status: 304, headers, body: "" };
  const range = byteRange(request.headers.range, content.length);
  if (range === undefined) return { status: 200, headers, body: content };
  const { first, last } = range;
  headers["content-range"] = `bytes ${first}-${last}/${content.length}`;
  return { status: 206, headers, body: content.subarray(first, last + 1) };
}

export function headObject(bucket: Bucket, key: string, request: HttpRequest): HttpResponse {
  const object = bucket.head(key);
  if (object === undefined) throw noSuchKey();
  const headers = objectHeaders(object);
  if (isUnmodified(request.headers, object)) return { status: 304, headers, body: "" };
  const range = byteRange(request.headers.range, object.size_bytes) ?? { first: 0, last: object.size_bytes - 1 };
  headers["content-length"] = String(range.last - range.first + 1);
  return { status: 200, headers, body: "" };
}

export async function putObject(bucket: Bucket, key: string, request: HttpRequest): Promise<HttpResponse> {
  const { headers } = request;
  const content = requestContent(headers, request.body);
  if (content.length > objectBytesMax) {
    throw new S3Error("EntityTooLarge", `Your upload has ${content.length} bytes, the most here is ${objectBytesMax}`);
  }
  const object = await bucket.put(key, content, headersToKeep(headers), { condition: writeCondition(headers) });
  return { status: 200, headers: { etag: `"${object.etag}"` }, body: "" };
}

export function deleteObject(bucket: Bucket, key: string): HttpResponse {
  bucket.delete(key);
  return { status: 204, headers: {}, body: "" };
}
