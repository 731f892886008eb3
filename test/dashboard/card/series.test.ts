import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { topOf, wholeOf } from "../../../dashboard/card/series.ts";
import { stackOf } from "../../../dashboard/card/stack.ts";
import { timelineOf } from "../../../dashboard/card/timeline.ts";
import { minuteMs, noonMs, row } from "../answer-rows.ts";

const toMs = Math.ceil(noonMs / minuteMs) * minuteMs;
const timeline = timelineOf({ toMs, everyMs: minuteMs, buckets: 3, nowMs: noonMs, lagMs: 0, open: [] });
const [first = 0, second = 0, third = 0, now = 0] = timeline.startsMs;

const anyRow = fc
  .record({
    bucket: fc.integer({ min: 0, max: 3 }),
    country: fc.constantFrom("DE", "US", "FR", "PL", "AT", "CH", "NL", "(none)", "(other)"),
    value: fc.integer({ min: -50, max: 1_000 }),
  })
  .map(({ bucket, country, value }) => row(first + bucket * minuteMs, country, value));
const rows = fc.uniqueArray(anyRow, { maxLength: 36, selector: ({ time, country }) => `${time} ${country}` });

describe("the series of a chart", () => {
  it("have 0 where the API has no row", () => {
    const whole = wholeOf([row(first, "DE", 2), row(first, "US", 1), row(now, "DE", 5)], timeline);
    expect(whole.amounts).toEqual([3, 0, 0, 5]);
    expect(whole.total).toBe(8);
  });

  it("leave out rows before the first whole bucket", () => {
    expect(wholeOf([row(first - minuteMs, "DE", 7), row(second, "DE", 1)], timeline).total).toBe(1);
  });

  it("are the largest values by their total, largest first, and the rest of them", () => {
    const all = [
      row(first, "DE", 1),
      row(second, "DE", 9),
      row(first, "US", 6),
      row(third, "FR", 2),
      row(now, "PL", 1),
    ];
    const series = topOf(all, "country", timeline, 2);
    expect(series.map(({ kind, value, total }) => [kind, value, total])).toEqual([
      ["value", "DE", 10],
      ["value", "US", 6],
      ["rest", "", 3],
    ]);
    expect(series[2]?.amounts).toEqual([0, 0, 2, 1]);
  });

  it("have no rest where every value is shown", () => {
    expect(topOf([row(first, "DE", 1)], "country", timeline, 2).map(({ kind }) => kind)).toEqual(["value"]);
  });

  it("count the group of what is over a limit to the rest, however large it is", () => {
    const series = topOf([row(first, "(other)", 100), row(first, "DE", 1)], "country", timeline, 5);
    expect(series.map(({ kind, total }) => [kind, total])).toEqual([
      ["value", 1],
      ["rest", 100],
    ]);
  });

  it("find the rest from the whole where rows were cut", () => {
    const whole = wholeOf([row(first, "", 10), row(second, "", 0.3)], timeline);
    const cut = [row(first, "DE", 4), row(second, "DE", 0.1), row(second, "US", 0.2)];
    const series = topOf(cut, "country", timeline, 5, whole);
    expect(series.at(-1)).toMatchObject({ kind: "rest", amounts: [6, 0, 0, 0] });
  });

  it("add up to the whole in every bucket, whatever the rows", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 5 }), (all, topMax) => {
        const series = topOf(all, "country", timeline, topMax);
        const whole = wholeOf(all, timeline);
        const added = timeline.startsMs.map((_, bucket) =>
          series.reduce((sum, one) => sum + (one.amounts[bucket] ?? 0), 0),
        );
        expect(added).toEqual(whole.amounts);
        expect(series.filter(({ kind }) => kind === "value").length).toBeLessThanOrEqual(topMax);
      }),
    );
  });
});

describe("a stack", () => {
  it("reaches from the lowest to the highest end with no gap and no overlap, below zero too", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const series = topOf(all, "country", timeline, 5);
        const { spans, highs, lows } = stackOf(series, timeline.startsMs.length);
        for (const [bucket, high] of highs.entries()) {
          const low = lows[bucket] ?? 0;
          const lengths = spans.map((ofOne) => Math.abs((ofOne[bucket]?.[1] ?? 0) - (ofOne[bucket]?.[0] ?? 0)));
          expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(high - low);
          expect(high + low).toBe(series.reduce((sum, { amounts }) => sum + (amounts[bucket] ?? 0), 0));
        }
      }),
    );
  });
});
