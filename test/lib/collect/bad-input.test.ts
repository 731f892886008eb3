import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { callNames } from "../../../lib/collect/calls.ts";
import { recordLimits } from "../../../lib/limits.ts";
import { readEvent } from "../../../lib/stream/event/event.ts";
import { type ApiRequest, basic } from "../../handlers/api-request.ts";
import { type Answered, CollectRig } from "../../handlers/collect-rig.ts";

/** In everything that is sent; nothing of it may be in a log. */
const mark = "PERSONAL";
const key = "markedkey";
const address = "198.51.100.77";

const rig = new CollectRig({
  sources: { [key]: {}, pages: { allowedOrigins: ["https://shop.example"] } },
  privacy: { remove: ["properties.secret"], hash: ["userId"] },
  trackingPlan: { mode: "enforce", events: { Planned: { type: "object", required: ["revenue"] } } },
});
const auth = { authorization: basic(`${key}:`) };

const statuses: Readonly<Record<string, number>> = {
  UnknownPath: 404,
  Unparsable: 400,
  Unauthorized: 401,
  OriginForbidden: 403,
  TooLarge: 413,
};

/** What is promised of every answer, whatever was asked. */
async function ask(request: ApiRequest): Promise<Answered> {
  const answered = await rig.ask({ address, ...request });
  const { status, headers, body, events, metrics, log } = answered;
  for (const secret of [mark, key, address, "198.51.100.0"]) expect(log).not.toContain(secret);
  expect(JSON.stringify(headers)).not.toContain(mark);
  const counted = Object.entries(metrics)
    .filter(([name]) => /^Events(Accepted|Refused)/.test(name))
    .reduce((sum, [, count]) => sum + count, 0);
  expect(counted).toBe(events.length);
  expect(JSON.stringify(body)).not.toContain(mark);
  if (status === 200) {
    expect(body).toEqual({ success: true });
    for (const event of events) checkEvent(event);
    return answered;
  }
  const [[counter = "", times] = [], ...others] = Object.entries(metrics);
  expect([statuses[counter], times, others, events]).toEqual([status, 1, [], []]);
  expect(body).toMatchObject({ success: false, status, code: expect.any(String), message: expect.any(String) });
  return answered;
}

/** An event in the stream can be read, says where it came from, and is counted or in quarantine. */
function checkEvent(event: Readonly<Record<string, unknown>>): void {
  const text = JSON.stringify(event);
  expect(Buffer.byteLength(text)).toBeLessThan(recordLimits.storedBytesMax);
  expect(event).toMatchObject({ source: expect.stringMatching(/^(markedkey|pages)$/), receivedAt: expect.any(String) });
  expect(event).not.toHaveProperty("writeKey");
  expect(text).not.toMatch(/"secret"/);
  const read = readEvent(text, Date.now());
  const refused = (event.millrace as { refused?: object } | undefined)?.refused;
  if (Buffer.byteLength(text) > recordLimits.eventBytesMax) expect(read).toMatchObject({ reason: "too-large" });
  else if (refused !== undefined) expect(read).toEqual(refused);
}

const page = { type: "page", name: mark, userId: mark };
const nested = (levels: number, open: string, close: string): string =>
  `${open.repeat(levels)}1${close.repeat(levels)}`;

