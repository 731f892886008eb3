import { describe, expect, it } from "vitest";
import { ClockFace } from "../../../dashboard/page/clock-face.ts";
import { minuteMs, noonMs } from "../answer-rows.ts";

const berlin = new ClockFace("Europe/Berlin", "en-GB");

describe("times", () => {
  it("are those of the reader's zone, in 24 hours", () => {
    expect(berlin.minute(noonMs)).toBe("13:00");
    expect(new ClockFace("America/New_York", "en-US").minute(Date.UTC(2026, 2, 3, 5, 0))).toBe("00:00");
    expect(berlin.second(noonMs, noonMs)).toBe("13:00:40");
  });

  it("have the day with them where it is not today", () => {
    const yesterdayMs = noonMs - 86_400_000;
    expect(berlin.day(yesterdayMs)).toMatch(/^Mon.*2.*Mar/);
    expect(berlin.second(yesterdayMs, noonMs)).toBe(`${berlin.day(yesterdayMs)}, 13:00:40`);
    expect(berlin.bucket(yesterdayMs, 15 * minuteMs, noonMs)).toBe(`${berlin.day(yesterdayMs)}, 13:00–13:15`);
    expect(berlin.bucket(noonMs, minuteMs, noonMs)).toBe("13:00–13:01");
  });

  it("name their zone with its offset on that day", () => {
    expect(berlin.zone(noonMs)).toBe("Europe/Berlin (GMT+01:00)");
    expect(berlin.zone(Date.UTC(2026, 6, 1))).toBe("Europe/Berlin (GMT+02:00)");
    expect(new ClockFace("UTC").zone(noonMs)).toMatch(/^UTC/);
  });
});
