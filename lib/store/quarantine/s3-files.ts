import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, type S3Client } from "@aws-sdk/client-s3";
import { names } from "../../names.ts";
import type { QuarantinedRecord } from "./quarantine.ts";
import {
  type FilePage,
  pathOf,
  type QuarantineFile,
  type QuarantineFiles,
  type QuarantineFolder,
  UnreadableQuarantine,
} from "./quarantine-files.ts";

/** `<day>/<hour and minute>/<stream>/<shard id>/<part>.<version>.ndjson.gz` behind the prefix. */
const keyPattern = /^(\d{4}-\d\d-\d\d)\/(\d{4})\/([^/]+\/[^/]+)\/([0-9a-f]+)\.(\d{1,9})\.ndjson\.gz$/;

/** A line: a record of 1 MiB in base64, and 5,000 events of it, each with a reason of its own. */
const lineBytesMax = 8 * 1024 * 1024;
const newline = 0x0a;

/** Quarantine in S3, read. */
export class S3QuarantineFiles implements QuarantineFiles {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async page(folder: QuarantineFolder, ContinuationToken?: string): Promise<FilePage> {
    const Prefix = `${names.quarantinePrefix}${pathOf(folder)}`;
    const { Contents = [], NextContinuationToken: next } = await this.#client.send(
      new ListObjectsV2Command({ Bucket: this.#bucket, Prefix, ContinuationToken }),
    );
    const files = Contents.flatMap(({ Key = "", Size = 0 }) => {
      const place = placeOf(Key);
      return place === undefined ? [] : { key: Key, bytes: Size, ...place };
    });
    return { files, ...(next === undefined ? {} : { next }) };
  }

  async content({ key }: QuarantineFile): Promise<Buffer | undefined> {
    const body = await this.#open(key);
    return body === undefined ? undefined : Buffer.concat(await body.toArray());
  }

  async *records(file: QuarantineFile, content?: Promise<Buffer | undefined>): AsyncGenerator<QuarantinedRecord> {
    const compressed = content === undefined ? await this.#open(file.key) : streamOf(await content);
    if (compressed === undefined) return;
    const plain = compressed.pipe(createGunzip());
    compressed.once("error", (error) => plain.destroy(error));
    try {
      for await (const line of lines(plain, file.key)) yield recordOf(line, file.key);
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
      if (!code.startsWith("Z_")) throw cause;
      throw new UnreadableQuarantine(`${file.key}: expected gzip, got broken gzip (${code})`, { cause });
    } finally {
      // Who has found what he looked for leaves the rest in S3.
      compressed.destroy();
      plain.destroy();
    }
  }

  async #open(Key: string): Promise<Readable | undefined> {
    try {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key }));
      return Body instanceof Readable ? Body : undefined;
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }
}

const streamOf = (content: Buffer | undefined): Readable | undefined =>
  content === undefined ? undefined : Readable.from([content], { objectMode: false });

function placeOf(key: string): Pick<QuarantineFile, "minute" | "shard" | "part" | "version"> | undefined {
  const [, day, minute, shard, part, version] = keyPattern.exec(key.slice(names.quarantinePrefix.length)) ?? [];
  if (day === undefined || shard === undefined || part === undefined) return undefined;
  return { minute: `${day}T${minute}`, shard, part, version: Number(version) };
}

async function* lines(plain: AsyncIterable<Buffer>, key: string): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of plain) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      yield Buffer.concat([...pieces, chunk.subarray(start, end)]).toString("utf8");
      pieces = [];
      bytes = 0;
      start = end + 1;
    }
    if (start === chunk.length) continue;
    pieces.push(chunk.subarray(start));
    bytes += chunk.length - start;
    if (bytes > lineBytesMax) {
      throw new UnreadableQuarantine(`${key}: expected a line of at most ${lineBytesMax} bytes, got more`);
    }
  }
  if (bytes > 0) yield Buffer.concat(pieces).toString("utf8");
}

function recordOf(line: string, key: string): QuarantinedRecord {
  try {
    const record = JSON.parse(line) as QuarantinedRecord;
    // The roll-up alone writes here: enough to know another's file from ours.
    if (typeof record.data === "string" && Array.isArray(record.events)) return record;
  } catch {
    // As below.
  }
  throw new UnreadableQuarantine(`${key}: expected a line with a record and its events, got another`);
}
