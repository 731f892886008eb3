import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiFailure } from "../../../dashboard/api/api-failure.ts";
import { Sources } from "../../../dashboard/api/polls.ts";
import { emptinessOf } from "../../../dashboard/page/emptiness.ts";
import { healthOf, type SourceHealth } from "../../../dashboard/page/health.ts";

const source = (health: Partial<SourceHealth>): SourceHealth => ({
  live: true,
  shownAtMs: undefined,
  failure: undefined,
  retryAtMs: 0,
  ...health,
});
const down = new ApiFailure(false, "The API does not answer");
const refused = new ApiFailure(true, "The API answered with 400 Bad Request");
const health = (sources: Record<string, SourceHealth>) => healthOf(new Map(Object.entries(sources)));

describe("the state of the page", () => {
  it("is waiting until everything has been shown once", () => {
    expect(health({}).level).toBe("waiting");
    expect(health({ shards: source({ shownAtMs: 5 }), orders: source({}) }).level).toBe("waiting");
  });

  it("is as old as the oldest thing that is asked for all the time", () => {
    const sources = { shards: source({ shownAtMs: 9 }), orders: source({ shownAtMs: 7 }) };
    expect(health({ ...sources, metrics: source({ live: false, shownAtMs: 1 }) })).toMatchObject({
      level: "live",
      shownAtMs: 7,
      message: undefined,
    });
  });

  it("is down where nothing is answered, and keeps the time of what it shows", () => {
    const failed = { shownAtMs: 7, failure: down };
    expect(
      health({
        metrics: source({ live: false, shownAtMs: 1 }),
        shards: source({ ...failed, retryAtMs: 40 }),
        orders: source({ ...failed, retryAtMs: 30 }),
      }),
    ).toEqual({ level: "down", shownAtMs: 7, message: "The API does not answer", retryAtMs: 30 });
  });

  it("names what is missing where only some of it is", () => {
    const partial = health({ shards: source({ shownAtMs: 9 }), orders: source({ failure: refused, retryAtMs: 20 }) });
    expect(partial).toMatchObject({ level: "partial", shownAtMs: undefined });
    expect(partial.message).toBe("The API answered with 400 Bad Request (asked for: orders)");
  });
});

describe("the things that the page asks for", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are all asked for again at once when the API is back", async () => {
    let isDown = true;
    const shown: string[] = [];
    const sources = new Sources(() => undefined);
    const add = (name: string, delayMs: number) =>
      sources.add(name, {
        everyMs: 5_000,
        live: true,
        work: async () => {
          await new Promise((resolve) => setTimeout(resolve, delayMs));
          if (isDown) throw down;
          shown.push(name);
        },
      });
    add("shards", 0);
    add("orders", 10);
    sources.run(true);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(healthOf(sources.health).level).toBe("down");
    isDown = false;
    while (shown.length === 0) await vi.advanceTimersToNextTimerAsync();
    await vi.advanceTimersByTimeAsync(20);
    expect(new Set(shown)).toEqual(new Set(["shards", "orders"]));
    expect(healthOf(sources.health).level).toBe("live");
    sources.run(false);
  });

  it("are not asked for while the page is out of sight", async () => {
    let asked = 0;
    const sources = new Sources(() => undefined);
    sources.add("shards", {
      everyMs: 5_000,
      live: true,
      work: async () => {
        asked += 1;
      },
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(0);
    sources.run(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toBe(1);
    sources.run(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(1);
  });
});

describe("a page without events", () => {
  const shard = (committedThrough: string | null) => ({
    shardId: "s",
    iteratorAgeMs: 0,
    staleMs: 0,
    committedThrough,
    openParts: 0,
  });

  it("says nothing before it knows", () => {
    expect(emptinessOf([], undefined, "30 min")).toBeUndefined();
    expect(emptinessOf([0, undefined], undefined, "30 min")).toBeUndefined();
    expect(emptinessOf([0, 3], [shard(null)], "30 min")).toBeUndefined();
  });

  it("tells a new installation from a quiet half hour", () => {
    expect(emptinessOf([0, 0], [shard(null)], "30 min")).toBe("No event has arrived yet");
    expect(emptinessOf([0, 0], [shard("2026-03-03T12:00:00.000Z")], "30 min")).toBe("No event in the last 30 min");
    expect(emptinessOf([0, 0], undefined, "30 min")).toBe("No event in the last 30 min");
  });
});
