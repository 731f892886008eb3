import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { isProblem } from "../../../lib/problem.ts";
import { unpack } from "../../../lib/stream/unpack.ts";
import { aggregated, aggregatedOf, bodyOf } from "./aggregated.ts";
import { reasonOf, valuesOf } from "./unpacked.ts";

const mib = 1024 * 1024;

describe("the limits of a record", () => {
  const padded = (bytes: number): Buffer => Buffer.from('{"a":1}'.padEnd(bytes));

  it("are 1 MiB as stored", () => {
    expect(valuesOf(padded(mib))).toEqual([{ a: 1 }]);
    expect(reasonOf(padded(mib + 1))).toBe("too-large");
  });

  it.each([
    ["in gzip", gzipSync],
    ["in zstd", zstdCompressSync],
    ["in gzip in a KPL record", (data: Buffer) => aggregated(gzipSync(data))],
    ["in zstd in a KPL record", (data: Buffer) => aggregated(zstdCompressSync(data))],
    [
      "in halves in a KPL record",
      (data: Buffer) => aggregated(gzipSync(data.subarray(0, 4 * mib)), gzipSync(data.subarray(4 * mib))),
    ],
    [
      "in zstd in parts",
      (data: Buffer) =>
        Buffer.concat([zstdCompressSync(data.subarray(0, 4 * mib)), zstdCompressSync(data.subarray(4 * mib))]),
    ],
  ])("are 8 MiB when unpacked, %s", (_name, wrap) => {
    // The frame of a KPL record is a few bytes of its own.
    expect(reasonOf(wrap(padded(8 * mib - 100)))).not.toBe("too-large");
    expect(reasonOf(wrap(padded(8 * mib + 1)))).toBe("too-large");
    expect(reasonOf(wrap(Buffer.alloc(64 * mib)))).toBe("too-large");
  });

  it("are 8 MiB to the byte", () => {
    expect(valuesOf(gzipSync(padded(8 * mib)))).toEqual([{ a: 1 }]);
    expect(valuesOf(zstdCompressSync(padded(8 * mib)))).toEqual([{ a: 1 }]);
    expect(reasonOf(Buffer.concat([zstdCompressSync(padded(8 * mib)), zstdCompressSync(" ")]))).toBe("too-large");
  });

  it("are 8 MiB for the user records of a KPL record together, compressed or not, in any order", () => {
    const [large, small] = [zstdCompressSync(padded(8 * mib - 1_000)), padded(2_000)];
    expect(reasonOf(aggregated(large, small))).toBe("too-large");
    expect(reasonOf(aggregated(small, large))).toBe("too-large");
    const half = padded(4 * mib + 1);
    expect(
      reasonOf(gzipSync(aggregatedOf(Buffer.concat([bodyOf(aggregated(zstdCompressSync(half))), field(half)])))),
    ).toBe("too-large");
  });

  it("are 5,000 events in every form", () => {
    const events = (count: number) => Array.from({ length: count }, () => "{}");
    const inForms = (texts: string[]): Buffer[] => [
      Buffer.from(texts.join("\n")),
      Buffer.from(`[${texts.join()}]`),
      aggregated(...texts),
      aggregated(`[${texts.slice(1).join()}]`, "{}"),
      gzipSync(texts.join("\n")),
    ];
    for (const data of inForms(events(5_000))) expect(valuesOf(data)).toHaveLength(5_000);
    for (const data of inForms(events(5_001))) expect(reasonOf(data)).toBe("too-large");
    for (const data of inForms(events(10_000))) expect(reasonOf(data)).toBe("too-large");
  });

  it("hold for an aggregated record of broken bombs, each of which unpacks to nearly 8 MiB before it breaks", () => {
    const bomb = zstdCompressSync(Buffer.alloc(8 * mib)).subarray(0, -1);
    expect(reasonOf(aggregated(...Array<Buffer>(3_000).fill(bomb)))).toBe("too-large");
  });

  it("hold for an endless row of empty frames", () => {
    expect(reasonOf(Buffer.concat(Array<Buffer>(20_000).fill(zstdCompressSync(""))))).toBe("too-large");
  });

  it("hold for empty frames in user records too, of which a few kilobytes can bring a million", () => {
    const user = field(Buffer.concat([...Array<Buffer>(10).fill(zstdCompressSync("")), zstdCompressSync("{}")]));
    const record = (users: number) => gzipSync(aggregatedOf(Buffer.concat(Array<Buffer>(users).fill(user))));
    expect(reasonOf(record(100))).toBeUndefined();
    expect(reasonOf(record(1_000))).toBe("too-large");
  });

  it("take every decompression to cost two kilobytes, so that a part of records without events is full sometime", () => {
    const users = Array.from({ length: 100 }, () => zstdCompressSync("[]"));
    const unpacked = unpack(aggregated(...users));
    expect(unpacked).toMatchObject({ texts: [] });
    expect(isProblem(unpacked) ? 0 : unpacked.bytes).toBeGreaterThanOrEqual(100 * 2_048);
  });

  it("keep a bomb of brackets from being parsed: it would take more memory than the function has", () => {
    const before = process.memoryUsage().rss;
    const unpacked = unpack(gzipSync(`{"a":\n${"[".repeat(8 * mib - 10)}`));
    expect(isProblem(unpacked) ? 0 : unpacked.texts).toHaveLength(2);
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * mib);
  });
});

/** A user record of any length as a field of an aggregated record. */
function field(data: Buffer): Buffer {
  const record = Buffer.concat([Buffer.from([0x08, 0, 0x1a]), varint(data.length), data]);
  return Buffer.concat([Buffer.from([0x1a]), varint(record.length), record]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}
