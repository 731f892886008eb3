import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../local/endpoint/aws-endpoint.ts";
import { openS3, type S3 } from "../../../local/s3/s3.ts";

const Bucket = "shop";
const partBytes = 5 * 1024 * 1024;

let directory: string;
let s3: S3;
let endpoint: AwsEndpoint;
let client: S3Client;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "s3-"));
  s3 = openS3({ directory });
  s3.createBucket(Bucket);
  endpoint = await startAwsEndpoint({ port: 0, services: { s3 } });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  client = new S3Client({ endpoint: endpoint.url, region: "eu-west-1", credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
  await rm(directory, { recursive: true });
});

const started = async (Key: string) => {
  // A text, as the AWS CLI uploads it: it must not pass for a page's request.
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType: "text/plain" }));
  return { Bucket, Key, UploadId };
};
const textOf = async (Key: string) =>
  (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

describe("a multipart upload", () => {
  it("makes one object of its parts once it is completed", async () => {
    const upload = await started("large");
    const bodies = ["a".repeat(partBytes), "b".repeat(10)];
    const Parts = [];
    for (const [at, Body] of bodies.entries()) {
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: at + 1, Body }));
      Parts.push({ ETag, PartNumber: at + 1 });
    }
    const { Parts: listed } = await client.send(new ListPartsCommand(upload));
    expect(listed?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
      [1, partBytes],
      [2, 10],
    ]);
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: "lar" }));
    expect(Uploads?.map(({ Key }) => Key)).toEqual(["large"]);
    await expect(client.send(new HeadObjectCommand({ Bucket, Key: "large" }))).rejects.toThrow();
    const { ETag } = await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(await textOf("large")).toBe(bodies.join(""));
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: "large" }))).toMatchObject({
      ETag,
      ContentType: "text/plain",
    });
    await expect(client.send(new ListPartsCommand(upload))).rejects.toMatchObject({ name: "NoSuchUpload" });
  });

  it("refuses parts that are not there, not in order, or too small", async () => {
    const upload = await started("bad");
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: "x" }));
    await client.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: "x" }));
    const complete = (...numbers: number[]) =>
      client.send(
        new CompleteMultipartUploadCommand({
          ...upload,
          MultipartUpload: { Parts: numbers.map((PartNumber) => ({ ETag, PartNumber })) },
        }),
      );
    await expect(complete(3)).rejects.toMatchObject({ name: "InvalidPart" });
    await expect(complete(2, 1)).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete(1, 2)).rejects.toMatchObject({ name: "EntityTooSmall" });
    await client.send(new AbortMultipartUploadCommand(upload));
    await expect(complete(1)).rejects.toMatchObject({ name: "NoSuchUpload" });
  });
});

describe("an upload that is not completed", () => {
  it("ends after the days of its bucket's life cycle", async () => {
    const upload = await started("forgotten");
    const uploads = async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.map(({ Key }) => Key).filter((key) => key === "forgotten");
    };
    s3.deleteExpired(Date.now() + 400 * 86_400_000);
    s3.setLifetime(Bucket, { ofUploads: 1 });
    s3.deleteExpired(Date.now() + 23 * 3_600_000);
    expect(await uploads()).toEqual(["forgotten"]);
    s3.deleteExpired(Date.now() + 25 * 3_600_000);
    expect(await uploads()).toEqual([]);
    await expect(client.send(new ListPartsCommand(upload))).rejects.toMatchObject({ name: "NoSuchUpload" });
  });
});

describe("a copy", () => {
  it("has the content and the headers of its source, or headers of its own", async () => {
    const put = { Bucket, Key: "from here/ü", Body: "hello", ContentType: "text/x", Metadata: { a: "b" } };
    await client.send(new PutObjectCommand(put));
    const CopySource = `${Bucket}/${encodeURIComponent("from here/ü")}`;
    const { CopyObjectResult } = await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
    expect(CopyObjectResult?.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    expect(await textOf("copy")).toBe("hello");
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: "copy" }))).toMatchObject({
      ContentType: "text/x",
      Metadata: { a: "b" },
    });
    const replacing = { Bucket, Key: "copy", CopySource, MetadataDirective: "REPLACE", ContentType: "text/y" } as const;
    await client.send(new CopyObjectCommand(replacing));
    expect(await client.send(new HeadObjectCommand({ Bucket, Key: "copy" }))).toMatchObject({
      ContentType: "text/y",
      Metadata: {},
    });
  });

  it("is refused for a missing source, onto itself, and against its conditions", async () => {
    const copy = (CopySource: string, more: object = {}) =>
      client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource, ...more }));
    await expect(copy(`${Bucket}/none`)).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(copy("none/key")).rejects.toMatchObject({ name: "NoSuchBucket" });
    await client.send(new PutObjectCommand({ Bucket, Key: "copy", Body: "x" }));
    await expect(copy(`${Bucket}/copy`)).rejects.toMatchObject({ name: "InvalidRequest" });
    await expect(copy(`${Bucket}/copy`, { Key: "y", CopySourceIfMatch: '"z"' })).rejects.toMatchObject({
      name: "PreconditionFailed",
    });
    await expect(copy(`${Bucket}/copy`, { Key: "y", Tagging: "a=b" })).rejects.toThrow("x-amz-tagging is not run here");
  });

  it("can be a part", async () => {
    await client.send(new PutObjectCommand({ Bucket, Key: "source", Body: "0123456789" }));
    const upload = await started("joined");
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        ...upload,
        PartNumber: 1,
        CopySource: `${Bucket}/source`,
        CopySourceRange: "bytes=2-4",
      }),
    );
    const Parts = [{ ETag: CopyPartResult?.ETag, PartNumber: 1 }];
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    expect(await textOf("joined")).toBe("234");
  });
});
