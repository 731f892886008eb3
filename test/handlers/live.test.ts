import { expect, test, vi } from "vitest";
import { liveChain } from "../../handlers/live.ts";
import type { LookPorts } from "../../lib/query/live/connect.ts";
import { lambdaContext } from "./kinesis-event.ts";

const throttled = Object.assign(new Error("too fast"), { name: "ProvisionedThroughputExceededException" });

const ask = (ports: Partial<Record<keyof LookPorts, object>>, look: Parameters<ReturnType<typeof liveChain>>[0]) =>
  liveChain(() => ports as LookPorts)(look, lambdaContext);

test("answers with the events and with the states of the shards", async () => {
  const ports = {
    live: { newest: async ({ name }: { name: string }) => ({ name }) },
    shards: { now: async () => "now" },
  };
  expect(await ask(ports, { look: "live", query: "name=A" })).toEqual({ answer: { name: "a" } });
  expect(await ask(ports, { look: "shards" })).toEqual({ answer: "now" });
});

test("says that a service is down, and throws what is its own fault", async () => {
  const failing = (error: Error) => ({ shards: { now: () => Promise.reject(error) } });
  expect(await ask(failing(throttled), { look: "shards" })).toEqual({ unavailable: throttled.name });
  await expect(ask(failing(new TypeError("a bug")), { look: "shards" })).rejects.toThrow("a bug");
});

test("publishes the lag of the worst shard, and names the shards that are far behind in the log", async () => {
  const printed: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  }
  const states = (...agesMs: number[]) => ({
    shards: {
      now: async () => ({
        shards: agesMs.map((iteratorAgeMs, at) => ({ shardId: `s${at}`, iteratorAgeMs, staleMs: 0 })),
      }),
    },
  });
  await ask(states(0, 900), { look: "lag" });
  await ask(states(0, 90_000, 61_000), { look: "lag" });
  vi.restoreAllMocks();
  const lines = printed.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines.map(({ ShardLag }) => ShardLag)).toEqual([900, 90_000, undefined]);
  expect(lines[2]).toMatchObject({
    level: "WARN",
    lagMs: 90_000,
    worst: [
      { shardId: "s1", iteratorAgeMs: 90_000 },
      { shardId: "s2", iteratorAgeMs: 61_000 },
    ],
  });
});
