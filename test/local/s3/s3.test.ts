import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openS3, type S3 } from "../../../local/s3/s3.ts";

let directory: string;
let s3: S3;
let server: Server;
let client: S3Client;

function clientFor(endpoint: string, forcePathStyle = false): S3Client {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return new S3Client({ endpoint, region: "eu-west-1", credentials, maxAttempts: 1, forcePathStyle });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "s3-"));
  s3 = openS3({ directory });
  server = createServer(async (request, response) => {
    const headers = request.headers as Record<string, string | undefined>;
    const { method = "", url = "" } = request;
    const answer = await s3.handle({ method, url, headers, body: await buffer(request) });
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  client = clientFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  s3.createBucket("shop");
});

afterAll(async () => {
  client.destroy();
  server.close();
  await rm(directory, { recursive: true });
});

const put = (Key: string, Body: string | Buffer, more: object = {}) =>
  client.send(new PutObjectCommand({ Bucket: "shop", Key, Body, ...more }));
const get = (Key: string, more: object = {}) => client.send(new GetObjectCommand({ Bucket: "shop", Key, ...more }));
const textOf = async (Key: string, more: object = {}) => (await get(Key, more)).Body?.transformToString();

describe("an object", () => {
  it("comes back as it was put, with its headers", async () => {
    const body = gzipSync("hello");
    const putHeaders = { ContentType: "text/plain", ContentEncoding: "gzip", Metadata: { Reason: "late", Shard: "7" } };
    const { ETag } = await put("headers.txt", body, putHeaders);
    const found = await get("headers.txt");
    expect(Buffer.from((await found.Body?.transformToByteArray()) ?? [])).toEqual(body);
    const expected = {
      ContentType: "text/plain",
      ContentEncoding: "gzip",
      Metadata: { reason: "late", shard: "7" },
      ETag,
    };
    expect(found).toMatchObject(expected);
    const head = await client.send(new HeadObjectCommand({ Bucket: "shop", Key: "headers.txt" }));
    expect(head).toMatchObject({ ...expected, ContentLength: body.length });
    expect(head.LastModified?.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it("has the MD5 of its content for an ETag", async () => {
    expect(await put("etag", "hello")).toMatchObject({ ETag: '"5d41402abc4b2a76b9719d911017c592"' });
  });

  it("comes through aws-chunked streams of unknown checksum, too", async () => {
    const Body = Readable.from(["hel", "lo"].map((piece) => Buffer.from(piece)));
    await client.send(new PutObjectCommand({ Bucket: "shop", Key: "streamed", Body, ContentLength: 5 }));
    expect(await textOf("streamed")).toBe("hello");
    expect((await get("streamed")).ContentEncoding).toBeUndefined();
  });

  it("may have any key, which is listed as it is, and stays inside the folder", async () => {
    const unit = fc.oneof(fc.constantFrom("/", ".", "..", "%", "+", " ", "?", "&", "#", "<", "\u0001"), fc.string());
    const key = fc
      .array(unit, { minLength: 1, maxLength: 12 })
      .map((pieces) => `any/${pieces.join("")}`)
      .filter((text) => text.isWellFormed() && Buffer.byteLength(text) <= 1024);
    await fc.assert(
      fc.asyncProperty(key, async (Key) => {
        await put(Key, Key);
        expect(await textOf(Key)).toBe(Key);
        const listed = await client.send(
          new ListObjectsV2Command({ Bucket: "shop", Prefix: Key, EncodingType: "url" }),
        );
        expect(listed.Contents?.map((object) => decodeURIComponent(object.Key ?? ""))).toContain(Key);
        await client.send(new DeleteObjectCommand({ Bucket: "shop", Key }));
        await expect(get(Key)).rejects.toMatchObject({ name: "NoSuchKey" });
      }),
      { numRuns: 60 },
    );
    expect((await readdir(directory)).toSorted()).toEqual([".metadata", ".temporary", "shop"]);
  });

  it("gives the range that is asked for", async () => {
    await put("range", "0123456789");
    expect(await textOf("range", { Range: "bytes=2-4" })).toBe("234");
    expect(await textOf("range", { Range: "bytes=7-" })).toBe("789");
    expect(await textOf("range", { Range: "bytes=-3" })).toBe("789");
    expect(await textOf("range", { Range: "bytes=0-99" })).toBe("0123456789");
    expect((await get("range", { Range: "bytes=2-4" })).ContentRange).toBe("bytes 2-4/10");
    await expect(get("range", { Range: "bytes=10-" })).rejects.toMatchObject({
      name: "InvalidRange",
      $metadata: { httpStatusCode: 416 },
    });
  });

  it("is written once under If-None-Match, even by many at once", async () => {
    const writes = Array.from({ length: 8 }, (_, n) => put("once", `writer ${n}`, { IfNoneMatch: "*" }));
    const results = await Promise.allSettled(writes);
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(7);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } });
    }
    const winner = results.findIndex((result) => result.status === "fulfilled");
    expect(await textOf("once")).toBe(`writer ${winner}`);
  });

  it("is replaced under If-Match only where it is what the writer knows", async () => {
    const { ETag } = await put("match", "1");
    await expect(put("match", "2", { IfMatch: '"other"' })).rejects.toMatchObject({ name: "PreconditionFailed" });
    await put("match", "2", { IfMatch: ETag });
    expect(await textOf("match")).toBe("2");
    await expect(put("no-such", "2", { IfMatch: ETag })).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  it("is never seen half written", async () => {
    const bodies = ["a".repeat(200_000), "b".repeat(300_000)];
    const writes = Array.from({ length: 10 }, (_, n) => put("torn", bodies[n % 2] ?? ""));
    await writes[0];
    const reads = Array.from({ length: 10 }, () => textOf("torn"));
    for (const text of await Promise.all(reads)) expect(bodies.includes(text ?? "")).toBe(true);
    await Promise.all(writes);
  });

  it("is refused over 64 MiB", async () => {
    const body = Buffer.alloc(64 * 1024 * 1024 + 1);
    const answer = await s3.handle({ method: "PUT", url: "/shop/big", headers: {}, body });
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("<Code>EntityTooLarge</Code>") });
  });
});

