import { expect, test } from "vitest";
import { lagOf } from "../../../../lib/query/live/lag.ts";

const shard = (number: number, iteratorAgeMs: number, staleMs = 0) => ({
  shardId: `shardId-${number}`,
  iteratorAgeMs,
  staleMs,
  committedThrough: null,
  openParts: 0,
});

test("the lag is that of the shard that is furthest behind, and the worst five are named", () => {
  const many = Array.from({ length: 1_000 }, (_, number) => shard(number, number % 7 === 0 ? 0 : number));
  expect(lagOf(many)).toEqual({
    lagMs: 999,
    // A seventh of them, 994 among them, is not behind.
    worst: [999, 998, 997, 996, 995].map((number) => ({ shardId: `shardId-${number}`, iteratorAgeMs: number })),
  });
});

test("a shard that was not looked at for a while counts as it was then: what waited may be counted since", () => {
  const shards = [shard(1, 340_000, 300_000), shard(2, 50_000), shard(3, 200_000, 230_000)];
  expect(lagOf(shards)).toEqual({
    lagMs: 50_000,
    worst: [
      { shardId: "shardId-2", iteratorAgeMs: 50_000 },
      { shardId: "shardId-1", iteratorAgeMs: 40_000 },
    ],
  });
});

test("there is none where no shard is behind, or there is no shard", () => {
  expect(lagOf([shard(1, 0)])).toEqual({ lagMs: 0, worst: [] });
  expect(lagOf([])).toEqual({ lagMs: 0, worst: [] });
});
