import { CloudEvent, type Headers, HTTP, type Message as HttpMessage } from "cloudevents";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cloudEventMessages } from "../../../lib/collect/cloud-event.ts";
import type { Fields } from "../../../lib/stream/event/fields.ts";
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

  test("has its attributes in its context, and no other header", async () => {
    const headers = { "ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/a", "ce-type": "t", "ce-x-y": "no" };
    const { events } = await send({ headers, body: "" }, { "content-type": "text/csv" });
    const own = { specversion: "1.0", id: "e-1", source: "/a", type: "t" };
    expect(events[0]?.context).toMatchObject({ cloudevent: expect.toSatisfy((it) => Object.keys(it).length === 5) });
    expect(events[0]).toMatchObject({
      properties: {},
      context: { cloudevent: { ...own, datacontenttype: "text/csv" } },
    });
    const untyped = await send({ headers, body: "" });
    expect(untyped.events[0]?.context).toEqual({ cloudevent: own, ip: "203.0.113.0" });
  });

  test.each([
    [{ data: null }, { data: null }],
    [{ data_base64: null }, {}],
    [{ data: null, data_base64: "eyJhIjoxfQ==" }, { a: 1 }],
    [{ data: { a: 2 }, data_base64: null }, { a: 2 }],
    [{ userid: ["ann"], anonymousid: true, data: 5 }, { data: 5 }],
  ])("of %j has the properties %j", async (more, properties) => {
    const body = JSON.stringify({ specversion: "1.0", id: "1", source: "s", type: "t", ...more });
    const { events } = await send({ headers: { "content-type": "application/cloudevents+json" }, body });
    expect(events.map((event) => event.properties)).toEqual([properties]);
    for (const name of ["userId", "anonymousId", "millrace"]) expect(events[0]).not.toHaveProperty(name);
  });

  test("is of the person whom an integer names, as it is of one in a header", async () => {
    const body = JSON.stringify({ ...attributes, specversion: "1.0", userid: 42, anonymousid: 7 }).replace(
      "42",
      "2053013552326770905",
    );
    const { events } = await send({ headers: { "content-type": "application/cloudevents+json" }, body });
    expect(events).toMatchObject([{ userId: "2053013552326770905", anonymousId: "7" }]);
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

describe("the same event, however it is sent,", () => {
  const byName = (attributes: Fields, value: (text: string) => string): Record<string, string> =>
    Object.fromEntries(Object.entries(attributes).map(([name, text]) => [`ce-${name}`, value(String(text))]));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are encoded, too
  const reserved = /[\u0000-\u0020"%\u007f-\u{10ffff}]/gu;
  const encoded = (text: string): string => text.replace(reserved, (one) => encodeURIComponent(one));
  const quoted = (text: string): string =>
    `"${text.replace(/["\\]/g, "\\$&").replace(/%|[^ -~]/gu, (one) => encodeURIComponent(one))}"`;
  const inBytes = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

  interface Sent {
    readonly attributes: Fields;
    readonly data: Fields | readonly unknown[];
  }
  const json = { "content-type": "application/json" };
  const sdk = ({ attributes, data }: Sent): CloudEvent<unknown> =>
    new CloudEvent({ ...attributes, data, datacontenttype: "application/json" }, false);
  const ways: Readonly<Record<string, (sent: Sent) => { headers: Record<string, unknown>; body: string }>> = {
    "by the SDK in binary mode, as Node reads it": (sent) => {
      const { headers, body } = HTTP.binary(sdk(sent));
      const read = Object.entries(headers).map(([name, value]) => [name, inBytes(String(value))]);
      return { headers: Object.fromEntries(read), body: String(body) };
    },
    "by the SDK in structured mode": (sent) => HTTP.structured(sdk(sent)) as { headers: Headers; body: string },
    "by the SDK's JSON in batch mode": (sent) => ({
      headers: { "content-type": "application/cloudevents-batch+json" },
      body: JSON.stringify([sdk(sent)]),
    }),
    "encoded as the specification has it": ({ attributes, data }) => ({
      headers: { ...json, ...byName(attributes, encoded) },
      body: JSON.stringify(data),
    }),
    "quoted as older versions of it have it": ({ attributes, data }) => ({
      headers: { ...json, ...byName(attributes, quoted) },
      body: JSON.stringify(data),
    }),
    "with its data in base64": ({ attributes, data }) => ({
      headers: { "content-type": "application/cloudevents+json; charset=utf-8" },
      body: JSON.stringify({
        ...attributes,
        datacontenttype: "application/json",
        data_base64: Buffer.from(JSON.stringify(data)).toString("base64"),
      }),
    }),
  };
  const messageOf = (way: string, sent: Sent) => {
    const { headers, body } = ways[way]?.(sent) ?? expect.fail();
    const request = { call: "cloudevents", query: new URLSearchParams(), address: "", receivedMs: 0 };
    const sentHeaders = headers as Record<string, string>;
    const [message] = cloudEventMessages({ ...request, headers: sentHeaders, body: Buffer.from(body) });
    return message ?? expect.fail("no message");
  };

  const fixed = { specversion: "1.0", time: "2026-05-05T10:00:00.000Z" };
  // What HTTP would take away, what no attribute may have, and what is in quotes as a whole, are left out.
  const text = fc
    .string({
      unit: fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }), fc.constantFrom(...'%"\\ é€/+,')),
    })
    .map((one) =>
      one
        .toWellFormed()
        .replace(/\p{Cc}/gu, "")
        .trim(),
    )
    .filter((one) => one !== "" && !/^".*"$/s.test(one));
  const isPlain = (one: string): boolean => !/%[\da-f]{2}/i.test(one);
  const escapes = fc.constantFrom("%20", "%2F", "%25", "%C3%A9", "%252F", "%2525", "a", "/", "-", " ", "é", "100%");
  const escaped = fc.array(escapes, { minLength: 1, maxLength: 6 }).map((parts) => `x${parts.join("")}x`);
  const data = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.array(fc.jsonValue()));

  test("is the same message", () => {
    const attributes = fc.record({
      id: text.filter(isPlain),
      source: text.filter(isPlain),
      type: text.filter(isPlain),
      subject: text.filter(isPlain),
      userid: text.filter(isPlain),
      partition: text.filter(isPlain),
      sequence: fc.integer(),
      sampled: fc.boolean(),
    });
    fc.assert(
      fc.property(attributes, data, (drawn, own) => {
        const sent = { attributes: { ...fixed, ...drawn }, data: JSON.parse(JSON.stringify(own)) };
        const { userid, ...named } = drawn;
        const texts = Object.fromEntries(Object.entries(named).map(([name, one]) => [name, String(one)]));
        for (const way of Object.keys(ways)) {
          const { value, problem } = messageOf(way, sent);
          expect([way, problem]).toEqual([way, undefined]);
          // Some numbers are kept as their text.
          expect(JSON.parse(JSON.stringify(value))).toEqual({
            event: drawn.type,
            messageId: expect.stringMatching(/^ce-/),
            timestamp: fixed.time,
            userId: userid,
            properties: Array.isArray(sent.data) ? { data: sent.data } : sent.data,
            context: {
              cloudevent: { ...fixed, ...texts, datacontenttype: "application/json" },
            },
          });
        }
        const ids = Object.keys(ways).map((way) => (messageOf(way, sent).value as Fields).messageId);
        expect(new Set(ids).size).toBe(1);
      }),
    );
  });

  test("has the same messageId with escapes in its source and id, although the SDK does not encode them", () => {
    fc.assert(
      fc.property(escaped, escaped, (id, source) => {
        const sent = { attributes: { ...fixed, type: "t", id, source }, data: { a: 1 } };
        const ids = Object.keys(ways).map((way) => (messageOf(way, sent).value as Fields).messageId);
        expect(new Set(ids).size).toBe(1);
      }),
    );
  });

  test.each<[contentType: string | undefined, content: Buffer, properties: Fields]>([
    ["application/json", Buffer.from('{"revenue":1e999}'), { revenue: expect.anything() }],
    ["application/json; charset=utf-8", Buffer.from('{"revenue":5}'), { revenue: 5 }],
    ["APPLICATION/VND.SHOP.V2+JSON", Buffer.from('{"revenue":5}'), { revenue: 5 }],
    ["image/svg+json ;a=b", Buffer.from("[5]"), { data: [5] }],
    [undefined, Buffer.from('{"revenue":5}'), { revenue: 5 }],
    [undefined, Buffer.from("two words"), { data: "two words" }],
    [undefined, Buffer.from([1, 2, 255]), { data_base64: "AQL/" }],
    ["text/plain", Buffer.from("café"), { data: "café" }],
    ["application/json-seq", Buffer.from("\u001e5\n"), { data: "\u001e5\n" }],
    ["application/octet-stream", Buffer.from([1, 2, 255]), { data_base64: "AQL/" }],
    ["application/octet-stream", Buffer.alloc(0), {}],
  ])("has data of the type %s that is the same as a body and in base64", async (contentType, content, properties) => {
    const type = contentType === undefined ? {} : { "content-type": contentType };
    const own = { specversion: "1.0", id: "1", source: "s", type: "t" };
    const binary = await send({ headers: { ...type, ...byName(own, encoded) }, body: content as never });
    const structured = await send({
      headers: { "content-type": "application/cloudevents+json" },
      body: JSON.stringify({ ...own, datacontenttype: contentType, data_base64: content.toString("base64") }),
    });
    for (const { status, events } of [binary, structured]) {
      expect([status, events.map((event) => event.properties)]).toEqual([200, [properties]]);
    }
    expect(JSON.stringify(structured.events)).not.toContain("null");
  });
});

