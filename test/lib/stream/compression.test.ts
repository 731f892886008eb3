import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isProblem } from "../../../lib/problem.ts";
import { decompress } from "../../../lib/stream/compression.ts";

/** Lengths about those of the pieces in which zlib gives its output. */
const length = fc.oneof(fc.nat(100), fc.constantFrom(16_383, 16_384, 16_385, 32_768, 65_536, 100_000));
const bytesOf = (size: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, index) => (index * seed) % 251));

describe.each([
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
])("bytes in %s", (_name, compress) => {
  const parts = fc.array(fc.tuple(length, fc.nat(250)), { minLength: 1, maxLength: 5 });

  it("come back whole, however many parts they were written in", () => {
    fc.assert(
      fc.property(parts, (lengths) => {
        const plain = lengths.map(([size, seed]) => bytesOf(size, seed));
        const data = Buffer.concat(plain.map((one) => compress(one)));
        expect(Buffer.concat(plain).equals(decompress(data, 2 ** 20) as Buffer)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("come back where they are no more than the limit, and not where they are one more", () => {
    fc.assert(
      fc.property(parts, (lengths) => {
        const plain = lengths.map(([size, seed]) => bytesOf(size, seed));
        const data = Buffer.concat(plain.map((one) => compress(one)));
        const size = Buffer.concat(plain).length;
        fc.pre(size > 1);
        expect(decompress(data, size)).toHaveLength(size);
        const refused = decompress(data, size - 1);
        expect(isProblem(refused) ? refused.reason : "accepted").toBe("too-large");
      }),
      { numRuns: 50 },
    );
  });

  it("are no more where a part is cut off or followed by something else", () => {
    fc.assert(
      fc.property(parts, fc.nat(), (lengths, place) => {
        const data = Buffer.concat(lengths.map(([size, seed]) => compress(bytesOf(size, seed))));
        const last = compress(bytesOf(lengths.length, 7));
        const cut = last.subarray(0, 1 + (place % (last.length - 1)));
        for (const more of [cut, Buffer.from("more"), Buffer.from([0, 0, 1])]) {
          const refused = decompress(Buffer.concat([data, more]), 2 ** 20);
          expect(isProblem(refused) ? refused.reason : "accepted").toBe("unreadable");
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("bytes that are not compressed", () => {
  it("are given back as they are, without a copy", () => {
    const data = Buffer.from('{"a":1}');
    expect(decompress(data, 1)).toBe(data);
  });
});
