import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { names } from "../../names.ts";
import { type Quarantine, type QuarantinePlace, quarantineLines, type Rejected } from "./quarantine.ts";
import { minuteOf, pathOf } from "./quarantine-files.ts";

/** Quarantine in S3: one gzipped NDJSON file a part and version, below the minute in which the first of its records arrived. */
export class S3Quarantine implements Quarantine {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(
    shard: string,
    { part, version, firstArrivalMs }: QuarantinePlace,
    rejected: readonly Rejected[],
  ): Promise<void> {
    const folder = pathOf({ time: minuteOf(firstArrivalMs), of: { shard, part } });
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucket,
        Key: `${names.quarantinePrefix}${folder}${version}.ndjson.gz`,
        Body: await gzipLines(quarantineLines(shard, rejected)),
        ContentType: "application/x-ndjson",
        ContentEncoding: "gzip",
      }),
    );
  }
}

/** Compresses line by line, each no sooner than the one before it is: the text of all lines together may be large. */
async function gzipLines(lines: Iterable<unknown>): Promise<Buffer> {
  function* texts(): Generator<string> {
    for (const line of lines) yield `${JSON.stringify(line)}\n`;
  }
  const gzip = createGzip();
  const [chunks] = await Promise.all([gzip.toArray(), pipeline(texts, gzip)]);
  return Buffer.concat(chunks);
}
