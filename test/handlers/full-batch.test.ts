import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { streamSender } from "../../lib/collect/stream-sender.ts";
import { collectLimits, lambdaPayloadBytesMax, recordLimits } from "../../lib/limits.ts";
import { requestLimits } from "../../lib/producer/put-records.ts";
import { readEvent } from "../../lib/stream/event/event.ts";
import { isCut } from "../../lib/stream/event/refused.ts";
import { TestStream } from "../lib/producer/stream.ts";
import { apiRequest, basic } from "./api-request.ts";
import { CollectRig } from "./collect-rig.ts";

const rig = new CollectRig({ sources: { server: {} }, privacy: { hash: ["properties.list"] } });
const headers = { authorization: basic("server:") };
let stream: TestStream;
beforeAll(async () => {
  stream = await TestStream.open(1);
});
afterAll(() => stream.close());
afterEach(() => {
  rig.send = undefined;
  stream.requests.length = 0;
});

/** Text that does not compress, so that the stream gets as much as was sent. */
const random = (characters: number): string =>
  randomBytes(Math.ceil(characters * 0.75))
    .toString("base64")
    .slice(0, characters);

/** Events of so many bytes in all as a batch, their ids with the number before. */
function batchOf(events: number, bytes: number): string {
  const event = (at: number, text: string) => ({
    type: "track",
    event: "A",
    userId: "ann",
    messageId: `${events}-${at}`,
    text,
  });
  const empty = JSON.stringify({ batch: Array.from({ length: events }, (_, at) => event(at, "")) });
  const each = Math.floor((bytes - empty.length) / events);
  const rest = bytes - empty.length - each * events;
  const batch = Array.from({ length: events }, (_, at) => event(at, random(at === 0 ? each + rest : each)));
  return JSON.stringify({ batch });
}

describe("a batch", () => {
  test.each<[string, number, number]>([
    ["40 events of 30 KB", 40, 40 * 30 * 1024],
    ["2,500 events of 4 MB", 2_500, collectLimits.bodyBytesMax],
  ])("of %s is in the stream, each event once, within what Kinesis takes at once", async (_, count, bytes) => {
    rig.send = streamSender(stream.client, stream.name);
    const body = batchOf(count, bytes);
    expect(Buffer.byteLength(body)).toBe(bytes);
    const { status, metrics } = await rig.ask({ path: "/v1/batch", headers, body: Buffer.from(body) });
    expect([status, metrics]).toEqual([200, { EventsAccepted: count }]);
    const stored = (await stream.records()).flatMap(({ events }) => events.map(({ messageId }) => String(messageId)));
    const ids = stored.filter((id) => id.startsWith(`${count}-`));
    expect(ids).toEqual(Array.from({ length: count }, (_, at) => `${count}-${at}`));
    for (const request of stream.requests) {
      const size = request.reduce((sum, { Data }) => sum + (Data?.length ?? 0), 0);
      expect(size).toBeLessThanOrEqual(requestLimits.bytesMax);
      expect(request.length).toBeLessThanOrEqual(requestLimits.recordsMax);
    }
  });

  test("as large as it may be fits Lambda, as base64 and as a text, with all the headers that API Gateway takes", () => {
    const body = batchOf(2_500, collectLimits.bodyBytesMax);
    const more = { ...headers, "x-more": "x".repeat(10_240) };
    for (const sent of [body, Buffer.from(body)]) {
      const event = JSON.stringify(apiRequest({ path: "/v1/batch", headers: more, body: sent }));
      expect(Buffer.byteLength(event)).toBeLessThan(lambdaPayloadBytesMax);
    }
  });
});

describe("an event that no record has room for", () => {
  const control = "\u0001".repeat(100_000);
  test.each<[string, object]>([
    ["one text", { text: "x".repeat(600_000) }],
    ["many names", Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`name ${at}`, at]))],
    ["a list of numbers", { list: Array.from({ length: 600_000 }, () => 1) }],
    ["letters that are escaped", { text: control }],
  ])("for %s is cut down, and its neighbours are whole", async (_, properties) => {
    const good = { type: "track", event: "B", messageId: "good" };
    const batch = [good, { type: "track", event: "A", messageId: "heavy", properties }, good];
    const { status, events, metrics } = await rig.ask({
      path: "/v1/batch",
      headers,
      body: gzipSync(JSON.stringify({ batch })),
    });
    expect([status, metrics]).toEqual([200, { EventsAccepted: 2, "EventsRefused too-large": 1 }]);
    const [, heavy = {}] = events;
    expect(heavy).toMatchObject({ type: "track", event: "A", messageId: "heavy", source: "server" });
    expect([heavy.properties, isCut(heavy)]).toEqual([undefined, true]);
    expect(readEvent(JSON.stringify(heavy), Date.now())).toMatchObject({ reason: "too-large" });
  });

  test("for what its batch shares is cut down too", async () => {
    const body = JSON.stringify({ batch: [{ type: "page" }], context: { text: "x".repeat(600_000) } });
    const { events } = await rig.ask({ path: "/v1/batch", headers, body });
    expect(isCut(events[0] ?? {})).toBe(true);
  });

  test("begins where a record still has some: what is lighter is kept whole", async () => {
    const text = "x".repeat(collectLimits.wholeEventBytesMax - 1_000);
    const { events } = await rig.ask({ path: "/v1/track", headers, body: JSON.stringify({ event: "A", text }) });
    expect(events).toMatchObject([{ text }]);
    expect(isCut(events[0] ?? {})).toBe(false);
    expect(Buffer.byteLength(JSON.stringify(events[0]))).toBeGreaterThan(recordLimits.eventBytesMax);
  });
});
