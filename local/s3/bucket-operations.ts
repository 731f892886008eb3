import type { HttpRequest, HttpResponse } from "../endpoint/http-message.ts";
import { requestContent } from "./aws-chunked.ts";
import type { Bucket } from "./bucket.ts";
import { type ListingRequest, listing } from "./listing.ts";
import { S3Error } from "./s3-error.ts";
import { type XmlElements, xmlContents, xmlDocument, xmlTexts } from "./xml.ts";

const pageKeysMax = 1000;

export function xmlResponse(root: string, elements: XmlElements): HttpResponse {
  return { status: 200, headers: { "content-type": "application/xml" }, body: xmlDocument(root, elements) };
}

function token(after: ListingRequest["after"]): string | undefined {
  return after === undefined ? undefined : Buffer.from(JSON.stringify(after)).toString("base64url");
}

function fromToken(text: string): NonNullable<ListingRequest["after"]> {
  try {
    const after: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (typeof after === "object" && after !== null) {
      if ("key" in after && typeof after.key === "string") return { key: after.key };
      if ("commonPrefix" in after && typeof after.commonPrefix === "string")
        return { commonPrefix: after.commonPrefix };
    }
  } catch {
    // Not a token of ours: refused below.
  }
  throw new S3Error("InvalidArgument", "The continuation token provided is incorrect");
}

function keysMax(text: string | null): number {
  const number = Number(text ?? pageKeysMax);
  if (Number.isInteger(number) && number >= 0) return Math.min(number, pageKeysMax);
  throw new S3Error("InvalidArgument", `max-keys: expected a whole number from 0, got ${text}`);
}

function after(query: URLSearchParams): ListingRequest["after"] {
  const continuation = query.get("continuation-token");
  if (continuation !== null) return fromToken(continuation);
  const key = query.get("start-after");
  return key === null || key === "" ? undefined : { key };
}

/** How keys are written in a list, by its encoding-type. Throws {@link S3Error} where that is none. */
export function writtenIn(encoding: string | null | undefined): (key: string) => string {
  if (encoding === null || encoding === undefined) return (key) => key;
  if (encoding === "url") return (key) => encodeURIComponent(key).replaceAll("%2F", "/");
  throw new S3Error("InvalidArgument", `encoding-type: expected url, got ${encoding}`);
}

/** Amazon S3 API reference, ListObjectsV2. */
export function listObjects(bucket: Bucket, query: URLSearchParams): HttpResponse {
  const start = after(query);
  const request = {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    keysMax: keysMax(query.get("max-keys")),
    ...(start === undefined ? {} : { after: start }),
  };
  const encoding = query.get("encoding-type") ?? undefined;
  const written = writtenIn(encoding);
  const page = listing(bucket.keys(), request);
  const contents = page.keys.map((key): XmlElements[number] => {
    const object = bucket.head(key);
    return [
      "Contents",
      [
        ["Key", written(key)],
        ["LastModified", new Date(object?.modified_ms ?? 0).toISOString()],
        ["ETag", `"${object?.etag}"`],
        ["Size", object?.size_bytes],
        ["StorageClass", "STANDARD"],
      ],
    ];
  });
  return xmlResponse("ListBucketResult", [
    ["Name", bucket.name],
    ["Prefix", written(request.prefix)],
    ["Delimiter", request.delimiter === "" ? undefined : written(request.delimiter)],
    ["StartAfter", query.get("start-after") ?? undefined],
    ["ContinuationToken", query.get("continuation-token") ?? undefined],
    ["EncodingType", encoding],
    ["MaxKeys", request.keysMax],
    ["KeyCount", page.keys.length + page.commonPrefixes.length],
    ["IsTruncated", page.next !== undefined],
    ["NextContinuationToken", token(page.next)],
    ...contents,
    ...page.commonPrefixes.map((prefix): XmlElements[number] => ["CommonPrefixes", [["Prefix", written(prefix)]]]),
  ]);
}

/** Amazon S3 API reference, DeleteObjects: at most 1,000 keys; keys that are not there count as deleted. */
export function deleteObjects(bucket: Bucket, request: HttpRequest): HttpResponse {
  const source = requestContent(request.headers, request.body).toString();
  const keys = xmlContents(source, "Object").map((object) => xmlTexts(object, "Key")[0]);
  if (keys.length === 0 || keys.length > pageKeysMax || keys.includes(undefined)) {
    throw new S3Error("MalformedXML", `expected 1 to ${pageKeysMax} objects with a key, got ${keys.length}`);
  }
  for (const key of keys) bucket.delete(key ?? "");
  const quiet = xmlTexts(source, "Quiet")[0] === "true";
  const deleted = quiet ? [] : keys.map((key): XmlElements[number] => ["Deleted", [["Key", key]]]);
  return xmlResponse("DeleteResult", deleted);
}
