import { describe, expect, it } from "vitest";
import type { Clock } from "../../lib/clock.ts";
import { persist } from "../../lib/retry.ts";

class Throttled extends Error {
  override readonly name = "Throttled";
}

/** A clock on which a sleep takes no time but is seen. */
function jumpingClock(nowMs = 0) {
  const slept: number[] = [];
  const clock: Clock = {
    now: () => nowMs,
    sleep: async (ms) => {
      slept.push(ms);
      nowMs += ms;
    },
  };
  return { clock, slept };
}

/** An attempt that fails so many times. */
function failing(times: number, error: Error = new Throttled("later")) {
  const attempt = async () => {
    attempt.tries++;
    if (attempt.tries <= times) throw error;
    return "done";
  };
  attempt.tries = 0;
  return attempt;
}

const isThrottled = (error: unknown): boolean => error instanceof Throttled;

describe("an attempt that is persisted in", () => {
  it("is made once where it succeeds", async () => {
    const attempt = failing(0);
    const { clock, slept } = jumpingClock();
    expect(await persist(attempt, isThrottled, { deadlineMs: 1_000 }, clock)).toBe("done");
    expect(attempt.tries).toBe(1);
    expect(slept).toEqual([]);
  });

  it("is made again after what passes, and tells of each wait before it", async () => {
    const attempt = failing(5);
    const { clock, slept } = jumpingClock();
    const told: [string, number][] = [];
    const onWait = (why: string, delayMs: number) => void told.push([why, delayMs]);
    expect(await persist(attempt, isThrottled, { deadlineMs: 1e9, onWait }, clock)).toBe("done");
    expect(attempt.tries).toBe(6);
    expect(told).toEqual(slept.map((ms) => ["Throttled", ms]));
  });

  it("waits no longer than double each time, and never over ten seconds", async () => {
    const { clock, slept } = jumpingClock();
    await persist(failing(40), isThrottled, { deadlineMs: 1e9 }, clock);
    expect(slept).toHaveLength(40);
    for (const [index, ms] of slept.entries()) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(Math.min(10_000, 100 * 2 ** index));
    }
  });

  it("throws at once what does not pass", async () => {
    const error = new Error("no such table");
    const attempt = failing(1, error);
    const { clock, slept } = jumpingClock();
    await expect(persist(attempt, isThrottled, { deadlineMs: 1e9 }, clock)).rejects.toBe(error);
    expect(slept).toEqual([]);
  });

  it("throws the last error when patience ends, and never sleeps past the deadline", async () => {
    const error = new Throttled("later");
    const attempt = failing(Number.POSITIVE_INFINITY, error);
    const { clock } = jumpingClock();
    await expect(persist(attempt, isThrottled, { deadlineMs: 60_000 }, clock)).rejects.toBe(error);
    expect(clock.now()).toBeLessThan(60_000);
    expect(attempt.tries).toBeGreaterThan(5);
  });

  it("is made once even where the deadline is over", async () => {
    const { clock } = jumpingClock(100);
    expect(await persist(failing(0), isThrottled, { deadlineMs: 50 }, clock)).toBe("done");
    await expect(persist(failing(1), isThrottled, { deadlineMs: 50 }, clock)).rejects.toThrow("later");
  });
});
