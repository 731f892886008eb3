import fc from "fast-check";
import { expect, it } from "vitest";
import { TokenBucket } from "../../../lib/collect/token-bucket.ts";

it("lets no more happen in any span of time than its rate, and as much as that", () => {
  const rate = { burst: 3, everyMs: 1_000 };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 100 }), (pauses) => {
      let nowMs = 0;
      const bucket = new TokenBucket(rate, { now: () => nowMs });
      const takenAt: number[] = [];
      for (const pauseMs of pauses) {
        nowMs += pauseMs;
        if (bucket.take()) takenAt.push(nowMs);
        // Somebody who has not been there for a while finds something left.
        else expect(nowMs - (takenAt.at(-1) ?? 0)).toBeLessThan(rate.everyMs);
      }
      for (const [index, fromMs] of takenAt.entries()) {
        const until = (ms: number): number => takenAt.slice(index).filter((at) => at <= ms).length;
        for (const toMs of takenAt.slice(index)) {
          expect(until(toMs)).toBeLessThanOrEqual(rate.burst + Math.floor((toMs - fromMs) / rate.everyMs + 1e-6));
        }
      }
    }),
  );
});

it("takes a clock that goes back for one that stands still", () => {
  let nowMs = 10_000;
  const bucket = new TokenBucket({ burst: 1, everyMs: 1_000 }, { now: () => nowMs });
  expect(bucket.take()).toBe(true);
  nowMs = 0;
  expect(bucket.take()).toBe(false);
  nowMs = 1_000;
  expect(bucket.take()).toBe(true);
});
