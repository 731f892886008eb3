import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketIndex, isWhole, lackInWords, settleMs, timelineOf } from "../../../dashboard/card/timeline.ts";
import { type Range, ranges } from "../../../dashboard/page/range.ts";
import { pointInTime } from "../../../lib/query/url-question.ts";
import { bucketWidthsMs } from "../../../lib/store/rows/bucket.ts";
import { minuteMs, noonMs } from "../answer-rows.ts";

const toMs = Math.ceil(noonMs / minuteMs) * minuteMs;
const half = { toMs, everyMs: minuteMs, buckets: 30, nowMs: noonMs, lagMs: 0, open: [] };

describe("the buckets of a chart", () => {
  it("are the whole ones of the range and the one that is still filling", () => {
    const { startsMs } = timelineOf(half);
    expect(startsMs).toHaveLength(31);
    expect(new Date(startsMs[0] ?? 0).toISOString()).toBe("2026-03-03T11:30:00.000Z");
    expect(new Date(startsMs.at(-1) ?? 0).toISOString()).toBe("2026-03-03T12:00:00.000Z");
  });

  it("are settled once they are over and what was sent in them has had time to arrive", () => {
    const lastWhole = 30;
    expect(timelineOf(half).settled).toBe(lastWhole);
    expect(timelineOf({ ...half, nowMs: toMs - minuteMs + settleMs - 1 }).settled).toBe(lastWhole - 1);
  });

  it("are not settled for as long as a shard is behind", () => {
    expect(timelineOf({ ...half, lagMs: 6 * minuteMs }).settled).toBe(24);
    expect(timelineOf({ ...half, lagMs: 86_400_000 }).settled).toBe(0);
  });

  it("are not whole while a part of them is being written, however old they are", () => {
    const at = (bucket: number): number => (timelineOf(half).startsMs[bucket] ?? 0) + 1;
    const timeline = timelineOf({ ...half, open: [{ fromMs: at(3), toMs: at(4) }] });
    expect([...timeline.open]).toEqual([3, 4]);
    expect([2, 3, 4, 5, 30].map((bucket) => isWhole(timeline, bucket))).toEqual([true, false, false, true, false]);
    expect([2, 3, 30].map((bucket) => lackInWords(timeline, bucket))).toEqual([
      "",
      " so far, being written",
      " so far",
    ]);
    const before = timelineOf({ ...half, open: [{ fromMs: 0, toMs: timeline.startsMs[0] ?? 0 }] });
    expect(before.open.size).toBe(0);
  });

  it("do not depend on a browser's clock that is hours off", () => {
    const wrong = [-5, 5].map((hours) => timelineOf({ ...half, nowMs: noonMs + hours * 3_600_000 }).settled);
    expect(wrong).toEqual([29, 30]);
  });

  it("cover whole buckets only, of every range, at any time of the day", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom<Range>(...ranges), (nowMs, range) => {
        const everyMs = bucketWidthsMs[range.every];
        // As the API takes the question's ends to whole minutes.
        const fromMs = Math.floor(pointInTime(range.from, nowMs) / minuteMs) * minuteMs;
        const toMs = Math.ceil(nowMs / minuteMs) * minuteMs;
        fc.pre(fromMs >= 0 && fromMs < toMs);
        const timeline = timelineOf({ toMs, everyMs, buckets: range.buckets, nowMs, lagMs: 0, open: [] });
        const [firstMs = 0] = timeline.startsMs;
        const endMs = (timeline.startsMs.at(-1) ?? 0) + everyMs;
        expect(firstMs).toBeGreaterThanOrEqual(fromMs);
        expect(firstMs % everyMs).toBe(0);
        expect(endMs).toBeGreaterThanOrEqual(toMs);
        expect(timeline.settled).toBeLessThan(timeline.startsMs.length + (nowMs === endMs ? 1 : 0));
      }),
    );
  });

  it("take in every time from the first start to the last end, and no other", () => {
    const timeline = timelineOf(half);
    const [firstMs = 0] = timeline.startsMs;
    expect(bucketIndex(timeline, firstMs - 1)).toBeUndefined();
    expect(bucketIndex(timeline, firstMs)).toBe(0);
    expect(bucketIndex(timeline, firstMs + 31 * minuteMs - 1)).toBe(30);
    expect(bucketIndex(timeline, firstMs + 31 * minuteMs)).toBeUndefined();
    expect(bucketIndex(timeline, Number.NaN)).toBeUndefined();
  });
});
