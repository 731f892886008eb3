import { describe, expect, it } from "vitest";
import { duration, Progress } from "../../../cli/recording/progress.ts";
import { VirtualClock } from "../../lib/producer/virtual-clock.ts";

/** A progress on an output that keeps what is written. */
function shown(output: { isTTY?: boolean; columns?: number }) {
  const written: string[] = [];
  const clock = new VirtualClock();
  const progress = new Progress({ ...output, write: (text) => written.push(text) }, clock);
  return { written, clock, progress };
}

describe("progress", () => {
  it("is one line on a terminal, redrawn a few times a second", () => {
    const { written, clock, progress } = shown({ isTTY: true, columns: 80 });
    progress.update({ events: 0, fraction: 0 });
    clock.advance(200);
    progress.update({ events: 10_000, fraction: 0.1 });
    progress.update({ events: 10_001, fraction: 0.1 });
    clock.advance(800);
    progress.update({ events: 50_000, fraction: 0.5 });
    progress.done({ events: 100_000, fraction: 1 });
    expect(written).toEqual([
      "\r[##......................]  10 %  10,000 events  50,000/s  0:02 left\x1b[K",
      "\r[############............]  50 %  50,000 events  50,000/s  0:01 left\x1b[K",
      "\r[########################] 100 %  100,000 events  100,000/s  0:01 taken\x1b[K",
      "\n",
    ]);
  });

  it("is never wider than the terminal", () => {
    const { written, progress } = shown({ isTTY: true, columns: 40 });
    progress.done({ events: 1, fraction: 1 });
    expect(written[0]).toBe("\r[########################] 100 %  1 eve\x1b[K");
  });

  it("is a line every few seconds elsewhere, with the rate and the time left", () => {
    const { written, clock, progress } = shown({});
    clock.advance(4_999);
    progress.update({ events: 1, fraction: 0 });
    clock.advance(5_001);
    progress.update({ events: 20_000, fraction: 0.25 });
    clock.advance(10_000);
    progress.update({ events: 40_000, fraction: 0.5, leftMs: 3_700_000 });
    progress.done({ events: 40_000, fraction: 0.5 });
    expect(written).toEqual([
      "[######..................]  25 %  20,000 events  2,000/s  0:30 left\n",
      "[############............]  50 %  40,000 events  2,000/s  1:01:40 left\n",
      "[############............]  50 %  40,000 events  2,000/s  0:20 taken\n",
    ]);
  });

  it("writes times as people do", () => {
    expect([0, 9_400, 75_000, 3_600_000, 90_061_000].map(duration)).toEqual([
      "0:00",
      "0:09",
      "1:15",
      "1:00:00",
      "25:01:01",
    ]);
  });
});
