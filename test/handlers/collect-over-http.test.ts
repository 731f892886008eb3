import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectRouteKeys } from "../../lib/routes.ts";
import type { Fields } from "../../lib/stream/event/fields.ts";
import { httpApi } from "../../local/http-api/http-api.ts";
import type { InvokeOutcome } from "../../local/lambda/invoke-outcome.ts";
import { basic } from "./api-request.ts";
import { CollectRig } from "./collect-rig.ts";

/** In everything that is sent; nothing of it may be in a log or in an answer. */
const mark = "PERSONAL";
const rig = new CollectRig({ sources: { key: {} } });

/** What the function was asked since the last look, and what went into the stream. */
let [asked, sent, log] = [0, 0, ""];
let events: readonly Fields[] = [];
/** The rig has one request at a time, as a function's process has. */
let last: Promise<unknown> = Promise.resolve();
async function answer(payload: string): Promise<InvokeOutcome> {
  const { response, events: own, log: lines } = await rig.answered(JSON.parse(payload));
  events = own;
  sent += events.length;
  log += lines;
  return { kind: "ok", payload: JSON.stringify(response) };
}

let server: Server;
beforeAll(async () => {
  const routes = collectRouteKeys.map((routeKey) => ({ routeKey, integration: "collect" }));
  server = createServer(
    httpApi({
      routes,
      integrations: { collect: { functionArn: "arn:collect" } },
      invoke: (_, payload) => {
        asked++;
        const outcome = last.then(() => answer(payload));
        last = outcome;
        return outcome;
      },
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => server.close());

const open = (): Socket => connect((server.address() as AddressInfo).port, "127.0.0.1");

/** Sends bytes as they are, and reads until the server closes; what came back. */
async function speak(bytes: string | Buffer): Promise<{ status: number; text: string }> {
  const socket = open();
  const chunks: Buffer[] = [];
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("data", (chunk) => void chunks.push(chunk)).on("error", () => {});
  socket.write(bytes);
  await closed;
  const text = Buffer.concat(chunks).toString("latin1");
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
}

const body = JSON.stringify({ type: "page", name: mark, userId: mark });
const authorization = `Authorization: ${basic("key:")}`;
const request = (line: string, headers: readonly string[] = [authorization], content = body): string =>
  [line, "Host: a", "Connection: close", `Content-Length: ${Buffer.byteLength(content)}`, ...headers, "", content].join(
    "\r\n",
  );

/** The status, whether an event went into the stream, and that nothing personal was said. */
async function told(bytes: string | Buffer): Promise<[status: number, events: number]> {
  [asked, sent, log] = [0, 0, ""];
  const { status, text } = await speak(bytes);
  expect(log).not.toContain(mark);
  expect(text).not.toContain(mark);
  return [status, sent];
}

describe("a path that is none", () => {
  test.each([
    "/v1//track",
    "/v1/track//",
    "/v1/track/..%2f",
    "/v1/track%2f..",
    "/v1/track%00",
    "/v1/%00",
    "/v1/..%2ftrack",
    "/v1/../v1/track",
    "/v1/./track",
    "/v1/Track",
    "/V1/track",
    "/v1/TRACK",
    "/v1/track;a=b",
    "/v1/track%20",
    "/v1/%20track",
    "/v1/track%",
    "/v1/%zz",
    "/v1/%c0%af",
    "/v1/track%0d%0aset-cookie:a",
    "/v1",
    "/v1/",
    "/",
    "*",
    "/v2/track",
    "/track",
    "/v1/track/extra",
    "http://a/v1/track",
    "/v1/projects/key/settings",
    `/v1/${mark}`,
    `/v1/${"x".repeat(8_000)}`,
    "/v1/__proto__",
    "/v1/%5f%5fproto%5f%5f",
    "/v1/constructor",
  ])("%s gets 404, and nothing is sent", async (path) => {
    expect(await told(request(`POST ${path} HTTP/1.1`))).toEqual([404, 0]);
  });

  test("is said so for every other method", async () => {
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "SEARCH"]) {
      expect([method, ...(await told(request(`${method} /v1/track HTTP/1.1`)))]).toEqual([method, 404, 0]);
    }
  });

  test.each(["/v1/track/", "//v1/track", "///v1/track/", "/beacon/v1/batch/"])("%s is one", async (path) => {
    const content = path.startsWith("/beacon") ? `{"batch":[${body}]}` : body;
    expect(await told(request(`POST ${path} HTTP/1.1`, [authorization], content))).toEqual([200, 1]);
  });

  test("a percent sign in front of any letter of a name is that letter", async () => {
    expect(await told(request("POST /v1/tr%61ck HTTP/1.1"))).toEqual([200, 1]);
  });
});

describe("headers", () => {
  const many = (count: number, bytes: number): string[] => [
    authorization,
    ...Array.from({ length: count }, (_, index) => `X-${index}: ${"x".repeat(bytes)}`),
  ];
  test.each<[string, number, readonly string[]]>([
    ["two keys", 401, [authorization, authorization]],
    ["two keys, of which one is unknown", 401, [authorization, `Authorization: ${basic("other:")}`]],
    ["two keys in one header", 401, [`${authorization}, ${basic("other:")}`]],
    ["letters that are not ASCII in the key", 401, ["Authorization: Basic käy"]],
    ["letters that are not ASCII elsewhere", 200, [authorization, "X-Name: ünïcödé \u00ff"]],
    ["the key's header in other letters", 200, [`aUTHORIZATION: ${basic("key:")}`]],
    ["spaces around the key", 200, [`Authorization:    ${basic("key:")}   `]],
    ["a hundred headers", 200, many(100, 50)],
    ["an encoding that it has not", 200, [authorization, "Content-Encoding: br"]],
    ["a type with a broken charset", 200, [authorization, "Content-Type: text/plain; charset=\u00ff"]],
    ["a cookie", 200, [authorization, `Cookie: id=${mark}; a`]],
    ["another's address", 200, [authorization, `X-Forwarded-For: ${mark}`]],
    ["20 KB of them", 431, many(1, 20_000)],
    ["many of them, of 20 KB", 431, many(200, 100)],
    ["a second length that is another", 400, [authorization, "Content-Length: 5"]],
    ["a length and chunks", 400, [authorization, "Transfer-Encoding: chunked"]],
    ["an encoding of transfer that is none", 400, [authorization, "Transfer-Encoding: gzip, identity"]],
    ["a zero in one", 400, [authorization, "X-Name: a\u0000b"]],
    ["a space in a name", 400, [authorization, "X Name: a"]],
    ["a control character in a name", 400, [authorization, "X\u0001Name: a"]],
    ["a line without a colon", 400, [authorization, mark]],
  ])("with %s get %i", async (_, status, headers) => {
    expect(await told(Buffer.from(request("POST /v1/track HTTP/1.1", headers), "latin1"))).toEqual([
      status,
      status === 200 ? 1 : 0,
    ]);
  });
});

describe("the attributes of a CloudEvent", () => {
  test("are read in the UTF-8 of their bytes, in quotes and percent-encoded", async () => {
    const attributes = ["ce-specversion: 1.0", "ce-id: 1", "ce-type: Café geöffnet 😀", 'ce-source: "/caf%C3%A9 1"'];
    const bytes = request("POST /v1/cloudevents HTTP/1.1", [authorization, ...attributes], "{}");
    expect(await told(Buffer.from(bytes, "utf8"))).toEqual([200, 1]);
    expect(events).toMatchObject([
      { event: "Café geöffnet 😀", context: { cloudevent: { source: "/café 1", type: "Café geöffnet 😀" } } },
    ]);
  });
});

describe("a request line or a body that is none", () => {
  const chunked = (content: string): string =>
    [
      "POST /v1/track HTTP/1.1",
      "Host: a",
      "Connection: close",
      authorization,
      "Transfer-Encoding: chunked",
      "",
      "",
    ].join("\r\n") + content;
  const hex = Buffer.byteLength(body).toString(16);
  test.each<[string, number, string]>([
    ["TLS", 400, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"],
    ["another protocol", 400, "SSH-2.0-OpenSSH_9.6\r\n\r\n"],
    ["HTTP/2", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["no host", 400, `POST /v1/track HTTP/1.1\r\nConnection: close\r\n${authorization}\r\n\r\n`],
    ["a method in small letters", 400, request("post /v1/track HTTP/1.1")],
    ["a space in the path", 400, request("POST /v1/tr ack HTTP/1.1")],
    [
      "a length that is none",
      400,
      request("POST /v1/track HTTP/1.1").replace(/Content-Length: \d+/, "Content-Length: -1"),
    ],
    ["a chunk of a length that is none", 400, chunked(`zz\r\n${body}\r\n0\r\n\r\n`)],
    ["a chunk of a length beyond all", 400, chunked(`ffffffffffffffffff\r\n${body}`)],
    ["chunks as they should be", 200, chunked(`${hex}\r\n${body}\r\n0\r\n\r\n`)],
    ["chunks with a trailer", 200, chunked(`${hex};a=b\r\n${body}\r\n0\r\nX-Trailer: ${mark}\r\n\r\n`)],
  ])("%s: %i", async (_, status, bytes) => {
    expect(await told(Buffer.from(bytes, "latin1"))).toEqual([status, status === 200 ? 1 : 0]);
  });

  test("whatever bytes come, the server answers the next one", async () => {
    const whole = Buffer.from(request("POST /v1/track HTTP/1.1"), "latin1");
    const broken = fc
      .tuple(fc.nat(whole.length - 1), fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.nat(4))
      .map(([at, bytes, cut]) => Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + cut)]));
    await fc.assert(
      fc.asyncProperty(broken, async (bytes) => {
        const socket = open().on("error", () => {});
        const answered = new Promise((resolve) => socket.once("data", resolve).once("close", resolve));
        // What is still expected of the body never comes.
        socket.end(bytes);
        await answered;
        socket.destroy();
      }),
      { numRuns: 200 },
    );
    expect(await told(request("POST /v1/track HTTP/1.1"))).toEqual([200, 1]);
  });
});

describe("a body that comes slowly", () => {
  test("takes no function until it is whole, and keeps nobody else waiting", async () => {
    [asked, sent] = [0, 0];
    const bytes = request("POST /v1/track HTTP/1.1");
    const slow = Array.from({ length: 50 }, () => {
      const socket = open();
      socket.write(bytes.slice(0, -10));
      return socket;
    });
    for (let at = -10; at < -1; at++) {
      for (const socket of slow) socket.write(bytes.slice(at, at + 1));
      expect(await told(request("POST /v1/track HTTP/1.1"))).toEqual([200, 1]);
      expect(asked).toBe(1);
    }
    const answers = slow.map((socket) => new Promise((resolve) => socket.once("data", resolve)));
    [asked, sent] = [0, 0];
    for (const socket of slow) socket.write(bytes.slice(-1));
    for (const answer of await Promise.all(answers)) expect(String(answer)).toMatch(/^HTTP\/1\.1 200/);
    expect([asked, sent]).toEqual([50, 50]);
    for (const socket of slow) socket.destroy();
  });

  test("and never to its end leaves nothing behind", async () => {
    [asked, sent] = [0, 0];
    const socket = open();
    const gone = new Promise((resolve) => server.once("connection", (accepted) => accepted.once("close", resolve)));
    socket.write(request("POST /v1/track HTTP/1.1").slice(0, -10), () => socket.destroy());
    await gone;
    expect([asked, sent]).toEqual([0, 0]);
  });
});