describe("a bucket", () => {
  it("lists in UTF-8 order, by pages, with common prefixes", async () => {
    await client.send(new CreateBucketCommand({ Bucket: "pages" }));
    const keys = ["a/1", "a/2", "b", "c/<&>\"'/x", "é", "\uffee", "😀"];
    for (const Key of keys.toReversed()) await client.send(new PutObjectCommand({ Bucket: "pages", Key, Body: "x" }));
    const list = (more: object) => client.send(new ListObjectsV2Command({ Bucket: "pages", ...more }));
    expect((await list({})).Contents?.map(({ Key }) => Key)).toEqual(keys);
    expect(await list({ Prefix: "a/" })).toMatchObject({ KeyCount: 2, IsTruncated: false, Prefix: "a/" });
    const first = await list({ Delimiter: "/", MaxKeys: 2 });
    expect(first).toMatchObject({
      IsTruncated: true,
      CommonPrefixes: [{ Prefix: "a/" }],
      Contents: [{ Key: "b", Size: 1 }],
    });
    const second = await list({ Delimiter: "/", MaxKeys: 2, ContinuationToken: first.NextContinuationToken });
    expect(second).toMatchObject({ CommonPrefixes: [{ Prefix: "c/" }], Contents: [{ Key: "é" }] });
    expect((await list({ StartAfter: "é" })).Contents?.map(({ Key }) => Key)).toEqual(["\uffee", "😀"]);
    await expect(list({ ContinuationToken: "nonsense" })).rejects.toMatchObject({ name: "InvalidArgument" });
  });

  it("is made, found, listed, and removed when empty", async () => {
    await client.send(new CreateBucketCommand({ Bucket: "made" }));
    await expect(client.send(new CreateBucketCommand({ Bucket: "made" }))).rejects.toMatchObject({
      name: "BucketAlreadyOwnedByYou",
    });
    await client.send(new HeadBucketCommand({ Bucket: "made" }));
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual(expect.arrayContaining(["made", "shop"]));
    await s3.put("made", "x", Buffer.from("x"));
    await expect(client.send(new DeleteBucketCommand({ Bucket: "made" }))).rejects.toMatchObject({
      name: "BucketNotEmpty",
    });
    await client.send(new DeleteObjectCommand({ Bucket: "made", Key: "x" }));
    await client.send(new DeleteBucketCommand({ Bucket: "made" }));
    await expect(client.send(new HeadBucketCommand({ Bucket: "made" }))).rejects.toMatchObject({ name: "NotFound" });
  });

  it("deletes many objects at once, those that are not there included", async () => {
    const keys = ["many/<1>", "many/&2", "many/missing"];
    for (const key of keys.slice(0, 2)) await put(key, "x");
    const Delete = { Objects: keys.map((Key) => ({ Key })) };
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket: "shop", Delete }));
    expect(Deleted?.map(({ Key }) => Key)).toEqual(keys);
    expect((await client.send(new ListObjectsV2Command({ Bucket: "shop", Prefix: "many/" }))).KeyCount).toBe(0);
  });

  it("keeps its objects for the days of its life cycle", async () => {
    s3.createBucket("short-lived");
    for (const key of ["a/1", "b"]) await s3.put("short-lived", key, Buffer.from(key));
    const left = async () => (await client.send(new ListObjectsV2Command({ Bucket: "short-lived" }))).Contents?.length;
    s3.deleteExpired(Date.now() + 400 * 86_400_000);
    expect(await left()).toBe(2);
    s3.setLifetime("short-lived", { ofObjects: 90 });
    s3.deleteExpired(Date.now() + 89 * 86_400_000);
    expect(await left()).toBe(2);
    s3.deleteExpired(Date.now() + 91 * 86_400_000);
    expect(await left()).toBeUndefined();
  });

  it("may stand in the host name", async () => {
    const { port } = server.address() as AddressInfo;
    const ask = (host: string) =>
      s3.handle({ method: "GET", url: "/virtual/key", headers: { host }, body: Buffer.alloc(0) });
    await put("virtual/key", "found");
    for (const host of ["shop.127.0.0.1", `shop.localhost:${port}`, "shop.s3.eu-west-1.amazonaws.com"]) {
      expect((await ask(host)).body.toString(), host).toBe("found");
    }
    expect((await ask("127.0.0.1")).body.toString()).toContain("<Code>NoSuchBucket</Code>");
  });
});

