import { beforeEach, describe, expect, test } from "vitest";
import type { Outcome } from "../../../../lib/invoke.ts";
import { LookFunction } from "../../../../lib/query/live/look-function.ts";

const busy: Outcome<unknown> = { kind: "refused", why: "TooManyRequestsException", isBusy: true };
const done = (answer: object): Outcome<unknown> => ({ kind: "done", answer: { answer } });

let nowMs: number;
let invoked: number;
let outcomes: Outcome<unknown>[];
let look: LookFunction;

beforeEach(() => {
  nowMs = 1_000_000;
  invoked = 0;
  outcomes = [];
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  look = new LookFunction(async () => {
    invoked++;
    return outcomes.shift() ?? busy;
  }, clock);
});

test("a question waits for its turn while another is answered", async () => {
  outcomes = [busy, busy, done({ cursor: "a" })];
  expect(await look.live("")).toEqual({ cursor: "a" });
  expect(invoked).toBe(3);
});

test("a question gives up after a second and a half, and says to come again", async () => {
  const begunMs = nowMs;
  await expect(look.live("")).rejects.toMatchObject({ status: 429, retryAfterSeconds: 1 });
  expect(nowMs - begunMs).toBeLessThanOrEqual(1_500);
  expect(invoked).toBeGreaterThan(10);
});

describe("the states of the shards", () => {
  const states = (atMs = nowMs) => ({ asOf: new Date(atMs).toISOString(), shards: [], notLookedAt: 0 });

  test("are asked for once a second", async () => {
    const [first, second] = [states(), states(nowMs + 1_000)];
    outcomes = [done(first), done(second)];
    for (const [afterMs, answer] of [
      [0, first],
      [999, first],
      [1, second],
    ] as const) {
      nowMs += afterMs;
      expect(await look.shards()).toEqual(answer);
    }
    expect(invoked).toBe(2);
  });

  test("stand for half a minute while too many ask, and say of when they are", async () => {
    const first = states();
    outcomes = [done(first)];
    await look.shards();
    nowMs += 20_000;
    expect(await look.shards()).toEqual(first);
    nowMs += 10_000;
    await expect(look.shards()).rejects.toMatchObject({ status: 429 });
  });

  test("do not stand where a service is down", async () => {
    outcomes = [done(states()), { kind: "done", answer: { unavailable: "InternalFailure" } }];
    await look.shards();
    nowMs += 2_000;
    await expect(look.shards()).rejects.toMatchObject({ status: 503 });
  });
});

test.each<[what: string, outcome: Outcome<unknown>]>([
  ["threw", { kind: "threw", why: "TypeError: a bug" }],
  ["died", { kind: "died", why: "out of memory" }],
  ["could not be reached", { kind: "refused", why: "ECONNREFUSED" }],
])("where the function %s, it is not asked again at once", async (_, outcome) => {
  outcomes = [outcome];
  await expect(look.live("")).rejects.toMatchObject({ status: 503, retryAfterSeconds: 5 });
  expect(invoked).toBe(1);
});
