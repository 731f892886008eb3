import { Analytics } from "@segment/analytics-node";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { streamSender } from "../../lib/collect/stream-sender.ts";
import { TestStream } from "../lib/producer/stream.ts";
import { basic } from "./api-request.ts";
import { type Answered, CollectRig } from "./collect-rig.ts";

const rig = new CollectRig({ sources: { server: {} } });
const headers = { authorization: basic("server:") };
/** Short: how long a request is held is told by how often it asks the stream. */
const patience = { requestTimeoutMs: 2_000, retryForMs: 500, retryBrieflyForMs: 0, deadlineMs: 5_000 };
let stream: TestStream;

beforeAll(async () => {
  stream = await TestStream.open(2);
});
afterAll(() => stream.close());
afterEach(() => {
  stream.fault = undefined;
  rig.send = undefined;
});

const throttled = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };

async function storedIds(prefix: string): Promise<Set<string>> {
  const ids = (await stream.records()).flatMap(({ events }) => events.map(({ messageId }) => String(messageId)));
  return new Set(ids.filter((id) => id.startsWith(prefix)));
}

test("while a shard throttles, requests are answered after one attempt each, and clients that come again lose nothing", async () => {
  rig.send = streamSender(stream.client, stream.name, patience);
  const ask = (client: number): Promise<Answered> => {
    const batch = Array.from({ length: 10 }, (_, index) => ({
      type: "page",
      userId: `person ${index}`,
      messageId: `throttled-${client}-${index}`,
    }));
    return rig.ask({ path: "/v1/batch", headers, body: JSON.stringify({ batch }) });
  };
  // The shard of the lower hash keys takes nothing.
  stream.fault = ({ ExplicitHashKey }) => (ExplicitHashKey === "0" ? throttled : undefined);
  await ask(0);
  stream.requests.length = 0;
  for (let client = 1; client < 20; client++) {
    const { status, headers: answered, metrics } = await ask(client);
    expect([status, metrics]).toEqual([429, { StreamThrottled: 1 }]);
    expect(Number(answered["retry-after"])).toBeGreaterThanOrEqual(5);
  }
  expect(stream.requests).toHaveLength(19);
  stream.fault = undefined;
  for (let client = 0; client < 20; client++) expect((await ask(client)).status).toBe(200);
  expect((await storedIds("throttled-")).size).toBe(200);
});

test("analytics-node comes again after 429, and delivers everything", async () => {
  rig.send = streamSender(stream.client, stream.name, patience);
  stream.fault = () => throttled;
  const statuses: number[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const httpClient = {
    makeRequest: ({ body, headers }: { body?: unknown; headers?: object }) => {
      const answering = last.then(async () => {
        const request = { path: "/v1/batch", headers: { ...headers } as Record<string, string>, body: String(body) };
        const { status, headers: answered } = await rig.ask(request);
        statuses.push(status);
        if (statuses.length === 3) stream.fault = undefined;
        // Its shortest wait is a second, whatever it is told.
        const again = "retry-after" in answered ? { "retry-after": "1" } : {};
        return { status, statusText: "", headers: again as Record<string, string> };
      });
      last = answering;
      return answering;
    },
  };
  const analytics = new Analytics({ writeKey: "server", httpClient, flushAt: 5, flushInterval: 100 });
  let [delivered, lost] = [0, 0];
  analytics.on("error", () => {});
  for (let index = 0; index < 20; index++) {
    const message = { userId: `person ${index}`, event: "Sold", messageId: `sdk-${index}` };
    analytics.track(message, (error) => void (error === undefined ? delivered++ : lost++));
  }
  await analytics.closeAndFlush();
  expect([delivered, lost]).toEqual([20, 0]);
  expect(statuses.slice(0, 3)).toEqual([429, 429, 429]);
  expect((await storedIds("sdk-")).size).toBe(20);
});
