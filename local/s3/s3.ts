import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { HttpRequest, HttpResponse } from "../endpoint/http-message.ts";
import { type Bucket, objectBytesMax, openBucket, type StoredObject } from "./bucket.ts";
import { deleteObjects, listObjects, xmlResponse } from "./bucket-operations.ts";
import { copyObject } from "./copy-object.ts";
import { checkKnown } from "./known-request.ts";
import { MultipartUploads } from "./multipart.ts";
import { deleteObject, getObject, headObject, putObject } from "./object-operations.ts";
import { checkOperation } from "./operation.ts";
import { checkKey, type S3Target, s3Target } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { type XmlElements, xmlDocument } from "./xml.ts";

/** Amazon S3, kept in a folder: a folder for each bucket, a file for each object. Signatures and rights are not checked. */
export type S3 = {
  /** Answers one request of the REST API; never rejects. */
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  /** Does nothing where the bucket is there. */
  readonly createBucket: (name: string) => void;
  /** From now on what is in the bucket expires this many days after it was written or begun. */
  readonly setLifetime: (name: string, days: Lifetime) => void;
  /** Deletes the objects, and aborts the multipart uploads, whose time is over. */
  readonly deleteExpired: (nowMs: number) => void;
  /** Throws {@link S3Error} where the bucket is not there. */
  readonly put: (bucket: string, key: string, body: Buffer, headers?: Record<string, string>) => Promise<StoredObject>;
};

/** Days; undefined for ever. */
export type Lifetime = { readonly ofObjects?: number; readonly ofUploads?: number };

type Buckets = {
  readonly open: Map<string, Bucket>;
  readonly directory: string;
  /** By the name of the bucket. */
  readonly lifetimes: Map<string, Lifetime>;
  readonly uploads: MultipartUploads;
};

/** Amazon S3 user guide, General purpose bucket naming rules. */
const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Parts of an object or bucket that have requests of their own; none of them is run here. */
const subresources = [
  ...["acl", "attributes", "cors", "encryption", "legal-hold", "lifecycle", "logging", "notification", "object-lock"],
  ...["policy", "restore", "retention", "select", "tagging", "torrent", "versionId", "versions"],
  ...["versioning", "website"],
];

function bucketOf({ open }: Buckets, name: string): Bucket {
  const bucket = open.get(name);
  if (bucket === undefined) throw new S3Error("NoSuchBucket", `The specified bucket does not exist: ${name}`);
  return bucket;
}

function create({ open, directory }: Buckets, name: string): void {
  if (!bucketName.test(name)) throw new S3Error("InvalidBucketName", `The specified bucket is not valid: ${name}`);
  open.set(name, openBucket(directory, name));
}

const dayMs = 86_400_000;

function deleteExpired({ open, lifetimes, uploads }: Buckets, nowMs: number): void {
  for (const [name, { ofObjects = Number.POSITIVE_INFINITY, ofUploads = Number.POSITIVE_INFINITY }] of lifetimes) {
    const bucket = open.get(name);
    if (bucket === undefined) continue;
    uploads.abortBegunBefore(bucket, nowMs - ofUploads * dayMs);
    for (const key of bucket.keys()) {
      const { modified_ms = nowMs } = bucket.head(key) ?? {};
      if (modified_ms < nowMs - ofObjects * dayMs) bucket.delete(key);
    }
  }
}

function remove({ open, directory }: Buckets, bucket: Bucket): void {
  if (bucket.keys().length > 0) throw new S3Error("BucketNotEmpty", "The bucket you tried to delete is not empty");
  open.delete(bucket.name);
  for (const path of [join(directory, bucket.name), join(directory, ".metadata", bucket.name)]) {
    rmSync(path, { recursive: true, force: true });
  }
}

type ObjectTarget = { readonly key: string; readonly query: URLSearchParams };

const nothing = (status: number): HttpResponse => ({ status, headers: {}, body: "" });

function notAllowed(request: HttpRequest): S3Error {
  return new S3Error("MethodNotAllowed", `${request.method} ${request.url} is not an operation that is run here.`);
}

async function onObject(buckets: Buckets, name: string, { key, query }: ObjectTarget, request: HttpRequest) {
  const bucket = bucketOf(buckets, name);
  const find = (other: string): Bucket => bucketOf(buckets, other);
  if (query.has("uploadId")) return buckets.uploads.handle(bucket, key, query, request, find);
  if (query.has("uploads") && request.method === "POST") return buckets.uploads.create(bucket, key, request);
  switch (request.method) {
    case "GET":
      return getObject(bucket, key, request);
    case "HEAD":
      return headObject(bucket, key, request);
    case "PUT":
      return request.headers["x-amz-copy-source"] === undefined
        ? putObject(bucket, key, request)
        : copyObject(bucket, key, request, find);
    case "DELETE":
      return deleteObject(bucket, key);
    default:
      throw notAllowed(request);
  }
}

