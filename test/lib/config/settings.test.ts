import { describe, expect, it } from "vitest";
import { memoryStoreHours, settingsOf } from "../../../lib/config/settings.ts";
import { defineConfig } from "../../../lib/config.ts";
import { partLimits } from "../../../lib/limits.ts";
import { problemsOf, withMetric } from "./problems.ts";

describe("the memory store's retention", () => {
  it("follows from the allowed lateness and the stream's retention, with an hour to spare", () => {
    expect(memoryStoreHours(settingsOf(defineConfig(withMetric({}))))).toBe(24 + 24 + 1);
    const late = defineConfig({ ...withMetric({}), allowedLateness: "90m", stream: { retention: "48h" } });
    expect(memoryStoreHours(settingsOf(late))).toBe(48 + 2 + 1);
  });

  it("reaches for events up to 360 days late, and no further than the 8,766 hours that Timestream has", () => {
    const year = { ...withMetric({}), allowedLateness: "360d" } as const;
    expect(problemsOf({ ...year, stream: { retention: "125h" } })).toEqual([]);
    expect(memoryStoreHours(settingsOf(defineConfig({ ...year, stream: { retention: "125h" } })))).toBe(8_766);
    expect(problemsOf({ ...year, stream: { retention: "126h" } })).toEqual([
      {
        path: "stream.retention",
        expected: "allowedLateness and stream.retention of at most 8766 hours together",
        received: "8767",
      },
    ]);
  });
});

describe("the configured retention of the memory store", () => {
  it("may be longer than needed, for batches redriven late, but not shorter", () => {
    const set = (memoryRetention: string) => ({ ...withMetric({}), store: { memoryRetention } }) as const;
    expect(memoryStoreHours(settingsOf(set("120h") as never))).toBe(120);
    expect(problemsOf(set("49h"))).toEqual([]);
    expect(problemsOf(set("48h"))).toEqual([
      {
        path: "store.memoryRetention",
        expected: "at least the 49 hours of stream.retention, allowedLateness and an hour together",
        received: '"48h"',
      },
    ]);
    for (const wrong of ["90m", "366d", "1.5h", "soon"]) {
      expect(problemsOf(set(wrong))).toMatchObject([{ expected: 'whole hours from "26h" to "365d"' }]);
    }
  });
});

describe("the batches of the roll-up", () => {
  const batchesOf = (shards: number | "on-demand", rollUp = {}) => {
    const { batchSize, batchingWindowSeconds } = settingsOf(
      defineConfig({ ...withMetric({}), stream: { shards }, rollUp }),
    );
    return [batchSize, batchingWindowSeconds];
  };

  it.each([
    [1, 1_000, 5],
    [10, 1_000, 5],
    [11, 10_000, 5],
    [50, 10_000, 17],
    [120, 10_000, 40],
    [10_000, 10_000, 40],
    ["on-demand", 1_000, 5],
  ] as const)("of %s shards have at most %i records, and are waited for for %i s", (shards, size, seconds) => {
    expect(batchesOf(shards)).toEqual([size, seconds]);
  });

  it("are what the configuration says, however many shards there are", () => {
    expect(batchesOf(1_000, { batchSize: 7, batchingWindow: "3s" })).toEqual([7, 3]);
  });

  it("make as many parts a minute with 120 shards as with 15, and one part a batch at 1,000 events a second", () => {
    const partsPerMinute = (shards: number): number => (shards * 60) / (batchesOf(shards)[1] ?? 0);
    for (let shards = 1; shards <= 120; shards++) expect(partsPerMinute(shards)).toBeLessThanOrEqual(200);
    expect(1_000 * (batchesOf(10_000)[1] ?? 0)).toBeLessThanOrEqual(partLimits.eventsMax);
  });
});
