import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isProblem } from "../../../lib/problem.ts";
import { unpack } from "../../../lib/stream/unpack.ts";
import { aggregated, aggregatedOf, bodyOf } from "./aggregated.ts";
import { json, object, objects, reasonOf, valuesOf } from "./unpacked.ts";

const plainValue = (value: unknown): unknown => JSON.parse(json(value));

const forms: [name: string, form: (values: readonly unknown[]) => string][] = [
  ["an array", json],
  ["an array over many lines", (values) => JSON.stringify(values, undefined, 2)],
  ["NDJSON", (values) => values.map(json).join("\n")],
  ["NDJSON that ends with a line's end", (values) => values.map((value) => `${json(value)}\n`).join("")],
  ["NDJSON with CRLF", (values) => values.map((value) => `${json(value)}\r\n`).join("")],
  ["NDJSON with blank lines", (values) => `\n\n${values.map((value) => `${json(value)}\n \n\t\n`).join("\r\n")}`],
  ["NDJSON after a byte order mark", (values) => `\ufeff${values.map(json).join("\n")}`],
  ["an array after a byte order mark", (values) => `\ufeff${json(values)}`],
];

const wrappings: [name: string, wrap: (data: Buffer) => Buffer][] = [
  ["as it is", (data) => data],
  ["in gzip", gzipSync],
  ["in zstd", zstdCompressSync],
  ["in a KPL record", (data) => aggregated(data)],
  ["in gzip in a KPL record", (data) => aggregated(gzipSync(data))],
  ["in zstd in a KPL record", (data) => aggregated(zstdCompressSync(data))],
  ["in a KPL record in gzip", (data) => gzipSync(aggregated(data))],
  ["in zstd in a KPL record in zstd", (data) => zstdCompressSync(aggregated(zstdCompressSync(data)))],
];

describe("a record's events", () => {
  for (const [wrapping, wrap] of wrappings) {
    it.each(forms)(`are found, all and in order, ${wrapping}, in %s`, (_name, form) => {
      fc.assert(
        fc.property(objects, (values) => {
          expect(valuesOf(wrap(Buffer.from(form(values))))).toEqual(values.map(plainValue));
        }),
        { numRuns: 8 },
      );
    });

    it(`are one ${wrapping}, for one object on one line, on many, and after a byte order mark`, () => {
      fc.assert(
        fc.property(
          object,
          fc.constantFrom("", "\ufeff", "\n", " "),
          fc.constantFrom(0, 1, 3),
          (value, before, indent) => {
            const text = `${before}${JSON.stringify(value, undefined, indent)}${before === "\ufeff" ? "" : before}`;
            expect(valuesOf(wrap(Buffer.from(text)))).toEqual([plainValue(value)]);
            expect(valuesOf(wrap(Buffer.from(text.replaceAll("\n", "\r\n"))))).toEqual([plainValue(value)]);
          },
        ),
        { numRuns: 8 },
      );
    });
  }

  it("are one for an object whose commas begin its lines", () => {
    expect(valuesOf('{ "context": {}\n, "type": "page"\n}')).toEqual([{ context: {}, type: "page" }]);
  });

  it("are found in every user record of a KPL record, each in its own form", () => {
    const data = aggregated(
      '{"a":1}',
      gzipSync('[{"a":2},{"a":3}]'),
      zstdCompressSync('{"a":4}\n{"a":5}\n'),
      '\ufeff{\n  "a": 6\n}',
      "[]",
      gzipSync('{"a":7}'),
    );
    const expected = [1, 2, 3, 4, 5, 6, 7].map((a) => ({ a }));
    expect(valuesOf(data)).toEqual(expected);
    expect(valuesOf(gzipSync(data))).toEqual(expected);
  });

  it.each([
    ["gzip", gzipSync],
    ["zstd", zstdCompressSync],
  ])("are found in all parts of %s that was written in parts", (_name, compress) => {
    const parts = ['{"a":1}\n', "", '{"a":2}\n{"a":', "3}\n"].map((text) => compress(Buffer.from(text)));
    expect(valuesOf(Buffer.concat(parts))).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
    expect(valuesOf(Buffer.concat([...parts, Buffer.alloc(512)]))).toHaveLength(3);
    expect(reasonOf(Buffer.concat([...parts, compress(Buffer.from('{"a":4}')).subarray(0, -1)]))).toBe("unreadable");
    expect(reasonOf(Buffer.concat([...parts, Buffer.from("more")]))).toBe("unreadable");
  });

  it("are none for an empty array", () => {
    expect(valuesOf("[]")).toEqual([]);
    expect(valuesOf(" [ ] ")).toEqual([]);
  });

  it("beside a broken line are all there", () => {
    const lines = ['{"a":1', '{"b":"}', "garbage", "{}}", "[", '"', "}", '{"c":'];
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        objects,
        objects,
        fc.constantFrom("\n", "\r\n"),
        (broken, before, after, end) => {
          for (const values of [
            [...before.map(json), broken, ...after.map(json)],
            [broken, ...after.map(json)],
          ]) {
            // A text that begins with a bracket is an array or nothing.
            if (values[0]?.startsWith("[")) continue;
            const unpacked = unpack(Buffer.from(values.join(end)));
            expect(isProblem(unpacked) ? unpacked : unpacked.texts.map((text) => String(text).trim())).toEqual(values);
          }
        },
      ),
    );
  });

  it("beside a broken user record are all there, and the broken one has its place among them", () => {
    const good = '{"a":1}';
    for (const broken of [
      gzipSync(good).subarray(0, -4),
      zstdCompressSync(good).subarray(0, -1),
      Buffer.from([0xff]),
      Buffer.from("["),
    ]) {
      expect(valuesOf(aggregated(good, broken, gzipSync(good)))).toEqual([{ a: 1 }, "unreadable", { a: 1 }]);
    }
    expect(valuesOf(aggregatedOf(Buffer.concat([bodyOf(aggregated(good)), userRecord(Buffer.alloc(0))])))).toEqual([
      { a: 1 },
      "unreadable",
    ]);
  });

  it("hold a KPL record in a KPL record to be no JSON", () => {
    expect(valuesOf(aggregated(aggregated("{}"), "{}"))).toEqual(["unreadable", {}]);
  });
});

