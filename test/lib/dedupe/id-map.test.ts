import fc from "fast-check";
import { expect, test } from "vitest";
import { IdMap } from "../../../lib/dedupe/id-map.ts";
import { hashMessageId } from "../../../lib/dedupe/message-hash.ts";

const half = fc.oneof(fc.nat({ max: 3 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const entry = fc.tuple(half, half, fc.integer({ min: 1, max: 9 }));

test("a map of ids answers like a map of texts that keeps the greatest number", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 400 }), (entries) => {
      const ids = new IdMap(1);
      const model = new Map<string, number>();
      for (const [high, low, value] of entries) {
        const key = `${high} ${low}`;
        expect(ids.add(high, low, value)).toBe(!model.has(key));
        model.set(key, Math.max(value, model.get(key) ?? 0));
      }
      expect(ids.size).toBe(model.size);
      for (const [high, low] of entries) expect(ids.get(high, low)).toBe(model.get(`${high} ${low}`));
      expect(ids.get(0xdead_beef, 0x1234_5678)).toBe(model.get(`${0xdead_beef} ${0x1234_5678}`) ?? 0);
    }),
  );
});

test("ids come back from their bytes", () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 400 }), (entries) => {
      const ids = new IdMap();
      for (const [high, low] of entries) ids.add(high, low, 1);
      const again = new IdMap();
      again.addBytes(ids.toBytes(), 7);
      expect(again.size).toBe(ids.size);
      for (const [high, low] of entries) expect(again.get(high, low)).toBe(7);
    }),
  );
});

test("a map that forgot ids answers like one that never had them, also for those that were pushed aside", () => {
  // Few homes: nearly every id is pushed aside by another, around the end of the table too.
  const crowded = fc.tuple(fc.nat({ max: 40 }), fc.constantFrom(0, 1, 20, 21, 22), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(crowded, entry), { maxLength: 200 }),
      fc.integer({ min: 0, max: 10 }),
      (all, below) => {
        const ids = new IdMap(1);
        const model = new Map<string, number>();
        for (const [high, low, value] of all) {
          ids.add(high, low, value);
          model.set(`${high} ${low}`, Math.max(value, model.get(`${high} ${low}`) ?? 0));
        }
        ids.forget(below);
        for (const [key, value] of model) if (value < below) model.delete(key);
        expect(ids.size).toBe(model.size);
        for (const [high, low] of all) expect(ids.get(high, low)).toBe(model.get(`${high} ${low}`) ?? 0);
        for (const [high, low] of all)
          expect(ids.add(high, low, 1)).toBe(!model.has(`${high} ${low}`) && !!model.set(`${high} ${low}`, 1));
      },
    ),
    { numRuns: 300 },
  );
});

test("an id takes 16 bytes in a map made for as many, and at most 24 in one that grew", () => {
  const made = new IdMap(100_000);
  const grown = new IdMap();
  let most = 0;
  for (let index = 1; index <= 100_000; index++) {
    made.add(index, Math.imul(index, 0x9e3779b1) >>> 0, 1);
    grown.add(index, Math.imul(index, 0x9e3779b1) >>> 0, 1);
    if (index > 1_000) most = Math.max(most, grown.bytes / index);
  }
  expect(most).toBeLessThan(24.1);
  expect(made.bytes / 100_000).toBeLessThan(16.1);
});

test("half a million ids of every make keep their own hashes, and so do the halves as far as chance allows", () => {
  const makes: ((index: number) => string)[] = [
    (index) => String(index),
    (index) => `shop-${index}-9f3a`,
    (index) => `ajs-next-${index * 7919}-00000000-0000-4000-8000-000000000000`,
    (index) => "x".repeat(index % 90) + index,
  ];
  for (const make of makes) {
    const ids = new IdMap();
    const lows = new Set<number>();
    const hash = { high: 0, low: 0 };
    const count = 500_000;
    for (let index = 0; index < count; index++) {
      hashMessageId(make(index), hash);
      if (!ids.add(hash.high, hash.low, 1)) throw new Error(`${make(index)} has the hash of another`);
      lows.add(hash.low);
    }
    // Of half a million 32-bit numbers drawn by chance about 29 are drawn again; 60 never happens.
    expect(count - lows.size).toBeLessThan(60);
  }
});