/** Bodies that are no object of JSON. */
const noObjects: readonly (readonly [title: string, body: string | Buffer | undefined])[] = [
  ["no body", undefined],
  ["an empty body", ""],
  ["spaces", "   \n\t "],
  ["a byte order mark", "\ufeff"],
  ["text", `${mark} and more`],
  ["half an object", `{"event":"${mark}"`],
  ["two objects", `{"event":"${mark}"}{}`],
  ["an object and a comma", `{"event":"${mark}"},`],
  ["a comma too much", `{"event":"${mark}",}`],
  ["a comment", `{/* ${mark} */}`],
  ["single quotes", `{'event':'${mark}'}`],
  ["NaN", `{"event":NaN}`],
  ["undefined", `{"event":undefined}`],
  ["a control character in a text", `{"event":"\u0001"}`],
  ["a bad escape", String.raw`{"event":"\x41"}`],
  ["a number", "5"],
  ["a text of JSON", `"${mark}"`],
  ["null", "null"],
  ["true", "true"],
  ["a list", `[{"event":"${mark}"}]`],
  ["ten thousand lists in each other", nested(10_000, "[", "]")],
  ["a hundred thousand open brackets", "[".repeat(100_000)],
  ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
  ["half a character", Buffer.from([0x22, 0xc3])],
  ["UTF-16", Buffer.from(`{"event":"${mark}"}`, "utf16le")],
  ["zeros", Buffer.alloc(1_000)],
  ["a form", `event=${mark}&userId=${mark}`],
  ["XML", `<event>${mark}</event>`],
  ["half a gzip", gzipSync(JSON.stringify(page)).subarray(0, 20)],
  ["a gzip with a wrong sum", Buffer.concat([gzipSync("{}").subarray(0, -8), Buffer.alloc(8, 1)])],
  ["gzip of gzip", gzipSync(gzipSync(JSON.stringify(page)))],
  ["gzip of nothing", gzipSync("")],
  ["gzip and garbage after it", Buffer.concat([gzipSync("{}"), Buffer.from(mark)])],
  ["only the first bytes of gzip", Buffer.from([0x1f, 0x8b])],
  ["only the first bytes of zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ["deflate", deflateSync(JSON.stringify(page))],
  ["brotli", brotliCompressSync(JSON.stringify(page))],
];

const tooLarge: readonly (readonly [title: string, body: string | Buffer])[] = [
  ["a body over 4 MB", `{"text":"${"x".repeat(4 * 1024 * 1024)}"}`],
  ["gzip that unpacks to 50 MB", gzipSync(Buffer.alloc(50 * 1024 * 1024, 0x20))],
  ["zstd that unpacks to 50 MB", zstdCompressSync(Buffer.alloc(50 * 1024 * 1024, 0x20))],
  ["many gzips in a row", Buffer.concat(Array.from({ length: 600 }, () => gzipSync("x".repeat(10_000))))],
  ["bytes over 4 MB", Buffer.alloc(4 * 1024 * 1024 + 1, 0x1f)],
];

const batchCalls = ["batch", "b", "import"];
/** One of each way to read a body; that the names lead there is tested elsewhere. */
const someCalls = ["track", "p", "batch", "import", "cloudevents"];
const structured = { "content-type": "application/cloudevents-batch+json" };

/** A list is what a batch of CloudEvents is; what is in these is no CloudEvent. */
const listsOfCloudEvents = ["a list", "ten thousand lists in each other"];

describe("a body that cannot be read gets 400, and nothing is sent", () => {
  const cases = someCalls.flatMap((call) => noObjects.map(([title, body]) => [call, title, body] as const));
  test.each(cases)("/v1/%s of %s", async (call, title, body) => {
    const headers = call === "cloudevents" ? { ...auth, ...structured } : auth;
    const { status } = await ask({ path: `/v1/${call}`, headers, body });
    expect(status).toBe(call === "cloudevents" && listsOfCloudEvents.includes(title) ? 200 : 400);
  });
});

describe("a body that is too large gets 413, and costs no more than that", () => {
  const cases = someCalls.flatMap((call) => tooLarge.map(([title, body]) => [call, title, body] as const));
  test.each(cases)("/v1/%s of %s", async (call, _, body) => {
    const headers = { ...auth, ...(call === "cloudevents" ? structured : {}) };
    expect((await ask({ path: `/v1/${call}`, headers, body })).status).toBe(413);
  });

  test.each(batchCalls)("/v1/%s of 2,501 messages, and not of 2,500", async (call) => {
    const body = (count: number) => JSON.stringify({ batch: Array.from({ length: count }, () => page) });
    expect((await ask({ path: `/v1/${call}`, headers: auth, body: body(2_501) })).status).toBe(413);
    expect((await ask({ path: `/v1/${call}`, headers: auth, body: body(2_500) })).events).toHaveLength(2_500);
  });

  test("a small body that would become a large one: what a batch shares is in every message", async () => {
    const body = JSON.stringify({
      batch: Array.from({ length: 2_500 }, () => page),
      context: { a: "x".repeat(20_000) },
    });
    expect((await ask({ path: "/v1/batch", headers: auth, body })).status).toBe(413);
  });

  test("to the byte: 4 MB are read, plain and unpacked", async () => {
    const of = (bytes: number) => {
      const frame = JSON.stringify({ batch: [], text: "" });
      return JSON.stringify({ batch: [], text: "x".repeat(bytes - frame.length) });
    };
    for (const pack of [String, gzipSync, zstdCompressSync]) {
      expect((await ask({ path: "/v1/batch", headers: auth, body: pack(of(4_194_304)) })).status).toBe(200);
      const { status, body } = await ask({ path: "/v1/batch", headers: auth, body: pack(of(4_194_305)) });
      expect([status, body.code]).toEqual([413, "too_large"]);
      expect(body.message).toMatch(/^body: expected at most 4194304 bytes \(4 MB\) .*send smaller batches$/);
    }
  });
});

describe("a key that is none gets 401, and nothing is sent", () => {
  const body = JSON.stringify({ ...page, batch: [page] });
  const withKey = (writeKey: unknown): string => JSON.stringify({ ...page, batch: [page], writeKey });
  const cases: readonly (readonly [string, Omit<ApiRequest, "path">])[] = [
    ["no key", { body }],
    ["an unknown key", { headers: { authorization: basic(`${mark}:`) }, body }],
    [
      "an unknown key, and a known one in the body",
      { headers: { authorization: basic("other:") }, body: withKey(key) },
    ],
    ["the key as the password", { headers: { authorization: basic(`:${key}`) }, body }],
    ["the key in other letters", { headers: { authorization: basic(`${key.toUpperCase()}:`) }, body }],
    ["the key and a space", { headers: { authorization: basic(`${key} :`) }, body }],
    ["the key and a zero", { headers: { authorization: basic(`${key}\0:`) }, body }],
    ["half of the key", { headers: { authorization: basic(`${key.slice(0, 5)}:`) }, body }],
    ["the key in plain text", { headers: { authorization: `Basic ${key}:` }, body }],
    ["another scheme", { headers: { authorization: `Bearer ${key}` }, body }],
    ["two headers in one", { headers: { authorization: `${auth.authorization},${auth.authorization}` }, body }],
    ["no base64", { headers: { authorization: "Basic %%%%" }, body }],
    ["an empty header", { headers: { authorization: "" }, body }],
    ["Basic and nothing", { headers: { authorization: "Basic " }, body }],
    ["a key of a megabyte", { headers: { authorization: basic("x".repeat(1_000_000)) }, body }],
    ["a name of the language's own", { headers: { authorization: basic("__proto__:") }, body }],
    ["constructor", { headers: { authorization: basic("constructor:") }, body }],
    ["a number", { body: withKey(5) }],
    ["an object", { body: withKey({ key }) }],
    ["a list with the key", { body: withKey([key]) }],
    ["null", { body: withKey(null) }],
    ["an empty text", { body: withKey("") }],
    ["an unknown key in the query", { query: `writeKey=${mark}`, body }],
    ["the key under another name in the query", { query: `key=${key}`, body }],
    ["the key in a header of another name", { headers: { "x-write-key": key }, body }],
  ];
  const all = ["track", "g", "batch", "b"].flatMap((call) => cases.map(([title, one]) => [call, title, one] as const));
  test.each(all)("/v1/%s with %s", async (call, _, request) => {
    expect((await ask({ path: `/v1/${call}`, ...request })).status).toBe(401);
  });

  test("a batch of 2,500 unknown keys looks up a few of them", async () => {
    let lookups = 0;
    const before = rig.writeKeys;
    rig.writeKeys = { sourceOf: async () => void lookups++ };
    const batch = Array.from({ length: 2_500 }, (_, index) => ({ ...page, writeKey: `${mark}${index}` }));
    expect((await ask({ path: "/v1/batch", body: JSON.stringify({ batch }) })).status).toBe(401);
    expect(lookups).toBeLessThanOrEqual(20);
    rig.writeKeys = before;
  });
});

describe("a path that is none gets 404", () => {
  const paths = [
    "tracks",
    "TRACK",
    "",
    ".",
    "..",
    "%2e%2e",
    "track%00",
    "constructor",
    "__proto__",
    "toString",
    "🙂",
    "x".repeat(5_000),
  ];
  test.each(paths)("/v1/%s", async (path) => {
    expect((await ask({ path: `/v1/${path}`, headers: auth, body: JSON.stringify(page) })).status).toBe(404);
  });
});

describe("an origin that is not allowed gets 403, and nothing is sent", () => {
  const origins = [
    "https://evil.example",
    "null",
    "",
    "https://shop.example/",
    "HTTPS://SHOP.EXAMPLE",
    "https://shop.example:444",
  ];
  const more = ["https://shop.example, https://evil.example", "https://shop.example\u0000", "*", "file://", mark];
  const cases = [...origins, ...more].flatMap((origin) => ["t", "batch"].map((call) => [call, origin] as const));
  test.each(cases)("/v1/%s from %j", async (call, origin) => {
    const body = JSON.stringify({ ...page, batch: [page], writeKey: "pages" });
    expect((await ask({ path: `/v1/${call}`, headers: { origin }, body })).status).toBe(403);
  });
});

/** Messages that are hostile or merely odd: acknowledged, and in the stream whatever they are. */
const oddMessages: readonly (readonly [title: string, text: string])[] = [
  ["a field __proto__", `{"type":"page","__proto__":{"polluted":"${mark}"}}`],
  ["a context __proto__", `{"type":"page","context":{"__proto__":{"polluted":1}}}`],
  ["constructor.prototype", `{"type":"page","constructor":{"prototype":{"polluted":1}}}`],
  ["toJSON", `{"type":"page","toJSON":"${mark}"}`],
  ["the same key twice", `{"type":"page","userId":"a","userId":"${mark}","type":"track"}`],
  ["empty keys", `{"":{"":{"":1}},"type":"page"}`],
  ["64 levels and more", `{"type":"page","properties":${nested(64, '{"a":', "}")}}`],
  ["ten thousand levels of lists", `{"type":"page","properties":${nested(10_000, "[", "]")}}`],
  ["a hundred thousand levels of lists", `{"type":"page","properties":${nested(100_000, "[", "]")}}`],
  ["a hundred thousand levels of traits", `{"type":"page","traits":${nested(80_000, '{"":', "}")}}`],
  ["levels in what is taken away", `{"type":"page","millrace":${nested(10_000, "[", "]")}}`],
  ["levels in integrations", `{"type":"page","integrations":${nested(10_000, "[", "]")}}`],
  ["ten thousand levels of a context", `{"type":"page","context":${nested(10_000, '{"a":', "}")}}`],
  ["a context that is a text", `{"type":"page","context":"${mark}"}`],
  ["a context that is a list", `{"type":"page","context":[1,2]}`],
  [
    "a context with the fields of an object",
    `{"type":"page","context":{"hasOwnProperty":1,"toString":null,"valueOf":"${mark}"}}`,
  ],
  ["an address with a zone", `{"type":"page","context":{"ip":"fe80::1%${mark}"}}`],
  ["an address of a number", `{"type":"page","context":{"ip":2130706433}}`],
  ["an address that is none", `{"type":"page","context":{"ip":"${mark}"}}`],
  ["an address that is an object", `{"type":"page","context":{"ip":{"a":"${mark}"}}}`],
  ["a messageId that is a number", `{"type":"page","messageId":5}`],
  ["a messageId of 300 bytes", `{"type":"page","messageId":"${"x".repeat(300)}"}`],
  ["a type of its own", `{"type":"purchase"}`],
  ["no type", `{"event":"${mark}"}`],
  ["a type that is an object", `{"type":{"a":1}}`],
  ["no name", `{"type":"track"}`],
  ["a name of 40,000 characters", `{"type":"track","event":"${"x".repeat(40_000)}"}`],
  ["40,000 characters of emoji", `{"type":"page","name":"${"🙂".repeat(20_000)}"}`],
  ["half a surrogate pair", `{"type":"page","name":"\\ud83d","userId":"\\udc00"}`],
  ["a line's end in a text", `{"type":"page","name":"a\\nb\\u2028c\\r"}`],
  ["a zero in a text", `{"type":"page","userId":"a\\u0000b"}`],
  ["a number beyond all", `{"type":"page","properties":{"revenue":1e999}}`],
  ["a number of a thousand digits", `{"type":"page","properties":{"n":${"9".repeat(1_000)}}}`],
  ["a time that is none", `{"type":"page","timestamp":"${mark}"}`],
  ["a time that is a number", `{"type":"page","timestamp":1767225600}`],
  ["a time in the year 9999", `{"type":"page","timestamp":"9999-12-31T23:59:59Z","sentAt":"0001-01-01T00:00:00Z"}`],
  [
    "a time beyond what a date can be",
    `{"type":"page","timestamp":"9999-12-31T23:59:59+23:59","sentAt":"0000-01-01T00:00:00Z"}`,
  ],
  ["a time of a hundred thousand digits", `{"type":"page","timestamp":"${"9".repeat(100_000)}"}`],
  ["an empty original time", `{"type":"page","originalTimestamp":"","timestamp":null,"sentAt":""}`],
  ["a sentAt that is an object", `{"type":"page","sentAt":{"a":"${mark}"},"timestamp":"2026-01-01T00:00:00Z"}`],
  ["a millrace of its own", `{"type":"page","millrace":{"refused":{"reason":"plan","detail":"${mark}"}}}`],
  ["a source of its own", `{"type":"page","source":{"a":"${mark}"}}`],
  ["what breaks the plan", `{"type":"track","event":"Planned","properties":{"a":"${mark}","secret":"${mark}"}}`],
  ["what breaks the plan with no properties", `{"type":"track","event":"Planned"}`],
  ["what breaks the plan with properties that are a text", `{"type":"track","event":"Planned","properties":"${mark}"}`],
  ["ten thousand fields", `{"type":"page",${Array.from({ length: 3_000 }, (_, n) => `"f${n}":${n}`).join(",")}}`],
  ["an unknown key", `{"type":"page","writeKey":"${mark}"}`],
  ["what the rules remove", `{"type":"page","properties":{"secret":"${mark}"}}`],
  ["what the rules remove in a list", `{"type":"page","properties":[{"secret":"${mark}"}]}`],
  ["a text", `"${mark}"`],
  ["a number", "5"],
  ["null", "null"],
  ["false", "false"],
  ["a list of messages", `[{"type":"page"}]`],
  ["an empty object", "{}"],
];

describe("an odd message is acknowledged with its neighbours, and is in the stream", () => {
  test.each(oddMessages)("%s", async (_, text) => {
    const body = `{"writeKey":"${key}","batch":[{"type":"page"},${text},{"type":"page"}]}`;
    for (const sent of [body, gzipSync(body)]) {
      const { status, events } = await ask({ path: "/v1/batch", body: sent });
      expect([status, events.length]).toEqual([200, 3]);
      for (const neighbour of [events[0], events[2]]) expect(neighbour).not.toHaveProperty("millrace");
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    }
  });

  const objects = oddMessages.filter(([, text]) => text.startsWith("{"));
  test.each(["t", "i"].flatMap((call) => objects.map(([title, text]) => [call, title, text] as const)))(
    "/v1/%s of %s",
    async (call, _, body) => {
      const { status, events } = await ask({ path: `/v1/${call}`, headers: auth, body });
      expect([status, events.length]).toEqual([200, 1]);
    },
  );
});

describe("whatever is sent", () => {
  const anyJson = fc.jsonValue({ depthSize: "medium", maxDepth: 8 });
  const names = fc.constantFrom(
    "type",
    "event",
    "userId",
    "context",
    "timestamp",
    "sentAt",
    "messageId",
    "writeKey",
    "__proto__",
  );
  const message = fc.oneof(fc.dictionary(names, anyJson), anyJson, fc.constant(page));

  test("each message of a batch is one event in the stream, and those of one batch keep their order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), fc.dictionary(names, anyJson), async (batch, shared) => {
        const text = JSON.stringify({ ...shared, batch });
        const sent = JSON.parse(text).batch as unknown[];
        const { status, events } = await ask({ path: "/v1/batch", headers: auth, body: text });
        expect([status, events.length]).toEqual([200, sent.length]);
      }),
      { numRuns: 150 },
    );
  });

  test("broken in any place it is answered, and counted once", async () => {
    const whole = Buffer.from(
      JSON.stringify({ writeKey: key, batch: [page, { ...page, event: "Planned", type: "track" }] }),
    );
    const bodies = [whole, gzipSync(whole), zstdCompressSync(whole)];
    const body = fc
      .tuple(fc.constantFrom(...bodies), fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.nat(5))
      .map(([from, at, bytes, cut]) => {
        const place = at % from.length;
        return Buffer.concat([from.subarray(0, place), bytes, from.subarray(place + cut)]);
      });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...callNames), body, async (call, broken) => {
        const { status } = await ask({ path: `/v1/${call}`, body: broken });
        expect([200, 400, 401, 413]).toContain(status);
      }),
      { numRuns: 500 },
    );
  });

  test("in headers and the query it does no harm", async () => {
    const header = fc.constantFrom(
      "authorization",
      "origin",
      "content-type",
      "content-encoding",
      "ce-id",
      "ce-specversion",
      "host",
    );
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("gzip", "1.0", "text/plain", mark),
    );
    const body = JSON.stringify({ writeKey: key, batch: [page] });
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(header, text),
        text,
        fc.constantFrom(...callNames),
        async (headers, query, call) => {
          const { status } = await ask({ path: `/v1/${call}`, headers, query, body });
          expect([200, 400, 401, 403]).toContain(status);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("a preflight and the settings say nothing of it", async () => {
    const text = fc.oneof(fc.string(), fc.constantFrom(mark, "https://shop.example", `${mark}\r\nset-cookie: a=1`));
    await fc.assert(
      fc.asyncProperty(text, text, async (origin, requested) => {
        const headers = { origin, "access-control-request-headers": requested, host: requested };
        const preflight = await rig.ask({ method: "OPTIONS", path: "/v1/t", headers, address });
        expect(preflight.status).toBe(204);
        expect(JSON.stringify(preflight.headers)).not.toMatch(/\\r|\\n/);
        const path = `/v1/projects/${encodeURIComponent(origin)}x/settings`;
        const settings = await rig.ask({ method: "GET", path, headers, address });
        expect(settings.status).toBe(401);
        expect(settings.log).not.toContain(mark);
      }),
      { numRuns: 200 },
    );
  });
});
