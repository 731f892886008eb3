import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeAwsChunked, requestContent } from "../../../local/s3/aws-chunked.ts";
import { crc32c, crc64nvme } from "../../../local/s3/crc.ts";

const bytes = fc.uint8Array({ minLength: 1, maxLength: 50 }).map((list) => Buffer.from(list));

function chunked(chunks: readonly Buffer[], trailers = ""): Buffer {
  const pieces = chunks.flatMap((chunk) => [`${chunk.length.toString(16)};chunk-signature=0\r\n`, chunk, "\r\n"]);
  return Buffer.concat([...pieces, `0\r\n${trailers}\r\n`].map((piece) => Buffer.from(piece)));
}

const streaming = { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER" };

describe("an aws-chunked body", () => {
  it("comes out as it went in, with its trailers", () => {
    fc.assert(
      fc.property(fc.array(bytes), (chunks) => {
        const decoded = decodeAwsChunked(chunked(chunks, "x-amz-checksum-crc32:AAAA\r\n"));
        expect(decoded.content).toEqual(Buffer.concat(chunks));
        expect(decoded.trailers).toEqual({ "x-amz-checksum-crc32": "AAAA" });
      }),
    );
  });

  it("is refused, never stored in part, wherever it is cut off", () => {
    const whole = chunked([Buffer.from("hello"), Buffer.from("world")]);
    for (let end = 0; end < whole.length - 2; end += 1) {
      expect(() => decodeAwsChunked(whole.subarray(0, end)), `cut at ${end}`).toThrow("body is broken");
    }
  });

  it("or anything else either decodes or is refused", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (garbage) => {
        try {
          decodeAwsChunked(Buffer.from(garbage));
        } catch (error) {
          expect(error).toMatchObject({ name: "S3Error", code: "IncompleteBody" });
        }
      }),
    );
  });

  it("is checked against the length and the CRC32 that it names", () => {
    const content = Buffer.from("hello");
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(content));
    const good = chunked([content], `x-amz-checksum-crc32:${sum.toString("base64")}\r\n`);
    expect(requestContent({ ...streaming, "x-amz-decoded-content-length": "5" }, good)).toEqual(content);
    expect(() => requestContent({ ...streaming, "x-amz-decoded-content-length": "6" }, good)).toThrow("says 6");
    const bad = chunked([content], "x-amz-checksum-crc32:AAAAAA==\r\n");
    expect(() => requestContent(streaming, bad)).toThrow("The CRC32 you specified");
  });
});

describe("a checksum", () => {
  const content = Buffer.from("hello");
  const sums: Readonly<Record<string, string>> = {
    "content-md5": "XUFAKrxLKna5cZ2REBfFkg==",
    "x-amz-checksum-crc32": "NhCmhg==",
    "x-amz-checksum-crc32c": "mnG7TA==",
    "x-amz-checksum-md5": "XUFAKrxLKna5cZ2REBfFkg==",
    "x-amz-checksum-sha1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
    "x-amz-checksum-sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
  };

  it("of CRC-32C and CRC-64/NVME is that of the catalogue of parametrised CRC algorithms", () => {
    const check = Buffer.from("123456789");
    expect(crc32c(check).toString("hex")).toBe("e3069283");
    expect(crc64nvme(check).toString("hex")).toBe("ae8b14860a799888");
  });

  it.each(Object.entries(sums))("%s is compared with the body", (header, sum) => {
    expect(requestContent({ [header]: sum }, content)).toEqual(content);
    expect(() => requestContent({ [header]: sum }, Buffer.from("hellO"))).toThrow("is not that of the body");
  });
});
