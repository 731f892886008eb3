import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { S3Bucket } from "./s3-bucket.ts";

const Bucket = "bucket";
const keys = ["a/1", "a/2", "b/c/1", "b/c/2", "b/d/1", "e"];

async function rig(pageKeys = 2) {
  const bucket = new S3Bucket({ now: () => 0, pageKeys });
  const client = bucket.client();
  for (const Key of keys) await client.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}` }));
  const list = async (about: Partial<ListObjectsV2Command["input"]>): Promise<string[]> => {
    const found: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(new ListObjectsV2Command({ Bucket, ContinuationToken, ...about }));
      found.push(...(page.Contents ?? []).map(({ Key = "" }) => Key));
      found.push(...(page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return found;
  };
  const read = async (Key: string, Range?: string) =>
    (
      await client.send(new GetObjectCommand({ Bucket, Key, ...(Range === undefined ? {} : { Range }) }))
    ).Body?.transformToString();
  return { bucket, client, list, read };
}

test.each([1, 2, 3, 1_000])("keys come in order, page by page, %i a page", async (pageKeys) => {
  const { list } = await rig(pageKeys);
  expect(await list({})).toEqual(keys);
  expect(await list({ Prefix: "b/" })).toEqual(["b/c/1", "b/c/2", "b/d/1"]);
  expect(await list({ Prefix: "b/", StartAfter: "b/c/1" })).toEqual(["b/c/2", "b/d/1"]);
  expect((await list({ Delimiter: "/" })).sort()).toEqual(["a/", "b/", "e"]);
  expect(await list({ Prefix: "b/", Delimiter: "/" })).toEqual(["b/c/", "b/d/"]);
});

test("an object is read whole or in part, and one that is gone is no key", async () => {
  const { client, read } = await rig();
  expect(await read("e")).toBe("body of e");
  expect(await read("e", "bytes=0-3")).toBe("body");
  expect(await read("e", "bytes=5-4000")).toBe("of e");
  await expect(read("e", "bytes=9-10")).rejects.toMatchObject({ name: "InvalidRange" });
  await client.send(new DeleteObjectCommand({ Bucket, Key: "e" }));
  await expect(read("e")).rejects.toMatchObject({ name: "NoSuchKey" });
  await client.send(new DeleteObjectCommand({ Bucket, Key: "e" }));
});
