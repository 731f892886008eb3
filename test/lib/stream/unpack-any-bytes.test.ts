import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isProblem } from "../../../lib/problem.ts";
import { unpack } from "../../../lib/stream/unpack.ts";
import { aggregated, aggregatedOf, bodyOf } from "./aggregated.ts";
import { json, object, objects } from "./unpacked.ts";

describe("whatever the bytes of a record are, taking it apart ends, with events or a problem", () => {
  const anyBytes = fc.uint8Array({ maxLength: 400 });
  const magics = fc.constantFrom(
    [],
    [0x1f, 0x8b],
    [0x1f, 0x8b, 8],
    [0x28, 0xb5, 0x2f, 0xfd],
    [0xf3, 0x89, 0x9a, 0xc2],
    [0x5b],
    [0x7b],
  );
  const ends = (data: Buffer): void => {
    const unpacked = unpack(data);
    if (isProblem(unpacked)) expect(["unreadable", "too-large"]).toContain(unpacked.reason);
    else expect(unpacked.texts.length).toBeLessThanOrEqual(5_000);
  };

  it("holds for arbitrary bytes behind every magic number", () => {
    fc.assert(
      fc.property(magics, anyBytes, (magic, bytes) => {
        const data = Buffer.from([...magic, ...bytes]);
        ends(data);
        ends(gzipSync(data));
        ends(zstdCompressSync(data));
        ends(aggregated(data.length === 0 ? "x" : data));
        ends(aggregatedOf(data));
      }),
      { numRuns: 150 },
    );
  });

  it("holds for a KPL record with any bytes changed, its MD5 as it was or right again", () => {
    const users = fc.array(
      fc.oneof(
        object.map(json),
        anyBytes.map((bytes) => Buffer.from(bytes)).filter(({ length }) => length > 0),
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(users, changes, fc.nat(), (texts, places, cut) => {
        const data = aggregated(...texts);
        for (const [place, byte] of places) data[place % data.length] = byte;
        ends(data);
        ends(data.subarray(0, cut % data.length));
        ends(aggregatedOf(bodyOf(data)));
        ends(aggregatedOf(bodyOf(data).subarray(0, cut % bodyOf(data).length)));
      }),
      { numRuns: 500 },
    );
  });

  it("holds for gzip and zstd with any bytes changed", () => {
    fc.assert(
      fc.property(objects, fc.nat(), fc.nat(255), (values, place, byte) => {
        for (const compress of [gzipSync, zstdCompressSync]) {
          const data = compress(json(values));
          data[place % data.length] = byte;
          ends(data);
          ends(aggregated(data));
        }
      }),
      { numRuns: 150 },
    );
  });
});
