import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { IdMap } from "../../../../lib/roll-up/dedupe/id-map.ts";
import { MessageHasher } from "../../../../lib/roll-up/dedupe/message-hash.ts";

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

test("thirty thousand ids of every make keep their own hashes, and so do the halves as far as chance allows", () => {
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
    const hasher = MessageHasher.ofProcess();
    const count = 30_000;
    for (let index = 0; index < count; index++) {
      hasher.hash("shop", make(index), hash);
      if (!ids.add(hash.high, hash.low, 1)) throw new Error(`${make(index)} has the hash of another`);
      lows.add(hash.low);
    }
    // Of thirty thousand 32-bit numbers drawn by chance one in ten times one is drawn again; five never are.
    expect(count - lows.size).toBeLessThan(5);
  }
});

const many = 10_000;
const anyHalf = (): number => (Math.random() * 2 ** 32) >>> 0;
/** Hashes that a sender might choose where the slot followed from them. */
const hostile: readonly [string, high: (index: number) => number, low: (index: number) => number][] = [
  ["with one low half", anyHalf, () => 7],
  ["with one high half", () => 7, anyHalf],
  ["with few low halves", anyHalf, (index) => index % 100],
  ["one after another", () => 1, (index) => index],
  ["one after another in the high half", (index) => index, () => 1],
  ["that are multiples of the capacity", () => 1, (index) => index * Math.ceil((many + 1) / 0.75)],
  ["that are multiples of a power of two", (index) => index << 12, (index) => (index << 20) >>> 0],
  ["that differ in two bytes", (index) => (index & 0xff) << 24, (index) => index >>> 8],
];

test.each(hostile)("ids %s are as short to search for as any", (_, high, low) => {
  for (const ids of [new IdMap(many), new IdMap()]) {
    for (let index = 0; index < many; index++) ids.add(high(index) >>> 0, low(index) >>> 0, 1);
    // Of 10,000 random ids in as many slots and a third more, the longest run is 70 to 200; without a secret, 10,000.
    expect(ids.longestRun).toBeLessThan(1_000);
  }
});

test.each([
  ...[24, 16, 8, 0].map((shift) => ["high", shift] as const),
  ...[24, 16, 8, 0].map((shift) => ["low", shift] as const),
])("ids that differ in the byte of the %s half at bit %i alone do not share a slot", (half, shift) => {
  const ids = new IdMap(256);
  for (let byte = 0; byte < 256; byte++) {
    const differing = ((byte << shift) | (0x01020304 & ~(0xff << shift))) >>> 0;
    ids.add(half === "high" ? differing : 7, half === "low" ? differing : 7, 1);
  }
  expect(ids.size).toBe(256);
  // Of 256 ids in as many slots and a third more, the longest run is about 20; of ids with one slot, 256.
  expect(ids.longestRun).toBeLessThan(128);
});

/** An id by its bytes, the first one the most significant. */
const ofBytes = (bytes: readonly number[]): [high: number, low: number] => {
  const id = Buffer.from(bytes);
  return [id.readUInt32BE(0), id.readUInt32BE(4)];
};

test.each([0, 1, 2, 3, 4, 5, 6])(
  "ids whose bytes %i and the next go up and down together do not share a slot",
  (place) => {
    const ids = new IdMap(256);
    for (let byte = 1; byte < 256; byte++) {
      const bytes = [7, 7, 7, 7, 7, 7, 7, 7];
      bytes[place] = byte;
      bytes[place + 1] = 256 - byte;
      ids.add(...ofBytes(bytes), 1);
    }
    expect(ids.longestRun).toBeLessThan(128);
  },
);

test("a map that is as full as can be finds what it has left after it forgot, over the end of the table too", () => {
  for (let round = 0; round < 200; round++) {
    const ids = new IdMap(0);
    const numbers = new Map<number, number>();
    for (let low = 1; low <= 16; low++) {
      const number = 1 + ((low * 7 + round) % 3);
      numbers.set(low, number);
      ids.add(round, low, number);
    }
    for (const below of [2, 3, 4]) {
      ids.forget(below);
      const left = [...numbers].filter(([, number]) => number >= below);
      expect(ids.size).toBe(left.length);
      expect([...numbers.keys()].filter((low) => ids.get(round, low) > 0)).toEqual(left.map(([low]) => low));
    }
  }
});

test("a map grows as often as it has to, is never fuller than three quarters, and forgets nothing by it", () => {
  for (const expected of [0, 15, 100]) {
    const ids = new IdMap(expected);
    const atFirst = ids.bytes;
    for (let count = 1; count <= 300; count++) {
      expect(ids.add(count, count * 3, count)).toBe(true);
      expect(ids.size).toBe(count);
      expect(ids.bytes).toBeGreaterThanOrEqual((count / 0.75) * 12);
      if (count <= expected) expect(ids.bytes).toBe(atFirst);
      else if (count > 16) expect(ids.bytes).toBeLessThanOrEqual((count / 0.75) * 12 * 1.5 + 12 * 16);
    }
    for (let count = 1; count <= 300; count++) expect(ids.get(count, count * 3)).toBe(count);
    expect(ids.add(1, 3, 400)).toBe(false);
    expect([ids.get(1, 3), ids.size]).toEqual([400, 300]);
  }
});

test("an id keeps its number where it comes again with the same or a lower one, in a full map too", () => {
  const ids = new IdMap(16);
  for (let low = 1; low <= 17; low++) ids.add(0, low, 5);
  const { bytes } = ids;
  for (const number of [4, 5]) expect(ids.add(0, 17, number)).toBe(false);
  expect(ids.get(0, 17)).toBe(5);
  expect(ids.bytes).toBe(bytes);
});

test("the longest run counts full slots, also over the end of the table", () => {
  const ids = new IdMap(16);
  expect(ids.longestRun).toBe(0);
  ids.add(1, 1, 1);
  expect(ids.longestRun).toBe(1);
  for (let low = 2; low <= 17; low++) ids.add(1, low, 1);
  expect(ids.longestRun).toBeGreaterThan(1);
  expect(ids.longestRun).toBeLessThanOrEqual(17);
});

test("where an id lies is another process's secret", () => {
  const program = `
    import { IdMap } from "./lib/roll-up/dedupe/id-map.ts";
    const ids = new IdMap(100);
    for (let low = 1; low <= 100; low++) ids.add(low, low, 1);
    console.log(ids.toBytes().toString("hex"));`;
  const orders = [1, 2].map(() =>
    execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" }).trim(),
  );
  expect(orders[0]).not.toBe(orders[1]);
  const [one = [], other = []] = orders.map((hex) => hex.match(/.{16}/g)?.sort());
  expect(one).toEqual(other);
});
