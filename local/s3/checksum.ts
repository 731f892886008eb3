import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { crc32c, crc64nvme } from "./crc.ts";
import { S3Error } from "./s3-error.ts";

type Headers = Readonly<Record<string, string | undefined>>;

function crc32Of(content: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(content));
  return sum;
}

const hashOf = (name: string) => (content: Buffer) => createHash(name).update(content).digest();

/** Checksums that are compared, by the header that has them (Amazon S3 API reference, PutObject). */
const sums: Readonly<Record<string, (content: Buffer) => Buffer>> = {
  "content-md5": hashOf("md5"),
  "x-amz-checksum-crc32": crc32Of,
  "x-amz-checksum-crc32c": crc32c,
  "x-amz-checksum-crc64nvme": crc64nvme,
  "x-amz-checksum-md5": hashOf("md5"),
  "x-amz-checksum-sha1": hashOf("sha1"),
  "x-amz-checksum-sha256": hashOf("sha256"),
  "x-amz-checksum-sha512": hashOf("sha512"),
};

/** Whether a header has a checksum that is compared. */
export const isChecksum = (header: string): boolean => Object.hasOwn(sums, header);

/** Throws {@link S3Error} where a checksum among the headers is not that of the content. */
export function checkSums(content: Buffer, headers: Headers): void {
  for (const [name, sumOf] of Object.entries(sums)) {
    const expected = headers[name];
    if (expected === undefined) continue;
    const sum = sumOf(content).toString("base64");
    if (sum === expected) continue;
    const shown = name.replace("x-amz-checksum-", "").toUpperCase();
    throw new S3Error("BadDigest", `The ${shown} you specified, ${expected}, is not that of the body: ${sum}`);
  }
}
