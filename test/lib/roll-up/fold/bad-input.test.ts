import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { Reason } from "../../../../lib/problem.ts";
import type { PartFold } from "../../../../lib/roll-up/fold/part-fold.ts";
import { aggregated, aggregatedOf } from "../../stream/aggregated.ts";
import { countOf, folded, order, record, rowsOf } from "./shop.ts";

/** A good event on either side of what is tested, in records of their own: they count whatever stands between. */
function between(data: string | Buffer | readonly unknown[]): PartFold {
  fold = folded([record([order()], 1), record(data, 2), record([order()], 3)]);
  return fold;
}
let fold: PartFold;

const reasons = (): (Reason | undefined)[] => fold.rejected.map(({ problem }) => problem.reason);

// Whatever a test puts between them, the two good events count and every event is accounted for.
afterEach(() => {
  const { events, counted, duplicate, quarantined, late } = fold.tally;
  expect(events).toBe(counted + duplicate + quarantined + late);
  expect(fold.rejected).toHaveLength(quarantined + late);
  expect(countOf(fold, "orders")).toBeGreaterThanOrEqual(2);
});

describe("bad input is rejected with its reason, and harms nothing beside it", () => {
  it.each<[title: string, data: string | Buffer, reason: Reason]>([
    ["garbage bytes", Buffer.from([0, 255, 254, 1, 128, 7]), "unreadable"],
    ["an empty record", "", "unreadable"],
    ["white space", " \n \n", "unreadable"],
    ["truncated gzip", gzipSync(JSON.stringify(order())).subarray(0, 40), "unreadable"],
    ["truncated zstd", zstdCompressSync(JSON.stringify(order())).subarray(0, 40), "unreadable"],
    ["a bomb in gzip", gzipSync(Buffer.alloc(100 * 1024 * 1024)), "too-large"],
    ["a bomb in zstd", zstdCompressSync(Buffer.alloc(100 * 1024 * 1024)), "too-large"],
    [
      "a bomb in a KPL record",
      aggregated(JSON.stringify(order()), zstdCompressSync(Buffer.alloc(100 * 1024 * 1024))),
      "too-large",
    ],
    [
      "a KPL record with another MD5",
      Buffer.concat([aggregated("{}").subarray(0, -1), Buffer.from([0])]),
      "unreadable",
    ],
    ["broken JSON", '{"type":"track","event":"Order Completed"', "unreadable"],
    ["JSON that is a list in a list", "[[]]", "invalid"],
    ["JSON that is a number", "42", "invalid"],
    ["JSON that is null", "null", "invalid"],
    ["JSON that is a text", '"Order Completed"', "invalid"],
    ["10,000 events in a record", `[${Array(10_000).fill(JSON.stringify(order())).join()}]`, "too-large"],
    ["10,000 events in gzip", gzipSync(Array(10_000).fill(JSON.stringify(order())).join("\n")), "too-large"],
    ["an event of 2 MB", JSON.stringify(order({ text: "x".repeat(2_000_000) })), "too-large"],
    ["an event of 2 MB in gzip", gzipSync(JSON.stringify(order({ text: "x".repeat(2_000_000) }))), "too-large"],
    [
      "an event of 2 MB in gzip, over many lines",
      gzipSync(JSON.stringify(order({ text: "x".repeat(2_000_000) }), undefined, 2)),
      "too-large",
    ],
    ["an event of 33 KiB", JSON.stringify(order({ text: "x".repeat(33 * 1024) })), "too-large"],
    ["a timestamp of the year 1001", JSON.stringify(order({ timestamp: "1001-01-01T00:00:00Z" })), "late"],
    ["a timestamp of the year 9999", JSON.stringify(order({ timestamp: "9999-12-31T23:59:59.999Z" })), "early"],
    ["a timestamp of the year 10000", JSON.stringify(order({ timestamp: "+010000-01-01T00:00:00.000Z" })), "invalid"],
    ["a timestamp of a week", JSON.stringify(order({ timestamp: "2026-W05" })), "invalid"],
    ["a timestamp that is a small number", JSON.stringify(order({ timestamp: 1_769 })), "invalid"],
    ["a sum of 1e999", JSON.stringify(order()).replace('"revenue":1', '"revenue":1e999'), "invalid"],
    ["a sum of -1e999", JSON.stringify(order()).replace('"revenue":1', '"revenue":-1e999'), "invalid"],
    ["a sum near the largest number", JSON.stringify(order({ properties: { revenue: 1.7e308 } })), "invalid"],
    ['a sum of the text "1e999"', JSON.stringify(order({ properties: { revenue: "1e999" } })), "invalid"],
    ['a sum of "NaN"', JSON.stringify(order({ properties: { revenue: "NaN" } })), "invalid"],
    ['a sum of "Infinity"', JSON.stringify(order({ properties: { revenue: "Infinity" } })), "invalid"],
    ['a sum of "0x10"', JSON.stringify(order({ properties: { revenue: "0x10" } })), "invalid"],
    ['a sum of "12,50"', JSON.stringify(order({ properties: { revenue: "12,50" } })), "invalid"],
    ["a sum of 41 digits", JSON.stringify(order({ properties: { revenue: `0.${"0".repeat(39)}` } })), "invalid"],
    ["a sum of an empty text", JSON.stringify(order({ properties: { revenue: "" } })), "invalid"],
    ["a sum of a list", JSON.stringify(order({ properties: { revenue: [5] } })), "invalid"],
    ["a sum of true", JSON.stringify(order({ properties: { revenue: true } })), "invalid"],
    ["a type of an object's own", JSON.stringify(order({ type: "__proto__" })), "invalid"],
    ["a deep type", `{"type":${"[".repeat(16_000)}${"]".repeat(16_000)}}`, "invalid"],
    [
      "a deep sum",
      `{"type":"track","event":"Order Completed","properties":{"revenue":${"[".repeat(16_000)}${"]".repeat(16_000)}}}`,
      "invalid",
    ],
    ["a bomb of brackets over lines", gzipSync(`{\n${"[".repeat(8_000_000)}`), "unreadable"],
  ])("%s", (title, data, reason) => {
    const { tally } = between(data);
    expect(tally).toMatchObject({ counted: 2, late: reason === "late" ? 1 : 0 });
    expect(new Set(reasons()).has(reason)).toBe(true);
    // A text of two lines is two events, as far as anybody can tell.
    expect(fold.rejected).toHaveLength(title.includes("brackets over lines") ? 2 : 1);
    expect(fold.rejected[0]?.record.sequenceNumber).toBe("2");
  });

  it("good events in the same record count", () => {
    between([order(), "x", order({ timestamp: "1001-01-01T00:00:00Z" }), order(), { type: "click" }]);
    expect(fold.tally).toEqual({ events: 7, counted: 4, duplicate: 0, quarantined: 2, late: 1 });
    expect(fold.rejected.map(({ index }) => index)).toEqual([1, 2, 4]);
  });

  it("an event with one bad number counts in none of its metrics", () => {
    between([order({ properties: { revenue: "much", plan: "pro" } })]);
    expect(countOf(fold, "orders")).toBe(2);
    expect(countOf(fold, "paid")).toBe(0);
    expect(fold.rejected[0]?.problem.detail).toMatch(/^properties\.revenue: expected a number .*, got "much"$/);
  });
});

