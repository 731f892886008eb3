import { describe, expect, it } from "vitest";
import { defineConfig } from "../../lib/config.ts";
import { memoryStoreHours, settingsOf } from "../../lib/defaults.ts";
import { problemsOf, withMetric } from "./config-problems.ts";

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
