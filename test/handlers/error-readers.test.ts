import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { CollectPorts } from "../../lib/collect/collect.ts";
import { type Refusal, RequestRefused, refusals } from "../../lib/collect/request-refused.ts";
import { type ApiRequest, basic } from "./api-request.ts";
import { type Answered, CollectRig } from "./collect-rig.ts";

const server = { authorization: basic("server:") };
const page = { type: "page", userId: "ann" };
const batch = JSON.stringify({ batch: [page] });

/** A request for each refusal that there is, and for a bug. */
const requests: Readonly<Record<Refusal | "CollectorErrors", Partial<ApiRequest> & Partial<Rigged>>> = {
  UnknownPath: { path: "/v1/nowhere" },
  Unparsable: { body: "{" },
  Unauthorized: { headers: { authorization: basic("other:") } },
  OriginForbidden: { headers: { ...server, origin: "https://evil.example" } },
  TooLarge: { body: JSON.stringify({ batch: Array.from({ length: 2_501 }, () => page) }) },
  CompressionDestroyed: { body: gzipSync(batch).toString("utf8") },
  KeyUnsettled: { sourceOf: async () => "unsettled" },
  KeysUnavailable: { sourceOf: () => Promise.reject(new Error("no secrets")) },
  StreamThrottled: { send: () => Promise.reject(new RequestRefused("StreamThrottled", "the stream is full")) },
  StreamUnavailable: { send: () => Promise.reject(new RequestRefused("StreamUnavailable", "the stream is down")) },
  CollectorErrors: { send: () => Promise.reject(new TypeError("a bug")) },
};
interface Rigged extends Pick<CollectPorts["writeKeys"], "sourceOf"> {
  readonly send: CollectPorts["send"];
}

function answerTo(refusal: keyof typeof requests): Promise<Answered> {
  const rig = new CollectRig({ sources: { server: { allowedOrigins: ["https://shop.example"] } } });
  const { send, sourceOf, ...request } = requests[refusal];
  if (send !== undefined) rig.send = send;
  if (sourceOf !== undefined) rig.writeKeys = { sourceOf };
  return rig.ask({ path: "/v1/batch", headers: server, body: batch, ...request });
}

/** What a client makes of an answer: what it says of it, and whether it keeps the events and sends them again. */
type Reader = (status: number, text: string) => { said: string; again: boolean };

const isServers = (status: number): boolean => status >= 500 && status !== 501 && status !== 505 && status !== 511;
/** Segment's clients of 2026. */
const againAtSegment = (status: number): boolean => isServers(status) || [408, 410, 429, 460].includes(status);
const againAtOthers = (status: number): boolean => status >= 500 || status === 429;

/** A field that is read as Python's `payload["code"]` is: without it the client takes the answer for a broken connection. */
function field(text: string, name: string): string {
  const value: unknown = JSON.parse(text)[name];
  if (typeof value !== "string") throw new Error(`KeyError: ${name}`);
  return value;
}

/** As their code has it, by the versions of docs/collector.md. */
const readers: Readonly<Record<string, Reader>> = {
  "analytics-node 3": (status) => ({ said: String(status), again: againAtSegment(status) }),
  "analytics.js 1.84": (status) => ({ said: String(status), again: againAtSegment(status) }),
  "Segment Python 2.3 and before": (status, text) => ({
    said: `${field(text, "code")}: ${field(text, "message")} (${status})`,
    again: againAtOthers(status),
  }),
  "Segment Python 2.4": (status, text) => ({
    said: `${field(text, "code")}: ${field(text, "message")} (${status})`,
    again: againAtSegment(status),
  }),
  "RudderStack Python 2": (status, text) => ({
    said: `${field(text, "code")}: ${field(text, "message")} (${status})`,
    again: againAtOthers(status),
  }),
  "Segment Ruby": (status, text) => ({ said: field(text, "error"), again: againAtSegment(status) }),
  "Segment Java 3": (status, text) => ({ said: text, again: againAtOthers(status) }),
  "Segment PHP 3, sockets": (status, text) => ({ said: text.slice(0, 2_048), again: againAtOthers(status) }),
  "Segment PHP 3, curl": (status, text) => ({ said: text, again: againAtOthers(status) }),
  "RudderStack Node 3": (status) => ({ said: String(status), again: againAtOthers(status) }),
  "RudderStack analytics-js 3": (status) => ({ said: String(status), again: againAtOthers(status) }),
};

const mayComeAgain: readonly string[] = [
  "KeyUnsettled",
  "KeysUnavailable",
  "StreamThrottled",
  "StreamUnavailable",
  "CollectorErrors",
];

describe.each(Object.keys(requests) as (keyof typeof requests)[])("the answer to %s", (refusal) => {
  test("is read by each client, which drops what cannot become right and keeps the rest", async () => {
    const { status, headers, body, metrics } = await answerTo(refusal);
    expect([status, metrics]).toEqual([refusal === "CollectorErrors" ? 500 : refusals[refusal], { [refusal]: 1 }]);
    const text = JSON.stringify(body);
    for (const [client, read] of Object.entries(readers)) {
      const { said, again } = read(status, text);
      expect([client, again]).toEqual([client, mayComeAgain.includes(refusal)]);
      expect(said).not.toBe("");
    }
    // RFC 9457.
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(body).toMatchObject({ type: "about:blank", title: expect.any(String), status, detail: body.message });
  });
});

test("each refusal has a request here", () => {
  expect(Object.keys(requests).sort()).toEqual([...Object.keys(refusals), "CollectorErrors"].sort());
});

test("Segment's Java SDK reads that a batch was taken", async () => {
  const rig = new CollectRig({ sources: { server: {} } });
  expect((await rig.ask({ path: "/v1/import/", headers: server, body: batch })).body).toEqual({ success: true });
});
