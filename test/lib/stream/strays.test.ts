import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isProblem } from "../../../lib/problem.ts";
import { type HashRange, hashKeyOf, ownedBy } from "../../../lib/stream/hash-range.ts";
import { unpack } from "../../../lib/stream/unpack.ts";
import { aggregated, aggregatedBy } from "./aggregated.ts";

const all = 2n ** 128n - 1n;
const middle = 2n ** 127n;
const low: HashRange = { first: "0", last: String(middle - 1n) };
const high: HashRange = { first: String(middle), last: String(all) };
const isLow = (key: string): boolean => (createHash("md5").update(key).digest()[0] ?? 0) < 0x80;

/** AWS's library mixes keys up that look like the index of an array. */
const key = fc.string({ maxLength: 8 }).map((text) => `k${text}`);

/** Places of the strays of a record, of a shard with these keys. */
function straysOf(data: Buffer, shardKeys?: HashRange): number[] {
  const unpacked = unpack(data, shardKeys);
  if (isProblem(unpacked)) throw new Error(unpacked.detail);
  return [...(unpacked.strays ?? [])];
}

describe("a hash key", () => {
  it("is the MD5 of the partition key, as a number", () => {
    expect(hashKeyOf(Buffer.from("ann")).toString(16).padStart(32, "0")).toBe(
      createHash("md5").update("ann").digest("hex"),
    );
  });

  it.each<[range: HashRange, key: bigint, owned: boolean | undefined]>([
    [low, 0n, true],
    [low, middle - 1n, true],
    [low, middle, false],
    [high, middle, true],
    [high, all, true],
    [high, middle - 1n, false],
    [{ first: "5", last: "5" }, 5n, true],
    [{ first: "5", last: "5" }, 6n, false],
    [{ first: "0", last: String(all) }, 6n, undefined],
  ])("of %j: %d is its own: %s", (range, key, owned) => expect(ownedBy(range)?.(key)).toBe(owned));
});

describe("the strays of an aggregated record", () => {
  it("are the events of user records whose keys are another shard's: each is in one of the two", () => {
    const users = fc.array(fc.record({ key: key, events: fc.integer({ min: 1, max: 3 }) }), { minLength: 1 });
    fc.assert(
      fc.property(users, fc.boolean(), (all, zipped) => {
        const record = aggregatedBy(
          all.map(({ key, events }) => ({ key, text: Array.from({ length: events }, () => `{"k":1}`).join("\n") })),
        );
        const data = zipped ? gzipSync(record) : record;
        const places = all.flatMap(({ key, events }) => Array<string>(events).fill(key)).entries();
        const expected = [...places].filter(([, key]) => !isLow(key)).map(([place]) => place);
        expect(straysOf(data, low)).toEqual(expected);
        const total = all.reduce((sum, { events }) => sum + events, 0);
        expect(straysOf(data, high).length + expected.length).toBe(total);
      }),
    );
  });

  it("go by an explicit hash key before the partition key's own", () => {
    const [lowKey = "", highKey = ""] = ["a", "b", "c", "d", "e"]
      .toSorted((a, b) => Number(isLow(b)) - Number(isLow(a)))
      .filter((_, i) => i === 0 || i === 4);
    const data = aggregatedBy([
      { key: lowKey, text: "{}" },
      { key: lowKey, hashKey: String(all), text: "{}" },
      { key: highKey, hashKey: "5000000000", text: "{}" },
      { key: highKey, text: "{}" },
    ]);
    expect(straysOf(data, low)).toEqual([1, 3]);
    expect(straysOf(data, high)).toEqual([0, 2]);
  });

  it("are not looked for where the shard has every key, or its keys are not known, or nothing is aggregated", () => {
    const data = aggregated("{}", "{}", "{}");
    expect(straysOf(data)).toEqual([]);
    expect(straysOf(data, { first: "0", last: String(all) })).toEqual([]);
    expect(straysOf(Buffer.from("{}\n{}"), { first: "5", last: "5" })).toEqual([]);
  });

  it("are left out whether they can be read or not, and leave the others in their places", () => {
    const keys = ["a", "b", "c", "d", "e"];
    const data = aggregatedBy(keys.map((key) => ({ key, text: isLow(key) ? "{}" : "" })));
    const unpacked = unpack(data, low);
    if (isProblem(unpacked)) throw new Error(unpacked.detail);
    expect(unpacked.texts).toHaveLength(5);
    expect(keys.filter((_, place) => !unpacked.strays?.has(place))).toEqual(keys.filter(isLow));
  });
});
