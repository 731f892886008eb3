import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pointInTime } from "../../../lib/query/url-question.ts";

const nowMs = Date.UTC(2026, 0, 31, 12, 0, 0, 1);

describe("a point in time", () => {
  it.each([
    ["now", nowMs],
    ["-90s", nowMs - 90_000],
    ["-15m", nowMs - 900_000],
    ["-1h", nowMs - 3_600_000],
    ["-7d", nowMs - 7 * 86_400_000],
    ["-0s", nowMs],
    ["2026-01-31", Date.UTC(2026, 0, 31)],
    ["1970-01-01", 0],
    ["2026-01-31T09:30:00Z", Date.UTC(2026, 0, 31, 9, 30)],
    ["2026-01-31T09:30:00.5+02:00", Date.UTC(2026, 0, 31, 7, 30, 0, 500)],
    ["2026-01-31T09:30", Date.UTC(2026, 0, 31, 9, 30)],
    ["1769851800", Date.UTC(2026, 0, 31, 9, 30)],
    ["2262-01-01", Date.UTC(2262, 0, 1)],
  ])("%s is found", (text, ms) => {
    expect(pointInTime(text, nowMs)).toBe(ms);
  });

  it.each([
    [""],
    ["-"],
    ["1h"],
    ["-1w"],
    ["--1h"],
    ["+1h"],
    ["Now"],
    ["yesterday"],
    ["2026-02-30"],
    ["2026-1-1"],
    ["2026-W05"],
    ["1969-12-31T23:59:59.999Z"],
    ["2262-01-01T00:00:00.001Z"],
    ["9999-12-31"],
    ["-36500d"],
    ["-999999999d"],
  ])("%j is none, or none that the store could have", (text) => {
    expect(pointInTime(text, nowMs)).toBeNaN();
  });

  it("is within what the store and a date can hold, or NaN, whatever the text", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.stringMatching(/^-\d{1,9}[smhd]$/),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const ms = pointInTime(text, nowMs);
        expect(Number.isNaN(ms) || (ms >= 0 && ms <= Date.UTC(2262, 0, 1))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
