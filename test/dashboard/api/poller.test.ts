import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiFailure } from "../../../dashboard/api/api-failure.ts";
import { backoffMs, Poller } from "../../../dashboard/api/poller.ts";

/** Work that ends when the test says so. */
class Work {
  readonly asked: { signal: AbortSignal; end: () => void; fail: (error: Error) => void }[] = [];
  readonly successes: number[] = [];
  readonly failures: string[] = [];
  readonly poller = new Poller({
    everyMs: 5_000,
    work: (signal) => new Promise((end, fail) => this.asked.push({ signal, end, fail })),
    onSuccess: () => this.successes.push(Date.now()),
    onFailure: ({ message }) => this.failures.push(message),
  });

  async end(): Promise<void> {
    this.asked.at(-1)?.end();
    await vi.advanceTimersByTimeAsync(0);
  }

  async fail(error: Error): Promise<void> {
    this.asked.at(-1)?.fail(error);
    await vi.advanceTimersByTimeAsync(0);
  }
}

const down = new ApiFailure(false, "The API does not answer");

describe("a poller", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("asks at once and then every five seconds", async () => {
    const { poller, asked, end } = bound(new Work());
    poller.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(1);
    await end();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
  });

  it("never asks twice at a time, and gives a slow API as long a rest as its answer took", async () => {
    const { poller, asked, end } = bound(new Work());
    poller.start();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked).toHaveLength(1);
    poller.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(1);
    await end();
    await vi.advanceTimersByTimeAsync(19_999);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveLength(2);
  });

  it("asks again a little later each time where too many ask at once, and calls it a failure only if that goes on", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const { poller, asked, fail, failures } = bound(new Work());
    const busy = new ApiFailure(true, "Too many look", { busyMs: 1_000 });
    poller.start();
    for (let turn = 1; turn <= 5; turn++) {
      await vi.advanceTimersByTimeAsync(0);
      expect(asked).toHaveLength(turn);
      await fail(busy);
      await vi.advanceTimersByTimeAsync(turn * 1_000 - 1);
      expect(asked).toHaveLength(turn);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(failures).toEqual([]);
    await fail(busy);
    expect(failures).toEqual(["Too many look"]);
    vi.restoreAllMocks();
  });

  it("asks nothing while it is paused, and what is due at once when it goes on", async () => {
    const { poller, asked, end } = bound(new Work());
    poller.start();
    await vi.advanceTimersByTimeAsync(0);
    poller.pause();
    await end();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(asked).toHaveLength(1);
    poller.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(2);
  });

  it("does not ask early when it is paused and started in quick turns", async () => {
    const { poller, asked, end } = bound(new Work());
    poller.start();
    await vi.advanceTimersByTimeAsync(0);
    await end();
    for (let turn = 0; turn < 20; turn++) {
      poller.pause();
      poller.start();
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toHaveLength(1);
  });

  it("drops the question under way for a new one, and the old answer counts for nothing", async () => {
    const { poller, asked, successes, failures, end } = bound(new Work());
    poller.start();
    await vi.advanceTimersByTimeAsync(0);
    poller.again();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(2);
    expect(asked[0]?.signal.aborted).toBe(true);
    asked[0]?.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(successes).toHaveLength(0);
    await end();
    expect(successes).toHaveLength(1);
    expect(failures).toEqual([]);
  });

  it("waits longer after each failure and is back at its pace after a success", async () => {
    const { poller, asked, failures, end, fail } = bound(new Work());
    poller.start();
    await vi.advanceTimersByTimeAsync(0);
    const waits: number[] = [];
    for (let failure = 1; failure <= 6; failure++) {
      await fail(down);
      const atMs = Date.now();
      await vi.advanceTimersToNextTimerAsync();
      waits.push(Date.now() - atMs);
      expect(asked).toHaveLength(failure + 1);
    }
    expect(failures).toHaveLength(6);
    expect(waits[3]).toBeGreaterThan(waits[0] ?? 0);
    expect(waits.at(-1)).toBeLessThanOrEqual(75_000);
    await end();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked).toHaveLength(8);
  });

  it("goes on after a fault of the page itself", async () => {
    const { poller, asked, failures, fail } = bound(new Work());
    const log = vi.spyOn(console, "error").mockReturnValue();
    poller.start();
    await vi.advanceTimersByTimeAsync(0);
    await fail(new TypeError("x is undefined"));
    expect(failures).toEqual(["The page could not show the answer"]);
    expect(log).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(6_250);
    expect(asked).toHaveLength(2);
    log.mockRestore();
  });

  it("asks no more once it is stopped", async () => {
    const { poller, asked, successes, end } = bound(new Work());
    poller.start();
    await vi.advanceTimersByTimeAsync(0);
    poller.stop();
    expect(asked[0]?.signal.aborted).toBe(true);
    await end();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([asked.length, successes.length]).toEqual([1, 0]);
  });

  it("spreads its tries by a quarter, around 5 s at first and a minute at most", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const waitMs = backoffMs(failures, random);
          const middleMs = Math.min(60_000, 5_000 * 2 ** (failures - 1));
          expect(waitMs).toBeGreaterThanOrEqual(0.75 * middleMs);
          expect(waitMs).toBeLessThanOrEqual(1.25 * middleMs);
        },
      ),
    );
  });
});

const bound = (work: Work) => ({
  poller: work.poller,
  asked: work.asked,
  successes: work.successes,
  failures: work.failures,
  end: () => work.end(),
  fail: (error: Error) => work.fail(error),
});