/** A `Record` of the aggregated format, with key 0, of fewer than 120 bytes. */
function userRecord(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x1a, data.length + 4, 0x08, 0, 0x1a, data.length]), data]);
}

describe("a record that cannot be taken apart", () => {
  it.each<[string, Buffer | string]>([
    ["is empty", ""],
    ["is not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ["holds a surrogate in UTF-8", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ["is an array without an end", '[{"a":1},'],
    ["is an array in an array without an end", "[[1]"],
    ["is two arrays", "[1]\n[2]"],
    ["begins as gzip and goes on as text", Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from('{"a":1}')])],
    ["begins as zstd and ends", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
    ["is gzip of nothing", gzipSync("")],
    ["is zstd of nothing", zstdCompressSync("")],
    ["is gzip in gzip", gzipSync(gzipSync('{"a":1}'))],
    ["begins as a KPL record and ends", Buffer.from([0xf3, 0x89, 0x9a, 0xc2])],
    ["is a KPL record with another MD5", Buffer.concat([aggregated("{}").subarray(0, -1), Buffer.from([0])])],
    ["is a KPL record cut short", aggregated('{"a":1}').subarray(0, -3)],
    ["is a KPL record of broken protobuf", aggregatedOf(Buffer.from([0x1a, 0x7f]))],
    ["is a KPL record whose user record has no data", aggregatedOf(Buffer.from([0x1a, 2, 0x08, 0]))],
    [
      "is a KPL record whose data is longer than it",
      aggregatedOf(Buffer.from([0x1a, 6, 0x08, 0, 0x1a, 9, 0x7b, 0x7d])),
    ],
    ["is a KPL record whose data is a number", aggregatedOf(Buffer.from([0x1a, 2, 0x18, 0]))],
    [
      "is a KPL record with a length that never ends",
      aggregatedOf(Buffer.from([0x1a, ...Array<number>(12).fill(0xff)])),
    ],
  ])("is unreadable as a whole where it %s", (_title, data) => {
    expect(reasonOf(data)).toBe("unreadable");
  });

  it("is unreadable wherever gzip or zstd is cut off", () => {
    const text = json(Array.from({ length: 40 }, (_, index) => ({ index, text: "x".repeat(index) })));
    for (const whole of [gzipSync(text), zstdCompressSync(text)]) {
      for (let length = 4; length < whole.length; length++)
        expect(reasonOf(whole.subarray(0, length))).toBe("unreadable");
    }
  });
});