function onBucket(buckets: Buckets, name: string, query: URLSearchParams, request: HttpRequest): HttpResponse {
  if (request.method === "PUT") {
    if (buckets.open.has(name)) throw new S3Error("BucketAlreadyOwnedByYou", `You already own the bucket ${name}.`);
    create(buckets, name);
    return { ...nothing(200), headers: { location: `/${name}` } };
  }
  const bucket = bucketOf(buckets, name);
  if (request.method === "HEAD") return nothing(200);
  if (request.method === "DELETE") {
    remove(buckets, bucket);
    return nothing(204);
  }
  if (request.method === "POST" && query.has("delete")) return deleteObjects(bucket, request);
  if (request.method !== "GET") throw notAllowed(request);
  if (query.has("uploads")) return buckets.uploads.list(bucket, query);
  if (query.has("location")) return xmlResponse("LocationConstraint", []);
  if (query.get("list-type") === "2") return listObjects(bucket, query);
  throw new S3Error("NotImplemented", "ListObjects is not run here; ListObjectsV2 is.");
}

function listBuckets({ open }: Buckets): HttpResponse {
  const names = [...open.keys()].sort();
  const buckets = names.map((name): XmlElements[number] => {
    const created = new Date(open.get(name)?.created_ms ?? 0).toISOString();
    return ["Bucket", [["Name", name] as const, ["CreationDate", created] as const]];
  });
  return xmlResponse("ListAllMyBucketsResult", [
    ["Owner", [["ID", "local"]]],
    ["Buckets", buckets],
  ]);
}

async function answer(buckets: Buckets, request: HttpRequest, { bucket, key, query }: S3Target): Promise<HttpResponse> {
  const subresource = subresources.find((name) => query.has(name));
  if (subresource !== undefined) {
    throw new S3Error("NotImplemented", `${request.method} of ?${subresource} is not run here.`);
  }
  checkKnown(request, query);
  checkOperation(request, { bucket, key, query });
  if (bucket === undefined) {
    if (request.method !== "GET") throw notAllowed(request);
    return listBuckets(buckets);
  }
  if (key === undefined) return onBucket(buckets, bucket, query, request);
  return onObject(buckets, bucket, { key, query }, request);
}

/** An error as S3 writes it; nothing but the status for HEAD. */
export function s3ErrorResponse(code: string, status: number, message: string, resource: string): HttpResponse {
  const body = xmlDocument("Error", [
    ["Code", code],
    ["Message", message],
    ["Resource", resource],
  ]);
  return { status, headers: { "content-type": "application/xml" }, body };
}

function failure(error: unknown, request: HttpRequest): HttpResponse {
  const [code, status] = error instanceof S3Error ? [error.code, error.status] : ["InternalError", 500];
  const message = error instanceof Error ? error.message : String(error);
  const response = s3ErrorResponse(code, status, message, request.url);
  return request.method === "HEAD" ? { ...response, body: "" } : response;
}

/** Opens what the folder holds, which is made where missing. Only one process at a time may have it open. */
export function openS3({ directory }: { readonly directory: string }): S3 {
  const buckets: Buckets = { open: new Map(), directory, lifetimes: new Map(), uploads: new MultipartUploads() };
  mkdirSync(directory, { recursive: true });
  // What a process that was killed had not finished writing.
  rmSync(join(directory, ".temporary"), { recursive: true, force: true });
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory() && bucketName.test(entry.name)) create(buckets, entry.name);
  }
  return {
    handle: async (request) => {
      const requestId = { "x-amz-request-id": randomUUID() };
      try {
        const response = await answer(buckets, request, s3Target(request));
        return { ...response, headers: { ...response.headers, ...requestId } };
      } catch (error) {
        const response = failure(error, request);
        return { ...response, headers: { ...response.headers, ...requestId } };
      }
    },
    createBucket: (name) => {
      if (!buckets.open.has(name)) create(buckets, name);
    },
    setLifetime: (name, days) => void buckets.lifetimes.set(name, days),
    deleteExpired: (nowMs) => deleteExpired(buckets, nowMs),
    put: async (bucket, key, body, headers = {}) => {
      checkKey(key);
      if (body.length > objectBytesMax) throw new S3Error("EntityTooLarge", `${key} has ${body.length} bytes`);
      return bucketOf(buckets, bucket).put(key, body, headers);
    },
  };
}
