import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { names } from "../../names.ts";
import { type Range, rangeOf } from "../../stream/range.ts";
import { type Failure, readFailure, UnreadableFailure } from "./dead-letter.ts";
import { type FailureFile, type FailureFiles, failureBytesMax } from "./dead-letter-files.ts";

/** `<mapping>/<shard>/YYYY/MM/DD/<time>-<uuid>` behind the prefix. */
const keyPattern = /^[^/]+\/(shardId-\d+)\/\d{4}\/\d{2}\/\d{2}\/[^/]+$/;
/** The clocks of Kinesis and Lambda may be apart, and arrivals out of order. */
const clocksMs = 3_600_000;
/** A name that sorts before those that Lambda gave since. */
const nameAt = (sinceMs: number): string => {
  const [day = "", time = ""] = new Date(Math.max(0, sinceMs - clocksMs)).toISOString().split("T");
  return `${day.replaceAll("-", "/")}/${day}T${time.slice(0, 8).replaceAll(":", ".")}`;
};
/** KinesisBatchInfo stands before the payload, in the first kilobyte. */
const infoBytes = 4_096;
/** Within the payload, or in a partition key, each quote has a backslash before it. */
const infoField = (name: string): RegExp => new RegExp(`(?<!\\\\)"${name}"\\s*:\\s*"(\\d{1,129})"`);
const [firstSequence, lastSequence] = [infoField("startSequenceNumber"), infoField("endSequenceNumber")];

/** Batches that Lambda gave up on, in its on-failure destination in S3. */
export class S3FailureFiles implements FailureFiles {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async *list(shardId?: string, sinceMs?: number): AsyncGenerator<FailureFile> {
    for (const prefix of shardId === undefined ? [names.failuresPrefix] : await this.#prefixes(shardId)) {
      const since = sinceMs === undefined || shardId === undefined ? {} : { StartAfter: `${prefix}${nameAt(sinceMs)}` };
      for await (const { Contents = [] } of this.#pages({ Prefix: prefix, ...since })) {
        for (const { Key: key = "", Size: bytes = 0 } of Contents) {
          yield { key, shardId: keyPattern.exec(key.slice(names.failuresPrefix.length))?.[1], bytes };
        }
      }
    }
  }

  async range(file: FailureFile): Promise<Range | undefined> {
    const head = await this.#get(file.key, `bytes=0-${infoBytes - 1}`);
    if (head === undefined) return undefined;
    const [, first] = firstSequence.exec(head) ?? [];
    const [, last] = lastSequence.exec(head) ?? [];
    if (first !== undefined && last !== undefined) return { firstSequence: first, lastSequence: last };
    const failure = await this.read(file);
    return failure && rangeOf(failure.batch.records);
  }

  async read({ key, bytes }: FailureFile): Promise<Failure | undefined> {
    if (bytes > failureBytesMax) {
      throw new UnreadableFailure(`Expected an object of at most ${failureBytesMax} bytes, got ${bytes}`);
    }
    const text = await this.#get(key);
    return text === undefined ? undefined : readFailure(text);
  }

  async settle({ key }: FailureFile): Promise<void> {
    const text = await this.#get(key);
    if (text === undefined) return;
    const place = { Bucket: this.#bucket, Key: `${names.redrivenPrefix}${key.slice(names.failuresPrefix.length)}` };
    await this.#client.send(new PutObjectCommand({ ...place, Body: text, ContentType: "application/json" }));
    await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
  }

  /** One for each mapping there was: a mapping that is made anew has another name. */
  async #prefixes(shardId: string): Promise<string[]> {
    const prefixes: string[] = [];
    for await (const { CommonPrefixes = [] } of this.#pages({ Prefix: names.failuresPrefix, Delimiter: "/" })) {
      for (const { Prefix } of CommonPrefixes) if (Prefix !== undefined) prefixes.push(`${Prefix}${shardId}/`);
    }
    return prefixes;
  }

  async *#pages(about: Pick<ListObjectsV2CommandInput, "Prefix" | "Delimiter" | "StartAfter">) {
    let ContinuationToken: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.#bucket, ContinuationToken, ...about }),
      );
      yield page;
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  async #get(key: string, range?: string): Promise<string | undefined> {
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: key, ...(range === undefined ? {} : { Range: range }) }),
      );
      return (await Body?.transformToString("utf8")) ?? "";
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      // An object without a byte has no range.
      if (error instanceof Error && error.name === "InvalidRange") return "";
      throw error;
    }
  }
}
