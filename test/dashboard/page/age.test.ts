import { describe, expect, it } from "vitest";
import { ageInWords, ageLevel } from "../../../dashboard/page/age.ts";
import { shardSummary, shortShardId, worstFirst } from "../../../dashboard/sections/shard-list.ts";
import type { ShardState } from "../../../lib/query/shards.ts";

const minutes = 60_000;

describe("an iterator age", () => {
  it.each([
    [0, "0 s"],
    [499, "0 s"],
    [12_000, "12 s behind"],
    [59_499, "59 s behind"],
    [59_500, "1 min behind"],
    [6 * minutes + 59_000, "6 min behind"],
    [80 * minutes, "1 h 20 min behind"],
    [120 * minutes, "2 h behind"],
    [51 * 60 * minutes, "2 d 3 h behind"],
  ])("of %i ms is called %s", (ageMs, words) => {
    expect(ageInWords(ageMs)).toBe(words);
  });

  it("is amber from one minute and red from five", () => {
    const ages = [0, minutes - 1, minutes, 5 * minutes - 1, 5 * minutes];
    expect(ages.map(ageLevel)).toEqual(["fresh", "fresh", "behind", "behind", "far-behind"]);
  });
});

const shard = (number: number, iteratorAgeMs: number): ShardState => ({
  shardId: `shardId-${String(number).padStart(12, "0")}`,
  iteratorAgeMs,
  staleMs: 0,
  committedThrough: null,
  openParts: 0,
});

describe("the list of shards", () => {
  it("begins with the shard that is furthest behind, and does not shuffle those that keep up", () => {
    const listed = worstFirst([shard(0, 900), shard(1, 0), shard(2, 70_000), shard(3, 400_000), shard(4, 5_000)]);
    expect(listed.map(({ shardId }) => shortShardId(shardId))).toEqual([
      "shard 3",
      "shard 2",
      "shard 0",
      "shard 1",
      "shard 4",
    ]);
  });

  it("says how many there are and how many are behind", () => {
    expect(shardSummary([], 0)).toBe("none");
    expect(shardSummary([shard(0, 900), shard(1, 0)], 0)).toBe("2, none behind");
    expect(shardSummary([shard(0, 900), shard(1, 70_000)], 0)).toBe("2, 1 behind");
    expect(shardSummary([shard(0, 900), shard(1, 70_000)], 5)).toBe("7, 1 behind, 5 not looked at yet");
  });

  it("shortens the names that Kinesis gives, and no other", () => {
    expect(shortShardId("shardId-000000000000")).toBe("shard 0");
    expect(shortShardId("shardId-000000000120")).toBe("shard 120");
    expect(shortShardId("my-shard")).toBe("my-shard");
  });
});