describe("odd input counts", () => {
  it("in the minute of its arrival, where it has no timestamp", () => {
    between([order({ timestamp: undefined })]);
    expect(rowsOf(fold, "orders").map(({ bucketMs, count }) => [new Date(bucketMs).toISOString(), count])).toEqual([
      ["2026-01-31T11:59:00.000Z", 2],
      ["2026-01-31T12:00:00.000Z", 1],
    ]);
  });

  it.each<[title: string, country: unknown, group: string]>([
    ["of 5,000 bytes in the group of others", "x".repeat(5_000), "(other)"],
    ["with quotes as it is", `"'; DROP TABLE metrics; --`, `"'; DROP TABLE metrics; --`],
    ["with control characters in their stead", "a\u0000b\u001bc\u0085d\n", "a\ufffdb\ufffdc\ufffdd\ufffd"],
    ["with emoji as it is", "👩‍👩‍👧 🇩🇪", "👩‍👩‍👧 🇩🇪"],
    ["with a lone surrogate in its stead", "a\ud800", "a\ufffd"],
    ["named as an object's own", "__proto__", "__proto__"],
    ["that is null with those that have none", null, "(none)"],
    ["that is a number as its text", 49, "49"],
    ["that is an object in the group of others", { code: "DE" }, "(other)"],
    ["that is a list in the group of others", ["DE"], "(other)"],
  ])("with a dimension %s", (_title, country, group) => {
    between([order({ context: { geo: { country } } })]);
    const groups = rowsOf(fold, "orders").map(({ dimensions, count }) => [dimensions[0]?.[1], count]);
    expect(groups).toEqual(
      group === "(none)"
        ? [["(none)", 3]]
        : [
            ["(none)", 2],
            [group, 1],
          ],
    );
  });

  it("in a group for each whole number, though a double does not tell them apart", () => {
    const ids = ["2053013552326770905", "2053013552326770906", '"2053013552326770906"', "-9007199254740993"];
    between(ids.map((id) => `{"type":"page","context":{"geo":{"country": ${id}}}}`).join("\n"));
    expect(rowsOf(fold, "page_views").map(({ dimensions, count }) => [dimensions[0]?.[1], count])).toEqual([
      ["2053013552326770905", 1],
      ["2053013552326770906", 2],
      ["-9007199254740993", 1],
    ]);
  });

  it("in the group that a flat name says", () => {
    between([order({ context: { "geo.country": "DE" } }), order({ "context.geo.country": "DE" })]);
    expect(rowsOf(fold, "orders").map(({ dimensions, count }) => [dimensions[0]?.[1], count])).toEqual([
      ["(none)", 2],
      ["DE", 2],
    ]);
  });

  it("with the number that a flat name says, in a sum", () => {
    between([{ ...order(), properties: undefined, "properties.revenue": 5 }]);
    const sums = rowsOf(fold, "revenue").map(({ numbers }) => numbers?.sum ?? 0);
    expect(sums.reduce((sum, each) => sum + each, 0)).toBe(7);
  });

  it("in one row for two lone surrogates: they are the same bytes in the store", () => {
    between([order({ context: { geo: { country: "\ud800" } } }), order({ context: { geo: { country: "\udc12" } } })]);
    expect(rowsOf(fold, "orders").map(({ dimensions, count }) => [dimensions[0]?.[1], count])).toEqual([
      ["(none)", 2],
      ["\ufffd", 2],
    ]);
  });

  it("wherever it has keys that every object inherits", () => {
    const keys = '"__proto__":{"x":1},"constructor":{"prototype":{"y":1}},"hasOwnProperty":1,"toString":null';
    const text = JSON.stringify(order()).replaceAll("{", `{${keys},`);
    between(`${text}\n{"type":"page","context":{"__proto__":{"geo":{"country":"DE"},"page":{"path":"/"}}}}`);
    expect(fold.tally.counted).toBe(4);
    expect(rowsOf(fold, "page_views")).toMatchObject([
      {
        dimensions: [
          ["country", "(none)"],
          ["path", "(none)"],
        ],
        count: 1,
      },
    ]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it("with anything deep inside, in a dimension too", () => {
    const deep = `${"[".repeat(16_000)}${"]".repeat(16_000)}`;
    between(`{"type":"page","context":{"geo":{"country":${deep}}}}\n{"type":"page","properties":${deep}}`);
    expect(rowsOf(fold, "page_views").map(({ dimensions, count }) => [dimensions[0]?.[1], count])).toEqual([
      ["(other)", 1],
      ["(none)", 1],
    ]);
  });

  it("with a number in a text, in a sum", () => {
    const prices = ["12.50", "-0.5", "+3", ".25", "1e2", "7.", `0.${"0".repeat(38)}`];
    between(prices.map((revenue) => order({ properties: { revenue, currency: "EUR" } })));
    expect(rowsOf(fold, "revenue").find(({ dimensions }) => dimensions[0]?.[1] === "EUR")).toMatchObject({
      count: 7,
      numbers: { sum: 122.25, min: -0.5, max: 100 },
    });
  });

  it("in the other metrics, where it lacks the number that one adds up", () => {
    between([order({ properties: {} }), order({ properties: { revenue: null } }), order({ properties: "none" })]);
    expect(fold.tally.counted).toBe(5);
    expect(countOf(fold, "orders")).toBe(5);
    expect(countOf(fold, "revenue")).toBe(2);
  });

  it("in no metric, where none looks at it", () => {
    between([{ type: "alias" }, { type: "track", event: "constructor" }, { type: "identify", name: "__proto__" }]);
    expect(fold.tally.counted).toBe(5);
    expect(fold.rows()).toHaveLength(2);
  });
});

describe("input that costs much fills a part, so that a part stays within its time", () => {
  const bomb = zstdCompressSync(Buffer.alloc(8 * 1024 * 1024));
  it.each<[title: string, recordsMax: number, data: Buffer]>([
    ["bombs", 6, gzipSync(Buffer.alloc(9 * 1024 * 1024))],
    ["white space in gzip", 6, gzipSync(Buffer.alloc(8 * 1024 * 1024, " "))],
    ["empty fields of a KPL record in gzip", 7, gzipSync(aggregatedOf(Buffer.alloc(7 * 1024 * 1024)))],
    ["broken bombs", 48, bomb.subarray(0, -1)],
    ["KPL records of broken bombs", 48, aggregated(bomb.subarray(0, -1))],
  ])("%s", (_title, recordsMax, data) => {
    fold = folded([record([order(), order()])]);
    for (let records = 0; records < recordsMax; records++) fold.add(record(data));
    expect(fold.isFull).toBe(true);
  });

  it("each bomb as much as a record may unpack to", () => {
    fold = folded([]);
    const full = gzipSync(Buffer.alloc(9 * 1024 * 1024));
    for (let records = 0; records < 5; records++) fold.add(record(full));
    expect(fold.isFull).toBe(false);
    fold.add(record(full));
    expect(fold.isFull).toBe(true);
    fold = folded([record([order(), order()])]);
  });

  it.each<[title: string, data: string | Buffer]>([
    ["text", "garbage"],
    ["bytes", Buffer.from([0, 255, 254, 1, 128, 7])],
  ])("and %s that costs little does not", (_title, data) => {
    fold = folded([record([order(), order()])]);
    for (let records = 0; records < 1_000; records++) fold.add(record(data));
    expect(fold.isFull).toBe(false);
  });
});
