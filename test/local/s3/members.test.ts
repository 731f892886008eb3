import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import * as sdk from "@aws-sdk/client-s3";
import { type HttpRequest, HttpResponse } from "@smithy/core/protocols";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openS3, type S3 } from "../../../local/s3/s3.ts";
import { inputOf, type Model, paths } from "../model-members.ts";

/**
 * What has its effect on the laptop, by operation, as in served-members.ts. A LocationConstraint is taken as it is. Values that say what is so anyway are taken where others are refused.
 */
const served: Readonly<Record<string, string>> = {
  AbortMultipartUpload: "",
  CompleteMultipartUpload: `
    MultipartUpload MultipartUpload.Parts MultipartUpload.Parts.ETag MultipartUpload.Parts.PartNumber
    ChecksumCRC32 ChecksumCRC32C ChecksumCRC64NVME ChecksumSHA1 ChecksumSHA256 ChecksumSHA512 ChecksumMD5
    MpuObjectSize IfMatch IfNoneMatch
  `,
  CopyObject: `
    CacheControl ChecksumAlgorithm ContentDisposition ContentEncoding ContentLanguage ContentType CopySource
    CopySourceIfMatch CopySourceIfNoneMatch Expires IfMatch IfNoneMatch Metadata MetadataDirective
  `,
  CreateBucket: "CreateBucketConfiguration CreateBucketConfiguration.LocationConstraint",
  CreateMultipartUpload: `
    CacheControl ContentDisposition ContentEncoding ContentLanguage ContentType Expires Metadata ChecksumAlgorithm
    ChecksumType
  `,
  DeleteBucket: "",
  DeleteObject: "",
  DeleteObjects: "Delete Delete.Objects Delete.Objects.Key Delete.Quiet ChecksumAlgorithm",
  GetBucketLocation: "",
  GetObject: "IfMatch IfModifiedSince IfNoneMatch IfUnmodifiedSince Range ChecksumMode",
  HeadBucket: "",
  HeadObject: "IfMatch IfModifiedSince IfNoneMatch IfUnmodifiedSince Range ChecksumMode",
  ListBuckets: "",
  ListMultipartUploads: "EncodingType Prefix",
  ListObjectsV2: "Delimiter EncodingType MaxKeys Prefix ContinuationToken StartAfter",
  ListParts: "MaxParts PartNumberMarker",
  PutObject: `
    Body CacheControl ContentDisposition ContentEncoding ContentLanguage ContentLength ContentMD5 ContentType
    ChecksumAlgorithm ChecksumCRC32 ChecksumCRC32C ChecksumCRC64NVME ChecksumSHA1 ChecksumSHA256 ChecksumSHA512
    ChecksumMD5 Expires IfMatch IfNoneMatch Metadata
  `,
  UploadPart: `
    PartNumber Body ContentLength ContentMD5 ChecksumAlgorithm ChecksumCRC32 ChecksumCRC32C ChecksumCRC64NVME ChecksumSHA1
    ChecksumSHA256 ChecksumSHA512 ChecksumMD5
  `,
  UploadPartCopy: "CopySource CopySourceIfMatch CopySourceIfNoneMatch CopySourceRange PartNumber",
};

/** Without these a request has no address. */
const address = { Bucket: "shop", Key: "k", UploadId: "u" };
const also: Readonly<Record<string, object>> = {
  CopyObject: { CopySource: "shop/k" },
  UploadPart: { PartNumber: 1 },
  UploadPartCopy: { CopySource: "shop/k", PartNumber: 1 },
};
const model: Model = createRequire(import.meta.url)("@aws-sdk/client-s3");
let directory: string;
let s3: S3;
let client: sdk.S3Client;
/** The status of the last answer, or undefined where nothing was sent. */
let status: number | undefined;

async function bodyOf({ body }: HttpRequest): Promise<Buffer> {
  if (body === undefined || typeof body === "string") return Buffer.from(body ?? "");
  return body instanceof Uint8Array ? Buffer.from(body) : buffer(body);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "s3-"));
  s3 = openS3({ directory });
  const handle = async (request: HttpRequest) => {
    const query = Object.entries(request.query).map(([name, value]): [string, string] => [name, String(value ?? "")]);
    const answer = await s3.handle({
      method: request.method,
      url: `${request.path}?${new URLSearchParams(query)}`,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
      body: await bodyOf(request),
    });
    status = answer.status;
    return { response: new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.alloc(0) }) };
  };
  client = new sdk.S3Client({
    endpoint: "http://s3.test",
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
    forcePathStyle: true,
    requestHandler: { handle },
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  });
});
afterAll(() => rm(directory, { recursive: true }));

test.each(Object.entries(served))(
  "%s takes what has its effect, and refuses all else by its name",
  async (operation, expected) => {
    const Command = Reflect.get(sdk, `${operation}Command`) as new (input: object) => sdk.PutObjectCommand;
    const members = [...paths(inputOf(model, operation), new Date(0))];
    const known = new Set(members.map(([path]) => path));
    const addressed = Object.fromEntries(Object.entries(address).filter(([name]) => known.has(name)));
    const taken: string[] = [];
    for (const [path, input] of members) {
      if (Object.hasOwn(address, path)) continue;
      s3.createBucket("shop");
      await s3.put("shop", "k", Buffer.from("x"));
      status = undefined;
      await client.send(new Command({ ...also[operation], ...addressed, ...(input as object) })).catch(() => {});
      if (status !== 501) taken.push(path);
    }
    expect(taken.sort()).toEqual(expected.split(/\s+/).filter(Boolean).sort());
  },
);
