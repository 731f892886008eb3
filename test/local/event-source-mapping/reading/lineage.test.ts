import { describe, expect, test } from "vitest";
import { readableShards } from "../../../../local/event-source-mapping/reading/lineage.ts";

const shards = [
  { shardId: "a" },
  { shardId: "b" },
  { shardId: "ab", parentShardId: "a", adjacentParentShardId: "b" },
  { shardId: "x", parentShardId: "long gone" },
];

describe("readable shards", () => {
  test.each([
    { finished: [], readable: ["a", "b", "x"] },
    { finished: ["a"], readable: ["b", "x"] },
    { finished: ["a", "b"], readable: ["ab", "x"] },
    { finished: ["a", "b", "ab", "x"], readable: [] },
  ])("after $finished are $readable", ({ finished, readable }) => {
    expect(readableShards(shards, (shardId) => finished.includes(shardId))).toEqual(readable);
  });
});
