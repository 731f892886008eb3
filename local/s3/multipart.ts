import { createHash, randomUUID } from "node:crypto";
import type { HttpRequest, HttpResponse } from "../endpoint/http-message.ts";
import { requestBody, requestContent } from "./aws-chunked.ts";
import { type Bucket, objectBytesMax } from "./bucket.ts";
import { writtenIn, xmlResponse } from "./bucket-operations.ts";
import { byteRange } from "./byte-range.ts";
import { checkSums } from "./checksum.ts";
import { copySource, type FindBucket } from "./copy-object.ts";
import { headersToKeep, unquoted, writeCondition } from "./object-operations.ts";
import { S3Error } from "./s3-error.ts";
import { type XmlElements, xmlContents, xmlTexts } from "./xml.ts";

/** Amazon S3 user guide, Multipart upload limits. */
const partNumberMax = 10_000;
const partBytesMin = 5 * 1024 * 1024;
/** Parts are in memory until their upload is completed. */
const uploadsMax = 32;

type Part = { readonly etag: string; readonly content: Buffer };

type Upload = {
  readonly bucket: Bucket;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Part>;
  readonly begunMs: number;
};

const md5 = (content: Buffer): Buffer => createHash("md5").update(content).digest();

/** The multipart uploads under way. Uploads that are not completed end with the process. */
export class MultipartUploads {
  readonly #uploads = new Map<string, Upload>();

  /** CreateMultipartUpload. */
  create(bucket: Bucket, key: string, { headers }: HttpRequest): HttpResponse {
    if (this.#uploads.size >= uploadsMax) {
      throw new S3Error("SlowDown", `At most ${uploadsMax} uploads are under way here: complete or abort some.`);
    }
    const uploadId = randomUUID();
    this.#uploads.set(uploadId, {
      bucket,
      key,
      headers: headersToKeep(headers),
      parts: new Map(),
      begunMs: Date.now(),
    });
    return xmlResponse("InitiateMultipartUploadResult", [
      ["Bucket", bucket.name],
      ["Key", key],
      ["UploadId", uploadId],
    ]);
  }

  /** Answers a request on one upload: UploadPart, UploadPartCopy, ListParts, CompleteMultipartUpload and AbortMultipartUpload. */
  async handle(bucket: Bucket, key: string, query: URLSearchParams, request: HttpRequest, find: FindBucket) {
    const uploadId = query.get("uploadId") ?? "";
    const upload = this.#uploads.get(uploadId);
    if (upload === undefined || upload.bucket !== bucket || upload.key !== key) {
      throw new S3Error("NoSuchUpload", "The specified multipart upload does not exist.");
    }
    switch (request.method) {
      case "PUT":
        return this.#put(upload, query.get("partNumber"), request, find);
      case "POST":
        return this.#complete(upload, uploadId, request);
      case "GET":
        return listParts(upload, uploadId, query);
      case "DELETE":
        this.#uploads.delete(uploadId);
        return { status: 204, headers: {}, body: "" };
      default:
        throw new S3Error("MethodNotAllowed", `${request.method} of an upload is not an operation that is run here.`);
    }
  }

  abortBegunBefore(bucket: Bucket, ms: number): void {
    for (const [id, upload] of this.#uploads) {
      if (upload.bucket === bucket && upload.begunMs < ms) this.#uploads.delete(id);
    }
  }

  /** ListMultipartUploads, in one page. */
  list(bucket: Bucket, query: URLSearchParams): HttpResponse {
    const prefix = query.get("prefix") ?? "";
    const written = writtenIn(query.get("encoding-type"));
    const uploads = [...this.#uploads].filter(([, one]) => one.bucket === bucket && one.key.startsWith(prefix));
    return xmlResponse("ListMultipartUploadsResult", [
      ["Bucket", bucket.name],
      ["Prefix", written(prefix)],
      ["EncodingType", query.get("encoding-type") ?? undefined],
      ["IsTruncated", false],
      ...uploads.map(([id, { key }]): XmlElements[number] => [
        "Upload",
        [["Key", written(key)] as const, ["UploadId", id] as const],
      ]),
    ]);
  }

  async #put(upload: Upload, number: string | null, request: HttpRequest, find: FindBucket): Promise<HttpResponse> {
    const partNumber = Number(number);
    if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > partNumberMax) {
      throw new S3Error("InvalidArgument", `partNumber: expected 1 to ${partNumberMax}, got ${number}`);
    }
    const isCopy = request.headers["x-amz-copy-source"] !== undefined;
    const content = isCopy ? await copied(request.headers, find) : requestContent(request.headers, request.body);
    const others = [...upload.parts].reduce((sum, [at, one]) => sum + (at === partNumber ? 0 : one.content.length), 0);
    if (others + content.length > objectBytesMax) {
      throw new S3Error("EntityTooLarge", `Your upload has more bytes than are taken here, ${objectBytesMax}`);
    }
    const etag = md5(content).toString("hex");
    upload.parts.set(partNumber, { etag, content });
    if (!isCopy) return { status: 200, headers: { etag: `"${etag}"` }, body: "" };
    return xmlResponse("CopyPartResult", [
      ["LastModified", new Date().toISOString()],
      ["ETag", `"${etag}"`],
    ]);
  }

  async #complete(upload: Upload, uploadId: string, request: HttpRequest): Promise<HttpResponse> {
    const { bucket, key, headers } = upload;
    const parts = chosenParts(upload, requestBody(request.headers, request.body).content.toString());
    const etag = `${md5(Buffer.concat(parts.map(({ content }) => md5(content)))).toString("hex")}-${parts.length}`;
    const content = Buffer.concat(parts.map((part) => part.content));
    const size = request.headers["x-amz-mp-object-size"];
    if (size !== undefined && Number(size) !== content.length) {
      throw new S3Error("InvalidRequest", `x-amz-mp-object-size says ${size}, the parts have ${content.length} bytes.`);
    }
    checkSums(content, sumsOfObject(request.headers));
    await bucket.put(key, content, headers, { condition: writeCondition(request.headers), etag });
    this.#uploads.delete(uploadId);
    return xmlResponse("CompleteMultipartUploadResult", [
      ["Bucket", bucket.name],
      ["Key", key],
      ["ETag", `"${etag}"`],
    ]);
  }
}

