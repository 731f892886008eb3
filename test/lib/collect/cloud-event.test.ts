import { CloudEvent, HTTP, type Message as HttpMessage } from "cloudevents";
import { describe, expect, test } from "vitest";
import { basic } from "../../handlers/api-request.ts";
import { CollectRig } from "../../handlers/collect-rig.ts";

const rig = new CollectRig({ sources: { cloud: {} } });
const attributes = {
  id: "e-1",
  source: "/shops/berlin",
  type: "com.example.order",
  subject: "orders/17",
  time: "2026-05-05T10:00:00.000Z",
  userid: "ann",
};
const started = new CloudEvent({ ...attributes, data: { revenue: 12.5 } });

async function send({ headers, body }: HttpMessage<unknown>, more: Record<string, string> = {}) {
  const lowered = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  const sent = { authorization: basic("cloud:"), ...Object.fromEntries(lowered), ...more };
  return rig.ask({ path: "/v1/cloudevents", headers: sent, body: body as string });
}

/** All that is promised of how an event is mapped. */
const tracked = {
  type: "track",
  event: "com.example.order",
  messageId: expect.stringMatching(/^ce-[\w-]{43}$/),
  timestamp: "2026-05-05T10:00:00.000Z",
  userId: "ann",
  properties: { revenue: 12.5 },
  context: { cloudevent: { id: "e-1", source: "/shops/berlin", subject: "orders/17", specversion: "1.0" } },
  source: "cloud",
};

describe("an event of the CloudEvents SDK", () => {
  test.each([
    ["binary", () => HTTP.binary(started)],
    ["structured", () => HTTP.structured(started)],
    [
      "batch",
      () => ({
        headers: { "content-type": "application/cloudevents-batch+json; charset=utf-8" },
        body: JSON.stringify([started]),
      }),
    ],
  ])("in %s mode becomes the same track event", async (_, message) => {
    const { status, body, events } = await send(message() as HttpMessage<unknown>);
    expect([status, body]).toEqual([200, { success: true }]);
    expect(events).toMatchObject([tracked]);
  });

  test("is of the person whom an integer names, as it is of one in a header", async () => {
    const body = JSON.stringify({ ...attributes, specversion: "1.0", userid: 42, anonymousid: 7 });
    const { events } = await send({ headers: { "content-type": "application/cloudevents+json" }, body });
    expect(events).toMatchObject([{ userId: "42", anonymousId: "7" }]);
  });

  test("has the same messageId when it is sent again, in whatever mode, and another one from another source", async () => {
    const id = async (message: HttpMessage<unknown>) => (await send(message)).events[0]?.messageId;
    const first = await id(HTTP.binary(started) as HttpMessage<unknown>);
    expect(await id(HTTP.structured(started) as HttpMessage<unknown>)).toBe(first);
    const elsewhere = started.cloneWith({ source: "/shops/paris" });
    expect(await id(HTTP.structured(elsewhere) as HttpMessage<unknown>)).not.toBe(first);
    // The two together, not their texts in a row.
    const shifted = started.cloneWith({ source: "/shops/berline", id: "-1" });
    expect(await id(HTTP.structured(shifted) as HttpMessage<unknown>)).not.toBe(first);
  });

  test.each([
    ["text", "text/plain", "two words", { data: "two words" }],
    ["a list", "application/json", [1, 2], { data: [1, 2] }],
    ["nothing", undefined, undefined, {}],
  ])("with %s as data has it in its properties", async (_, datacontenttype, data, properties) => {
    const event = new CloudEvent({ ...attributes, ...(datacontenttype ? { datacontenttype, data } : {}) });
    for (const message of [HTTP.binary(event), HTTP.structured(event)]) {
      expect((await send(message as HttpMessage<unknown>)).events).toMatchObject([{ properties }]);
    }
  });

  test("with bytes as data has them in base64", async () => {
    const data = Uint8Array.from([1, 2, 255]);
    const event = new CloudEvent({ ...attributes, datacontenttype: "application/octet-stream", data });
    const properties = { data_base64: "AQL/" };
    expect((await send(HTTP.structured(event) as HttpMessage<unknown>)).events).toMatchObject([{ properties }]);
    const { headers } = HTTP.binary(event);
    const binary = { headers, body: Buffer.from(data) } as HttpMessage<unknown>;
    expect((await send(binary)).events).toMatchObject([{ properties }]);
  });

  test("may have its key in the query, and text beyond ASCII in its headers", async () => {
    const { headers, body } = HTTP.binary(started);
    const { events } = await rig.ask({
      path: "/v1/cloudevents",
      query: "writeKey=cloud",
      headers: { ...(headers as Record<string, string>), "ce-subject": "caf%C3%A9" },
      body: String(body),
    });
    expect(events).toMatchObject([{ context: { cloudevent: { subject: "café" } } }]);
  });
});

describe("what is no CloudEvent 1.0", () => {
  const whole = { specversion: "1.0", id: "1", source: "s", type: "t" };
  test.each([
    ["an old version", { ...whole, specversion: "0.3" }, /^specversion: /],
    ["no id", { ...whole, id: undefined }, /^id: /],
    ["an empty source", { ...whole, source: "" }, /^source: /],
    ["a number for a type", { ...whole, type: 5 }, /^type: /],
    ["a text", "event", /^expected a JSON object/],
  ])("for %s goes to quarantine, and its neighbour does not", async (_, bad, detail) => {
    const headers = { "content-type": "application/cloudevents-batch+json" };
    const { status, events, metrics } = await send({ headers, body: JSON.stringify([bad, whole]) });
    expect([status, metrics]).toEqual([200, { EventsAccepted: 1, "EventsRefused invalid": 1 }]);
    expect(events[0]).toMatchObject({
      millrace: { refused: { reason: "invalid", detail: expect.stringMatching(detail) } },
    });
  });

  test.each([
    ["by any header", { "content-type": "application/json" }, "{}"],
    ["for broken JSON", { "content-type": "application/cloudevents+json" }, "{"],
    ["for an object as a batch", { "content-type": "application/cloudevents-batch+json" }, "{}"],
    ["for broken JSON as data", { "ce-specversion": "1.0", "content-type": "application/json" }, "{"],
  ])("%s gets 400", async (_, headers, body) => {
    expect(await send({ headers, body })).toMatchObject({ status: 400, metrics: { Unparsable: 1 }, events: [] });
  });
});
