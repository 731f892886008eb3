import { expect, test } from "vitest";
import { liveChain } from "../../handlers/live.ts";
import type { LookPorts } from "../../lib/live/connect.ts";
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
