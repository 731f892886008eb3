import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { jsonBody } from "../../lib/collect/body.ts";
import { RequestRefused } from "../../lib/collect/request-refused.ts";
import { collectRouteKeys } from "../../lib/routes.ts";
import { httpApi } from "../../local/http-api/http-api.ts";
import { type ApiSwitches, apiSwitchesWith, apiSwitchTable } from "../../local/http-api/switches.ts";
import { basic } from "./api-request.ts";
import { type Answered, CollectRig } from "./collect-rig.ts";

const body = JSON.stringify({ batch: [{ type: "page", userId: "ann" }] });
const json = "application/json";
const bytes = "application/octet-stream";

let server: Server | undefined;
afterEach(() => void server?.close());

/** What becomes of a request that passes the laptop's HTTP API to the collector. */
async function sent(switches: ApiSwitches, content: Buffer | string, headers: object): Promise<Answered> {
  const rig = new CollectRig({ sources: { server: {} } });
  let answered: Answered | undefined;
  const listener = httpApi({
    routes: collectRouteKeys.map((routeKey) => ({ routeKey, integration: "collect" })),
    integrations: { collect: { functionArn: "arn:collect" } },
    switches,
    invoke: async (_, payload) => {
      answered = await rig.answered(JSON.parse(payload));
      return { kind: "ok", payload: JSON.stringify(answered.response) };
    },
  });
  const opened = createServer(listener).listen(0, "127.0.0.1");
  server = opened;
  await new Promise((resolve) => opened.once("listening", resolve));
  const authorization = basic("server:");
  await fetch(`http://127.0.0.1:${(opened.address() as AddressInfo).port}/v1/batch`, {
    method: "POST",
    headers: { authorization, ...headers },
    body: content,
  });
  return answered ?? expect.fail("no answer");
}

const packed = { gzip: gzipSync(body), zstd: zstdCompressSync(body) };

describe.each(apiSwitchTable.encodedText.settings)("where the API hands encoded text over as %s", (encodedText) => {
  const switches = apiSwitchesWith({ encodedText });

  test.each([
    ["plain JSON", body, { "content-type": json }],
    ["plain text", body, { "content-type": "text/plain;charset=UTF-8" }],
    ["gzip as bytes", packed.gzip, { "content-type": bytes, "content-encoding": "gzip" }],
    ["zstd as bytes", packed.zstd, { "content-type": bytes, "content-encoding": "zstd" }],
    ["gzip as a form, as axios sends it", packed.gzip, { "content-type": "application/x-www-form-urlencoded" }],
    ["gzip without a type", packed.gzip, {}],
  ])("%s is taken", async (_, content, headers) => {
    const { status, events } = await sent(switches, content, headers);
    expect([status, events.length]).toEqual([200, 1]);
  });

  test.each(
    (["gzip", "zstd"] as const).flatMap((format) =>
      [json, "application/json; charset=utf-8", "text/plain"].map((type) => [format, type] as const),
    ),
  )("%s of %s is taken, or refused with what to set and counted", async (format, type) => {
    const headers = { "content-type": type, "content-encoding": format };
    const { status, events, metrics, body: answer } = await sent(switches, packed[format], headers);
    if (encodedText === "base64") return expect([status, events.length]).toEqual([200, 1]);
    expect([status, events, metrics]).toEqual([415, [], { CompressionDestroyed: 1 }]);
    expect(answer).toMatchObject({ code: "compression_destroyed" });
    for (const word of ["gzip: false", "compress_request: false", bytes]) expect(answer.message).toContain(word);
  });
});

test("whatever was compressed is known again when it was made into a text, and nothing else is", () => {
  const refusalOf = (content: Buffer): string | undefined => {
    try {
      jsonBody(content);
      return undefined;
    } catch (error) {
      return error instanceof RequestRefused ? error.refusal : String(error);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom(gzipSync, zstdCompressSync), (content, compress) => {
      expect(refusalOf(Buffer.from(compress(content).toString("utf8")))).toBe("CompressionDestroyed");
    }),
  );
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
      expect(refusalOf(Buffer.from(text))).not.toBe("CompressionDestroyed");
    }),
  );
});

test("a switch or a setting that is none is refused by name", () => {
  expect(() => apiSwitchesWith({ encoded: "text" })).toThrow("Expected one of the switches encodedText, got encoded");
  expect(() => apiSwitchesWith({ encodedText: "no" })).toThrow('Switch encodedText: expected base64 or text, got "no"');
  expect(() => apiSwitchesWith({ __proto__: "text", toString: "text" })).toThrow("got toString");
});