/** Checksums of the whole object; MD5 in a request is of its own body. */
function sumsOfObject(headers: HttpRequest["headers"]): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("x-amz-checksum-")));
}

async function copied(headers: HttpRequest["headers"], find: FindBucket): Promise<Buffer> {
  const { content } = await copySource(headers, find);
  const range = byteRange(headers["x-amz-copy-source-range"], content.length);
  return range === undefined ? content : content.subarray(range.first, range.last + 1);
}

/** The parts that a CompleteMultipartUpload names, in its order, which must be theirs. */
function chosenParts({ parts }: Upload, body: string): Part[] {
  const asked = xmlContents(body, "Part").map((part) => ({
    number: Number(xmlTexts(part, "PartNumber")[0]),
    etag: unquoted(xmlTexts(part, "ETag")[0] ?? ""),
  }));
  if (asked.length === 0) throw new S3Error("MalformedXML", "expected a list of parts, got none");
  if (asked.some(({ number }, at) => number <= (asked[at - 1]?.number ?? 0))) {
    throw new S3Error("InvalidPartOrder", "The list of parts was not in ascending order.");
  }
  return asked.map(({ number, etag }, at) => {
    const part = parts.get(number);
    if (part === undefined || part.etag !== etag) {
      throw new S3Error("InvalidPart", `Part ${number} was not uploaded, or has another ETag.`);
    }
    if (at < asked.length - 1 && part.content.length < partBytesMin) {
      throw new S3Error("EntityTooSmall", `Part ${number} has fewer than ${partBytesMin} bytes and is not the last.`);
    }
    return part;
  });
}

function listParts({ bucket, key, parts }: Upload, uploadId: string, query: URLSearchParams): HttpResponse {
  const after = Number(query.get("part-number-marker") ?? 0);
  const most = Math.min(Number(query.get("max-parts") ?? 1_000), 1_000);
  const left = [...parts].filter(([number]) => number > after).sort(([a], [b]) => a - b);
  const page = left.slice(0, most);
  return xmlResponse("ListPartsResult", [
    ["Bucket", bucket.name],
    ["Key", key],
    ["UploadId", uploadId],
    ["IsTruncated", page.length < left.length],
    ["NextPartNumberMarker", page.at(-1)?.[0]],
    ...page.map(([number, { etag, content }]): XmlElements[number] => [
      "Part",
      [["PartNumber", number] as const, ["ETag", `"${etag}"`] as const, ["Size", content.length] as const],
    ]),
  ]);
}
