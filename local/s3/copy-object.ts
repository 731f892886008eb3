import type { HttpRequest, HttpResponse } from "../endpoint/http-message.ts";
import type { Bucket, StoredObject } from "./bucket.ts";
import { xmlResponse } from "./bucket-operations.ts";
import { headersToKeep, unquoted, writeCondition } from "./object-operations.ts";
import { S3Error } from "./s3-error.ts";

export type FindBucket = (name: string) => Bucket;

type Source = { readonly bucket: Bucket; readonly key: string };

function sourceOf(header: string, find: FindBucket): Source {
  const [path = "", version] = header.split("?versionId=");
  if (version !== undefined) throw new S3Error("NotImplemented", "The versionId of a copy source is not run here.");
  let decoded: string;
  try {
    decoded = decodeURIComponent(path).replace(/^\//, "");
  } catch {
    throw new S3Error("InvalidArgument", `x-amz-copy-source: expected it URL-encoded, got ${path}`);
  }
  const slash = decoded.indexOf("/");
  if (slash < 1 || slash === decoded.length - 1) {
    throw new S3Error("InvalidArgument", `x-amz-copy-source: expected bucket/key, got ${path}`);
  }
  return { bucket: find(decoded.slice(0, slash)), key: decoded.slice(slash + 1) };
}

/** The object that a request copies from. Throws {@link S3Error} where it is not there, or not as it should be. */
export async function copySource(
  headers: HttpRequest["headers"],
  find: FindBucket,
): Promise<Source & { object: StoredObject; content: Buffer }> {
  const source = sourceOf(headers["x-amz-copy-source"] ?? "", find);
  const found = await source.bucket.get(source.key);
  if (found === undefined) throw new S3Error("NoSuchKey", "The specified key does not exist.");
  const { etag } = found.object;
  const [wanted, unwanted] = [headers["x-amz-copy-source-if-match"], headers["x-amz-copy-source-if-none-match"]];
  if ((wanted !== undefined && unquoted(wanted) !== etag) || (unwanted !== undefined && unquoted(unwanted) === etag)) {
    throw new S3Error("PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
  }
  return { ...source, ...found };
}

/** Amazon S3 API reference, CopyObject. */
export async function copyObject(
  bucket: Bucket,
  key: string,
  { headers }: HttpRequest,
  find: FindBucket,
): Promise<HttpResponse> {
  const directive = headers["x-amz-metadata-directive"] ?? "COPY";
  if (directive !== "COPY" && directive !== "REPLACE") {
    throw new S3Error("InvalidArgument", `x-amz-metadata-directive: expected COPY or REPLACE, got ${directive}`);
  }
  const source = await copySource(headers, find);
  if (source.bucket === bucket && source.key === key && directive === "COPY") {
    throw new S3Error("InvalidRequest", "This copy request is illegal: it copies an object to itself as it is.");
  }
  const kept = directive === "COPY" ? source.object.headers : headersToKeep(headers);
  const copy = await bucket.put(key, source.content, kept, { condition: writeCondition(headers) });
  return xmlResponse("CopyObjectResult", [
    ["LastModified", new Date(copy.modified_ms).toISOString()],
    ["ETag", `"${copy.etag}"`],
  ]);
}
