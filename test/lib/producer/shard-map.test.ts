import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashKey, type Shard, ShardMap } from "../../../lib/producer/shards.ts";

const end = 1n << 128n;

/** Shards that begin at 0 and at each of the given hashes. */
const shardsAt = (starts: readonly bigint[]): Shard[] => {
  const edges = [0n, ...new Set(starts)].toSorted((a, b) => (a < b ? -1 : 1));
  return [...new Set(edges)].map((firstHash, index, all) => ({
    id: `shard-${index}`,
    firstHash,
    lastHash: (all[index + 1] ?? end) - 1n,
  }));
};

describe("the shard map", () => {
  it("hashes a key by MD5 as an unsigned 128-bit number", () => {
    // RFC 1321, appendix A.5
    expect(hashKey("abc")).toBe(0x900150983cd24fb0d6963f7d28e17f72n);
  });

  it("finds the shard whose range holds the hash of a key, every time it is asked", () => {
    const starts = fc.array(fc.bigInt({ min: 0n, max: end - 1n }), { maxLength: 40 });
    fc.assert(
      fc.property(starts, fc.array(fc.string({ unit: "binary", minLength: 1 })), (edges, keys) => {
        const map = new ShardMap(shardsAt(edges).toReversed());
        for (const key of [...keys, ...keys]) {
          const shard = map.shards[map.indexOf(key)];
          expect(shard !== undefined && shard.firstHash <= hashKey(key) && hashKey(key) <= shard.lastHash).toBe(true);
        }
      }),
    );
  });

  it("finds the shard of a key on its very edges", () => {
    const edge = hashKey("someone");
    const [low, high] = [new ShardMap(shardsAt([edge])), new ShardMap(shardsAt([edge + 1n]))];
    expect([low.indexOf("someone"), high.indexOf("someone")]).toEqual([1, 0]);
  });

  it("gives the same answers after more persons than it remembers", () => {
    const map = new ShardMap(shardsAt([end / 3n, end / 2n]));
    const keys = Array.from({ length: 50_000 }, (_, index) => `person ${index}`);
    const first = keys.map((key) => map.indexOf(key));
    expect(keys.map((key) => map.indexOf(key))).toEqual(first);
  });

  it("refuses shards that leave a gap, overlap, or do not reach the ends", () => {
    const [first, second] = shardsAt([end / 2n]) as [Shard, Shard];
    expect(() => new ShardMap([])).toThrow("open shards up to hash key");
    expect(() => new ShardMap([second])).toThrow("without gap or overlap, got shard-1");
    expect(() => new ShardMap([first])).toThrow("end before");
    expect(() => new ShardMap([first, { ...second, firstHash: second.firstHash - 1n }])).toThrow(
      "without gap or overlap",
    );
  });
});
