import { gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { RequestRefused } from "../../lib/collect/request-refused.ts";
import { readEvent } from "../../lib/stream/event/event.ts";
import { isCut } from "../../lib/stream/event/refused.ts";
import { basic } from "./api-request.ts";
import { CollectRig } from "./collect-rig.ts";

const shop = "https://shop.example";
const sources = { web: { allowedOrigins: [shop] }, open: {}, server: { allowedOrigins: [], keepAddress: true } };
const rig = new CollectRig({
  sources,
  privacy: { remove: ["traits.phone"], hash: ["traits.email"] },
  trackingPlan: {
    mode: "enforce",
    events: {
      "Order Completed": { type: "object", properties: { revenue: { type: "number" } }, required: ["revenue"] },
    },
  },
});
const { writeKeys } = rig;
afterEach(() => {
  rig.send = undefined;
  rig.writeKeys = writeKeys;
});

const server = { authorization: basic("server:") };
const page = { type: "page", name: "Home", userId: "ann", messageId: "m-1" };

const post = (path: string, value: unknown, headers: Record<string, string> = server) =>
  rig.ask({ path, headers, body: JSON.stringify(value) });

describe("a call of the Segment API", () => {
  test.each([
    ["track", "t"],
    ["page", "p"],
    ["screen", "s"],
    ["identify", "i"],
    ["group", "g"],
    ["alias", "a"],
  ])("%s is also /v1/%s, and its type is that of the path", async (name, letter) => {
    for (const path of [`/v1/${name}`, `/v1/${letter}`]) {
      const { status, body, events, metrics } = await post(path, { userId: "ann", event: "Signed Up", type: "other" });
      expect([status, body]).toEqual([200, { success: true }]);
      expect(events).toMatchObject([{ type: name, userId: "ann", source: "server" }]);
      expect(metrics).toEqual({ EventsAccepted: 1 });
    }
  });

  test.each(["batch", "b", "import"])("%s takes many messages, in order", async (name) => {
    const batch = Array.from({ length: 50 }, (_, index) => ({ ...page, messageId: `m-${index}` }));
    const { status, events, metrics } = await post(`/v1/${name}`, { batch });
    expect([status, metrics]).toEqual([200, { EventsAccepted: 50 }]);
    expect(events.map(({ messageId }) => messageId)).toEqual(batch.map(({ messageId }) => messageId));
  });

  test("m takes the figures that analytics.js sends about itself, and does nothing with them", async () => {
    const { status, events, metrics } = await rig.ask({ path: "/v1/m", body: '{"series":[]}' });
    expect([status, events, metrics]).toEqual([200, [], {}]);
  });

  test("an empty batch is delivered", async () => {
    expect(await post("/v1/batch", { batch: [] })).toMatchObject({ status: 200, events: [] });
  });
});

describe("a write key", () => {
  const body = JSON.stringify({ batch: [page] });
  test.each([
    ["in Basic authentication", { headers: server, body }],
    ["in Basic authentication, without the colon", { headers: { authorization: basic("server") }, body }],
    ["in the body", { body: JSON.stringify({ batch: [page], writeKey: "server" }) }],
    ["in the message", { body: JSON.stringify({ batch: [{ ...page, writeKey: "server" }] }) }],
    ["in the query", { query: "writeKey=server", body }],
  ])("%s tells the source, and is not kept", async (_, request) => {
    const { status, events } = await rig.ask({ path: "/v1/batch", ...request });
    expect(status).toBe(200);
    expect(events).toMatchObject([{ source: "server" }]);
    expect(events[0]).not.toHaveProperty("writeKey");
  });

  test("of a message goes before that of its batch, and not before that of the header", async () => {
    const batch = [page, { ...page, writeKey: "open" }];
    const inBody = await post("/v1/batch", { batch, writeKey: "server" }, {});
    expect(inBody.events.map(({ source }) => source)).toEqual(["server", "open"]);
    const inHeader = await post("/v1/batch", { batch });
    expect(inHeader.events.map(({ source }) => source)).toEqual(["server", "server"]);
  });

  test("of a message that is unknown beside a known one sends that message to quarantine", async () => {
    const batch = [{ ...page, writeKey: "nobody" }, page];
    const { status, events, metrics } = await post("/v1/batch", { batch, writeKey: "open" }, {});
    expect([status, metrics]).toEqual([200, { EventsAccepted: 1, "EventsRefused invalid": 1 }]);
    expect(events[0]).toMatchObject({ messageId: "m-1", millrace: { refused: { reason: "invalid" } } });
    expect(events[1]).not.toHaveProperty("millrace");
  });

  test.each([
    ["an event", "/v1/batch", "POST"],
    ["the settings", "/v1/projects/new/settings", "GET"],
  ])("that may be new is no reason to drop %s: the client may come again", async (_, path, method) => {
    rig.writeKeys = { sourceOf: async () => "unsettled" };
    const body = method === "POST" ? { body: JSON.stringify({ batch: [page] }), headers: server } : {};
    const { status, headers, metrics, events, log } = await rig.ask({ method, path, ...body });
    expect([status, metrics, events]).toEqual([429, { KeyUnsettled: 1 }, []]);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(log.split("\n").filter((line) => line !== "" && !line.includes('"_aws"'))).toEqual([]);
  });

  test("of a message that may be new holds back the request: nothing of it goes to quarantine", async () => {
    const { sourceOf } = rig.writeKeys;
    rig.writeKeys = { sourceOf: async (key) => (key === "new" ? "unsettled" : sourceOf(key)) };
    const batch = [page, { ...page, writeKey: "new" }];
    const { status, events } = await post("/v1/batch", { batch, writeKey: "open" }, {});
    expect([status, events]).toEqual([429, []]);
  });

  test("cannot be looked up: the client may come again", async () => {
    rig.writeKeys = { sourceOf: () => Promise.reject(new Error("no secrets")) };
    const { status, headers, metrics, log } = await post("/v1/batch", { batch: [page] });
    expect([status, metrics]).toEqual([503, { KeysUnavailable: 1 }]);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(log).not.toContain("server:");
  });
});

describe("a body", () => {
  const text = JSON.stringify({ batch: [page] });
  test.each([
    ["text/plain", { "content-type": "text/plain" }, text],
    ["no type at all", {}, text],
    ["bytes", { "content-type": "application/octet-stream" }, Buffer.from(text)],
    ["gzip", { "content-encoding": "gzip" }, gzipSync(text)],
    ["gzip that does not say so", {}, gzipSync(text)],
    ["zstd", { "content-encoding": "zstd" }, zstdCompressSync(text)],
    ["what says gzip and is none", { "content-encoding": "gzip" }, Buffer.from(text)],
    ["a byte order mark", {}, `\ufeff${text}`],
  ])("of %s is read", async (_, headers, body) => {
    const { status, events } = await rig.ask({ path: "/v1/batch", headers: { ...server, ...headers }, body });
    expect([status, events.length]).toEqual([200, 1]);
  });
});

describe("an event", () => {
  test("keeps the digits of its ids, and a number that is none stays one for the roll-up to refuse", async () => {
    const track =
      '{"type":"track","event":"Sold","userId":2053013552326770905,"properties":{"sku":2053013552326770906,"revenue":1e999}}';
    const { events } = await rig.ask({ path: "/v1/batch", headers: server, body: `{"batch":[${track}]}` });
    const text = JSON.stringify(events[0]);
    for (const part of ['"userId":2053013552326770905', '"sku":2053013552326770906', '"revenue":1e999'])
      expect(text).toContain(part);
  });

  test("has the time it happened by our clock, and what the sender's clock said", async () => {
    const sent = { timestamp: "2020-05-05T10:00:00.000Z", sentAt: "2020-05-05T10:00:30.000Z" };
    const { events } = await post("/v1/track", { event: "A", ...sent });
    const { timestamp, receivedAt, originalTimestamp, sentAt } = events[0] as Record<string, string>;
    expect([originalTimestamp, sentAt]).toEqual([sent.timestamp, sent.sentAt]);
    expect(Date.parse(receivedAt ?? "") - Date.parse(timestamp ?? "")).toBe(30_000);
    expect(Math.abs(Date.now() - Date.parse(receivedAt ?? ""))).toBeLessThan(60_000);
  });

  test("without a messageId gets one of its own", async () => {
    const { events } = await post("/v1/batch", { batch: [{ type: "page" }, { type: "page", messageId: "" }] });
    const ids = events.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^millrace-[0-9a-f-]{36}$/);
  });

  test.each([
    ["open", "203.0.113.77", "203.0.113.0"],
    ["open", "2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
    ["server", "203.0.113.77", "203.0.113.77"],
  ])("of %s from %s has the address %s", async (key, address, ip) => {
    const body = JSON.stringify({ ...page, writeKey: key });
    const { events } = await rig.ask({ path: "/v1/page", body, address });
    expect(events).toMatchObject([{ context: { ip } }]);
  });

  test("says the address of somebody else, which is cut too", async () => {
    const of = async (ip: unknown) =>
      (await post("/v1/page", { ...page, writeKey: "open", context: { ip, page: { path: "/" } } }, {})).events[0];
    expect(await of("198.51.100.9")).toMatchObject({ context: { ip: "198.51.100.0", page: { path: "/" } } });
    expect(await of("198.51.100.9:51234, 10.0.0.1")).toMatchObject({ context: { ip: "198.51.100.0" } });
    expect((await of("Ann"))?.context).toEqual({ page: { path: "/" } });
  });

  test("cannot say its source, nor what the collector says", async () => {
    const millrace = { refused: { reason: "plan", detail: "none" } };
    const { events } = await post("/v1/page", { ...page, source: "other", millrace });
    expect(events).toMatchObject([{ source: "server" }]);
    expect(events[0]).not.toHaveProperty("millrace");
  });

  test("shares the context of its batch, and its own goes first", async () => {
    const batch = [{ ...page, context: { locale: "de" } }];
    const { events } = await post("/v1/batch", { batch, context: { locale: "en", app: { name: "shop" } } });
    expect(events).toMatchObject([{ context: { locale: "de", app: { name: "shop" } } }]);
  });

  test("is as the privacy rules have it when it goes into the stream, refused or not", async () => {
    const traits = { email: "ann@shop.example", phone: "+49 30 1234567" };
    const batch = [
      { type: "identify", userId: "ann", traits },
      { type: "track", event: "Order Completed", traits },
    ];
    const { events } = await post("/v1/batch", { batch });
    for (const event of events) {
      expect(event).toMatchObject({ traits: { email: expect.stringMatching(/^[0-9a-f]{64}$/) } });
      expect(event.traits).not.toHaveProperty("phone");
    }
  });
});

describe("a bad event does no harm to the others, and is in the stream with its reason", () => {
  const good = { type: "track", event: "Order Completed", messageId: "good", properties: { revenue: 1 } };
  const deep = JSON.parse(`${'{"a":'.repeat(100)}1${"}".repeat(100)}`);
  test.each<[string, unknown, string, RegExp]>([
    ["a number", 5, "invalid", /^expected a JSON object, got a number$/],
    ["null", null, "invalid", /got null$/],
    ["a list", [good], "invalid", /got a list$/],
    ["one that breaks the plan", { ...good, properties: {} }, "plan", /revenue/],
    ["one that is too deep", { ...good, properties: deep }, "invalid", /64 levels/],
    ["one that is too large", { ...good, text: "x".repeat(33_000) }, "too-large", /32768 bytes.*got 33\d{3}$/],
  ])("%s", async (_, bad, reason, detail) => {
    const { status, body, events, metrics } = await post("/v1/batch", { batch: [good, bad, good] });
    expect([status, body]).toEqual([200, { success: true }]);
    expect(metrics).toMatchObject({ EventsAccepted: 2, [`EventsRefused ${reason}`]: 1 });
    expect(metrics.PlanViolations).toBe(reason === "plan" ? 1 : undefined);
    expect(events).toHaveLength(3);
    const problem = readEvent(JSON.stringify(events[1]), Date.now());
    expect(problem).toEqual({ reason, detail: expect.stringMatching(detail) });
    expect(events[1]).toMatchObject({ source: "server", messageId: expect.stringMatching(/^(good|millrace-)/) });
    // A replay has to know that this is not what was sent.
    expect(isCut(events[1] ?? {})).toBe(reason === "invalid");
    if (reason === "too-large") expect(events[1]).toMatchObject(bad as object);
  });

  test("under a plan that only observes it counts, and its violations can be seen", async () => {
    const observing = new CollectRig({
      sources,
      trackingPlan: { mode: "observe", events: { A: { type: "object", required: ["revenue"] } } },
    });
    const { events, metrics } = await observing.ask({ path: "/v1/track", headers: server, body: '{"event":"A"}' });
    expect(metrics).toEqual({ EventsAccepted: 1, PlanViolations: 1 });
    expect(events).toMatchObject([{ millrace: { violations: [{ rule: "required" }] } }]);
    expect(readEvent(JSON.stringify(events[0]), Date.now())).toMatchObject({ type: "track", name: "A" });
  });
});

describe("the stream", () => {
  test("has all of a request before it is acknowledged", async () => {
    const stored = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    rig.send = () => {
      began.resolve();
      return stored.promise;
    };
    let isAnswered = false;
    const asking = post("/v1/batch", { batch: [page] }).finally(() => {
      isAnswered = true;
    });
    await began.promise;
    await new Promise(setImmediate);
    expect(isAnswered).toBe(false);
    stored.resolve();
    expect((await asking).status).toBe(200);
  });

  test.each([
    ["throttles", "StreamThrottled", 429],
    ["is down", "StreamUnavailable", 503],
  ] as const)("%s: nothing is acknowledged, and the client is told when to come again", async (_, refusal, status) => {
    const cause = new Error("ann@shop.example 203.0.113.77");
    rig.send = () => Promise.reject(new RequestRefused(refusal, "the stream", { cause }));
    const { status: got, headers, body, metrics, log } = await post("/v1/batch", { batch: [page] });
    expect([got, metrics, body.success]).toEqual([status, { [refusal]: 1 }, false]);
    expect(headers["retry-after"]).toBe(headers["x-ratelimit-reset"]);
    expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(5);
    expect(Number(headers["retry-after"])).toBeLessThanOrEqual(15);
    expect(log).not.toContain("ann@");
  });

  test("fails in a way that nobody thought of: 500, and the log has the error's name and place", async () => {
    rig.send = () => Promise.reject(new TypeError("ann@shop.example 203.0.113.77"));
    const { status, body, metrics, log } = await post("/v1/batch", { batch: [page] });
    expect([status, body.message, body.code]).toEqual([500, "internal error", "internal_error"]);
    expect(metrics).toEqual({ CollectorErrors: 1 });
    expect(log).toContain("TypeError");
    expect(log).toContain("collect.test.ts");
    expect(log).toContain('"function_request_id":"request-1"');
    expect(log).not.toMatch(/ann@|203\.0\.113/);
  });
});

describe("the log", () => {
  test.each([
    ["a delivered request", { path: "/v1/page", headers: server, body: JSON.stringify(page) }],
    ["a refused one", { path: "/v1/page", body: JSON.stringify(page) }],
    ["a preflight", { method: "OPTIONS", path: "/v1/t", headers: { origin: shop } }],
    ["the settings", { method: "GET", path: "/v1/projects/web/settings", headers: { origin: shop } }],
    ["figures of analytics.js", { path: "/v1/m", body: "{}" }],
    ["an empty batch", { path: "/v1/batch", headers: server, body: '{"batch":[]}' }],
  ])("says nothing of %s but its counters", async (_, request) => {
    const { log } = await rig.ask(request);
    expect(log.split("\n").filter((line) => line !== "" && !line.includes('"_aws"'))).toEqual([]);
  });

  test("has the place of an error and not its message, even one that looks like a place", async () => {
    rig.send = () => Promise.reject(new TypeError("no\n    at ann@shop.example (203.0.113.77)\nmore"));
    const { log } = await post("/v1/batch", { batch: [page] });
    expect(log).toContain("collect.test.ts");
    expect(log).not.toMatch(/ann@|203\.0\.113/);
  });

  test("says why the keys could not be read, for the settings too", async () => {
    rig.writeKeys = { sourceOf: () => Promise.reject(new TypeError("no secrets")) };
    const asked = await rig.ask({ method: "GET", path: "/v1/projects/web/settings" });
    expect([asked.status, asked.metrics]).toEqual([503, { KeysUnavailable: 1 }]);
    expect(asked.log).toContain("TypeError");
  });
});

describe("a page of an origin", () => {
  const body = JSON.stringify({ ...page, writeKey: "web" });
  const ask = (origin: string) => rig.ask({ path: "/v1/p", headers: { origin }, body });

  test("that the source allows may send and read the answer", async () => {
    expect(await ask(shop)).toMatchObject({
      status: 200,
      headers: { "access-control-allow-origin": "*", vary: "origin" },
      events: [{ source: "web" }],
    });
  });

  test.each(["https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example", ""])(
    "%j that it does not gets 403, and nothing is sent",
    async (origin) => {
      expect(await ask(origin)).toMatchObject({ status: 403, metrics: { OriginForbidden: 1 }, events: [] });
    },
  );

  test("may not send one message for another source that does not allow it", async () => {
    const batch = [page, { ...page, writeKey: "server" }];
    const mixed = JSON.stringify({ batch, writeKey: "web" });
    const { status, events } = await rig.ask({ path: "/v1/b", headers: { origin: shop }, body: mixed });
    expect([status, events]).toEqual([403, []]);
  });

  test("is told by a preflight that it may send, with the headers it asks for", async () => {
    const headers = {
      origin: shop,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,x-retry-count",
    };
    expect(await rig.ask({ method: "OPTIONS", path: "/v1/t", headers })).toMatchObject({
      status: 204,
      headers: {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "authorization,content-type,x-retry-count",
      },
    });
  });

  test("is told when to come again in a way that it can read", async () => {
    rig.send = () => Promise.reject(new RequestRefused("StreamThrottled", "the stream"));
    const { headers } = await ask(shop);
    expect(headers["access-control-expose-headers"]).toContain("retry-after");
  });

  test("may read the answer to a request that could not be answered", async () => {
    rig.send = () => Promise.reject(new TypeError("a bug"));
    const { status, headers } = await ask(shop);
    expect([status, headers["access-control-allow-origin"], headers.vary]).toEqual([500, "*", "origin"]);
  });

  test("is told its own origin where the sources name theirs, and nothing where none allows it", async () => {
    const closed = new CollectRig({
      sources: { web: { allowedOrigins: [shop] }, app: { allowedOrigins: ["app://x"] } },
    });
    const known = await closed.ask({ method: "OPTIONS", path: "/v1/t", headers: { origin: "app://x" } });
    expect(known.headers).toMatchObject({ "access-control-allow-origin": "app://x", vary: "origin" });
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const { status, headers: answered } = await closed.ask({ method: "OPTIONS", path: "/v1/t", headers });
    expect(status).toBe(204);
    expect(Object.keys(answered).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("the settings of analytics.js", () => {
  const settings = (key: string, headers: Record<string, string> = {}) =>
    rig.ask({ method: "GET", path: `/v1/projects/${key}/settings`, headers });

  test("make it send here", async () => {
    const { status, body, headers } = await settings("web", { origin: shop });
    expect([status, headers["access-control-allow-origin"]]).toEqual([200, "*"]);
    expect(body.integrations).toMatchObject({ "Segment.io": { apiKey: "web" } });
    expect(body.metrics).toMatchObject({ sampleRate: 0 });
  });

  const hosts = ["events.shop.example", "events.shop.example:8443"];
  test.each<[title: string, asked: Record<string, string>, hosts: readonly string[], said: string]>([
    ["no host", { host: "" }, [], "https://api.example"],
    ["the API's own host", { host: "api.example" }, [], "https://api.example"],
    ["this machine", { host: "localhost:8787", "x-forwarded-proto": "http" }, [], "http://localhost:8787"],
    [
      "this machine by its address",
      { host: "127.0.0.1:80", "x-forwarded-proto": "http" },
      hosts,
      "http://127.0.0.1:80",
    ],
    ["this machine behind a proxy", { host: "[::1]", "x-forwarded-proto": "https" }, hosts, "https://[::1]"],
    ["a tunnel", { host: "api.example", "x-forwarded-proto": "https, http" }, [], "https://api.example"],
    ["another host", { host: "evil.example" }, [], "https://api.example"],
    ["another host, where some are configured", { host: "evil.example" }, hosts, "https://events.shop.example"],
    ["the API's own host, behind a CDN", { host: "api.example" }, hosts, "https://events.shop.example"],
    ["a configured host", { host: "events.shop.example:8443" }, hosts, "https://events.shop.example:8443"],
    ["a configured host in large letters", { host: "EVENTS.shop.example" }, hosts, "https://events.shop.example"],
    ["a host that only begins so", { host: "localhost.evil.example" }, [], "https://api.example"],
    ["a host with a user", { host: "localhost@evil.example" }, [], "https://api.example"],
    ["a host with a path", { host: "127.0.0.1/evil" }, [], "https://api.example"],
    ["another forwarded host", { host: "api.example", "x-forwarded-host": "evil.example" }, [], "https://api.example"],
  ])("asked by %s say where to send", async (_, headers, configured, said) => {
    const one = new CollectRig({ sources, collector: { hosts: configured } });
    const { body } = await one.ask({ method: "GET", path: "/v1/projects/web/settings", headers });
    const { apiHost, protocol } = (body.integrations as Record<string, Record<string, string>>)["Segment.io"] ?? {};
    expect(`${protocol}://${apiHost}`).toBe(`${said}/v1`);
  });

  test("are for known keys and allowed origins", async () => {
    expect(await settings("nobody")).toMatchObject({ status: 401, metrics: { Unauthorized: 1 } });
    expect(await settings("web", { origin: "https://evil.example" })).toMatchObject({ status: 403 });
  });
});
