import type { HttpRequest } from "../endpoint/http-message.ts";
import { requestBody } from "./aws-chunked.ts";
import type { S3Target } from "./request.ts";
import { S3Error } from "./s3-error.ts";

/** What an operation takes beside what all take. */
interface Rules {
  /** Query parameters and headers that others take and this one does not. */
  readonly refused?: readonly string[];
  /** Elements of the body, where it has one. */
  readonly elements?: readonly string[];
}

/** By method, what the request is on, and the query parameter that tells operations apart. */
const rules: Readonly<Record<string, Rules>> = {
  "GET service": { refused: ["prefix", "continuation-token"] },
  // Wherever a bucket is to be, it is on this laptop.
  "PUT bucket": { elements: ["CreateBucketConfiguration", "LocationConstraint"] },
  "POST bucket delete": { elements: ["Delete", "Object", "Key", "Quiet"] },
  "GET bucket uploads": { refused: ["delimiter"] },
  "GET object": { refused: ["partNumber"] },
  "HEAD object": { refused: ["partNumber"] },
  "DELETE object": { refused: ["if-match"] },
  "POST object uploadId": {
    refused: ["x-amz-checksum-type"],
    elements: ["CompleteMultipartUpload", "Part", "PartNumber", "ETag"],
  },
};

const telling = ["delete", "uploads", "uploadId"];

/** Throws {@link S3Error} for what other operations take and this one would pass over, by its name. */
export function checkOperation({ method, headers, body }: HttpRequest, { bucket, key, query }: S3Target): void {
  const on = bucket === undefined ? "service" : key === undefined ? "bucket" : "object";
  const told = telling.filter((name) => query.has(name)).map((name) => ` ${name}`);
  const { refused = [], elements } = rules[`${method} ${on}${told.join("")}`] ?? {};
  for (const name of refused) {
    if (query.has(name)) throw new S3Error("NotImplemented", `The query parameter ${name} is not run here.`);
    if (headers[name] !== undefined) throw new S3Error("NotImplemented", `The header ${name} is not run here.`);
  }
  if (elements === undefined || body.length === 0) return;
  for (const [, name = ""] of requestBody(headers, body)
    .content.toString()
    .matchAll(/<([A-Za-z]\w*)/g)) {
    if (!elements.includes(name)) throw new S3Error("NotImplemented", `The element ${name} is not run here.`);
  }
}