describe("what is no CloudEvent 1.0", () => {
  test.each([
    ["base64 that is none", { datacontenttype: "application/json", data_base64: "e30!" }, /^data_base64: .* base64/],
    ["a list for base64", { data_base64: [1] }, /^data_base64: .* base64/],
    ["base64 of broken JSON", { datacontenttype: "text/json", data_base64: "ew==" }, /^data_base64: .* JSON/],
    ["base64 of no UTF-8", { datacontenttype: "application/json", data_base64: "Iv8i" }, /^data_base64: .* JSON/],
  ])("for %s goes to quarantine", async (_, data, detail) => {
    const headers = { "content-type": "application/cloudevents+json" };
    const body = JSON.stringify({ specversion: "1.0", id: "1", source: "s", type: "t", ...data });
    const { status, events } = await send({ headers, body });
    expect([status, events[0]?.millrace, events[0]?.properties]).toEqual([
      200,
      { refused: { reason: "invalid", detail: expect.stringMatching(detail) } },
      { data_base64: data.data_base64 },
    ]);
  });

  test.each(["id", "source", "type", "subject", "myextension"])(
    "for escapes in %s that are no UTF-8 goes to quarantine, as it came",
    async (name) => {
      const own = {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "s",
        "ce-type": "t",
        [`ce-${name}`]: "a%C0%A0b",
      };
      const { status, events } = await send({ headers: own, body: "{}" });
      expect(status).toBe(200);
      expect(events).toMatchObject([
        {
          context: { cloudevent: { [name]: "a%C0%A0b" } },
          millrace: {
            refused: { reason: "invalid", detail: `${name}: expected percent-encoded UTF-8, got other bytes` },
          },
        },
      ]);
    },
  );

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
      type: "track",
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