describe("what is kept in the folder", () => {
  it("is there again after a restart, headers and all", async () => {
    await put("kept/long/".padEnd(1000, "x"), "long", { ContentType: "text/plain" });
    const again = openS3({ directory });
    const request = {
      method: "GET",
      url: `/shop/${"kept/long/".padEnd(1000, "x")}`,
      headers: {},
      body: Buffer.alloc(0),
    };
    const answer = await again.handle(request);
    expect(answer).toMatchObject({ status: 200, headers: { "content-type": "text/plain" } });
    expect(answer.body.toString()).toBe("long");
  });

  it("reads as the keys do, and takes files that are put there by hand", async () => {
    await put("readable/by/people.json", "{}");
    expect(await readFile(join(directory, "shop", "readable", "by", "people.json"), "utf8")).toBe("{}");
    await writeFile(join(directory, "shop", "readable", "by", "hand.json"), "by hand");
    await writeFile(join(directory, "shop", "readable", "by", "people.json"), "changed");
    const again = openS3({ directory });
    const ask = (name: string, method = "GET") =>
      again.handle({ method, url: `/shop/readable/by/${name}`, headers: {}, body: Buffer.alloc(0) });
    expect((await ask("hand.json")).body.toString()).toBe("by hand");
    expect((await ask("people.json")).body.toString()).toBe("changed");
    expect((await ask("people.json", "HEAD")).headers["content-length"]).toBe("7");
  });
});

describe("a request that is not understood", () => {
  it.each([
    ["GET", "/shop/%ff", {}, 400, "InvalidURI"],
    ["GET", "/shop?versions", {}, 501, "NotImplemented"],
    ["POST", "/shop/key", {}, 405, "MethodNotAllowed"],
    ["PUT", "/No_Bucket", {}, 400, "InvalidBucketName"],
    ["PUT", "/shop/key", { "x-amz-copy-source": "/a/b" }, 404, "NoSuchBucket"],
    ["PUT", "/shop/key", { "x-amz-copy-source": "/shop" }, 400, "InvalidArgument"],
    ["PUT", "/shop/key", { "x-amz-tagging": "a=b" }, 501, "NotImplemented"],
    ["GET", "/shop/key?response-content-type=text/html", {}, 501, "NotImplemented"],
    ["PUT", "/shop/key?uploadId=x&partNumber=1", {}, 404, "NoSuchUpload"],
    ["PUT", `/shop/${"k".repeat(1025)}`, {}, 400, "KeyTooLongError"],
    ["POST", "/shop?delete", {}, 400, "MalformedXML"],
    ["GET", "/shop?list-type=2&max-keys=-1", {}, 400, "InvalidArgument"],
  ])("%s %s is answered with a clear error", async (method, url, headers, status, code) => {
    const answer = await s3.handle({ method, url, headers, body: Buffer.alloc(0) });
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(`<Code>${code}</Code>`);
  });
});
