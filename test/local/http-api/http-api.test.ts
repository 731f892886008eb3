import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { afterEach, describe, expect, it } from "vitest";
import type { CorsConfiguration } from "../../../local/http-api/cors.ts";
import { type HttpApiOptions, httpApi } from "../../../local/http-api/http-api.ts";
import type { InvokeOutcome } from "../../../local/lambda/invoke-outcome.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Asked = { readonly url: string; readonly events: APIGatewayProxyEventV2[]; readonly failures: string[] };

async function serve(outcome: InvokeOutcome | Promise<never>, more: Partial<HttpApiOptions> = {}): Promise<Asked> {
  const events: APIGatewayProxyEventV2[] = [];
  const failures: string[] = [];
  const server = createServer(
    httpApi({
      routes: [
        { routeKey: "GET /v1/metrics/{name}", integration: "query" },
        { routeKey: "POST /v1/{proxy+}", integration: "collect" },
      ],
      integrations: { query: { functionArn: "arn:query" }, collect: { functionArn: "arn:collect", timeout_ms: 50 } },
      invoke: (_arn, payload) => {
        events.push(JSON.parse(payload));
        return Promise.resolve(outcome);
      },
      onFailure: ({ reason }) => failures.push(reason),
      ...more,
    }),
  );
  servers.push(server);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, events, failures };
}

const returning = (returned: unknown): InvokeOutcome => ({ kind: "ok", payload: JSON.stringify(returned) });
const nothing = returning({ statusCode: 204 });

describe("the event of a request", () => {
  it("has the fields of payload format 2.0", async () => {
    const { url, events } = await serve(nothing, { identity: { accountId: "111122223333", apiId: "api" } });
    const before = Date.now();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const raw = httpRequest(`${url}/v1/metrics/page%20views?by=plan&by=country&from=a%2Cb&empty=`, {
      headers: ["X-Many", "1", "x-many", "2", "Cookie", "a=1; b=2", "User-Agent", "test", "Host", "api.example:80"],
    });
    raw.end().once("response", (response) => resolve(response.resume()));
    await promise;
    const [event] = events;
    expect(event).toMatchObject({
      version: "2.0",
      routeKey: "GET /v1/metrics/{name}",
      rawPath: "/v1/metrics/page views",
      rawQueryString: "by=plan&by=country&from=a%2Cb&empty=",
      cookies: ["a=1", "b=2"],
      headers: {
        "x-many": "1,2",
        host: "api.example:80",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
      },
      queryStringParameters: { by: "plan,country", from: "a,b", empty: "" },
      pathParameters: { name: "page views" },
      requestContext: {
        accountId: "111122223333",
        apiId: "api",
        domainName: "api.example",
        domainPrefix: "api",
        http: {
          method: "GET",
          path: "/v1/metrics/page views",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "test",
        },
        routeKey: "GET /v1/metrics/{name}",
        stage: "$default",
      },
      isBase64Encoded: false,
    });
    expect(event).not.toHaveProperty("body");
    expect(event?.headers).not.toHaveProperty("cookie");
    expect(event?.requestContext.requestId).toMatch(/^[\w-]{8,}$/);
    expect(event?.requestContext.timeEpoch).toBeGreaterThanOrEqual(before);
    expect(event?.requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
  });

  it.each([
    [undefined, "http"],
    ["https", "https"],
    ["HTTPS, http", "https"],
    ["http, https", "http"],
    ["ftp", "http"],
  ])("by a proxy that was asked by %s says %s", async (asked, said) => {
    const { url, events } = await serve(nothing);
    await fetch(`${url}/v1/metrics/a`, { headers: asked === undefined ? {} : { "x-forwarded-proto": asked } });
    expect(events[0]?.headers["x-forwarded-proto"]).toBe(said);
  });

  // As a trial on AWS found it (hotsock/voker on GitHub, vokerhttp/testdata/ingress-paths.json).
  it.each([
    ["/v1/plain", "/v1/plain"],
    ["/v1/space%20value", "/v1/space value"],
    ["/v1/question%3Fvalue", "/v1/question"],
    ["/v1/hash%23value", "/v1/hash#value"],
    ["/v1/slash%2Fvalue", "/v1/slash/value"],
    ["/v1/unicode-%CE%BB", "/v1/unicode-λ"],
    ["/v1/literal%252Fvalue", "/v1/literal/value"],
    ["/v1/literal%253Fvalue", "/v1/literal?value"],
    ["/v1/literal%2525value", "/v1/literal%value"],
  ])("of %s has the path %s", async (asked, path) => {
    const { url, events } = await serve(nothing);
    await fetch(url + asked, { method: "POST" });
    expect(events[0]).toMatchObject({ rawPath: path, requestContext: { http: { path } } });
  });

  it.each([
    ["application/json; charset=utf-8", Buffer.from('{"a":"é"}'), undefined, false],
    ["application/cloudevents+json", Buffer.from("{}"), undefined, true],
    ["application/xml", Buffer.from("<a/>"), undefined, false],
    ["application/jsonl", Buffer.from("{}"), undefined, true],
    ["text/plain", Buffer.from([0xff]), undefined, true],
    ["application/json", Buffer.from("gzip"), "gzip", true],
    ["application/octet-stream", Buffer.from("x"), undefined, true],
    ["application/x-www-form-urlencoded", Buffer.from("a=b"), undefined, true],
  ])("has a body of %s %o in base64 or not", async (contentType, body, encoding, isBase64Encoded) => {
    const { url, events } = await serve(nothing);
    const headers = {
      "content-type": contentType,
      ...(encoding === undefined ? {} : { "content-encoding": encoding }),
    };
    await fetch(`${url}/v1/batch`, { method: "POST", body, headers });
    expect(events[0]?.isBase64Encoded).toBe(isBase64Encoded);
    expect(Buffer.from(events[0]?.body ?? "", isBase64Encoded ? "base64" : "utf8")).toEqual(body);
  });
});

describe("what a function returns", () => {
  const answer = async (returned: unknown) => fetch(`${(await serve(returning(returned))).url}/v1/metrics/a`);

  it("is the response, status, headers, cookies and body", async () => {
    const response = await answer({
      statusCode: 201,
      headers: { "Content-Type": "application/json", "X-Number": 7, "X-List": ["a", "b"], Connection: "close" },
      cookies: ["a=1", "b=2; Secure"],
      body: '{"ok":true}',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("x-number")).toBe("7");
    expect(response.headers.get("x-list")).toBe("a,b");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2; Secure"]);
    expect(await response.json()).toEqual({ ok: true });
  });

  it("may be binary, in base64", async () => {
    const response = await answer({ statusCode: "200", body: "AAEC/w==", isBase64Encoded: true });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(Buffer.from([0, 1, 2, 255]));
  });

  it("is the body itself where there is no status code", async () => {
    const inferred = await answer({ hello: "world" });
    expect([inferred.status, inferred.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await inferred.json()).toEqual({ hello: "world" });
    expect(await (await answer("Hello!")).text()).toBe("Hello!");
    expect(await (await answer(null)).text()).toBe("null");
  });

  it("is plain text where it does not say what it is", async () => {
    expect((await answer({ statusCode: 200, body: "x" })).headers.get("content-type")).toBe("text/plain;charset=UTF-8");
  });

  it.each([
    [{ statusCode: "no" }, "statusCode: expected 200 to 599"],
    [{ statusCode: 200, body: {} }, "body: expected a string, got object"],
    [{ statusCode: 200, headers: { "a b": "x" } }, "headers: a b cannot be sent"],
    [{ statusCode: 200, headers: { a: "x\r\ny: z" } }, "headers: a cannot be sent"],
    [{ statusCode: 200, cookies: "a=1" }, "cookies: expected a list"],
  ])("is an internal error where it is no response: %j", async (returned, reason) => {
    const { url, failures } = await serve(returning(returned));
    const response = await fetch(`${url}/v1/metrics/a`);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ message: "Internal Server Error" });
    expect(failures).toEqual([expect.stringContaining(reason)]);
  });
});

describe("what goes wrong", () => {
  it.each<[string, InvokeOutcome, number, string]>([
    [
      "a function error",
      { kind: "function-error", errorType: "Error", errorMessage: "no", handled: true },
      500,
      "Internal Server Error",
    ],
    ["a throttled function", { kind: "throttled" }, 503, "Service Unavailable"],
    ["a request that Lambda refuses", { kind: "refused", reason: "too large" }, 413, "Request Too Long"],
    ["a payload that is no JSON", { kind: "ok", payload: "{" }, 500, "Internal Server Error"],
  ])("as %s is answered without the reason, which the owner is told", async (_what, outcome, status, message) => {
    const { url, failures } = await serve(outcome);
    const response = await fetch(`${url}/v1/metrics/a`);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ message });
    expect(failures).toHaveLength(1);
  });

  it("is 404 where there is no route, and no function is asked", async () => {
    const { url, events } = await serve(nothing);
    const response = await fetch(`${url}/nowhere`);
    expect([response.status, await response.json()]).toEqual([404, { message: "Not Found" }]);
    expect(events).toEqual([]);
  });

  it("is 503 where the function takes longer than the integration may", async () => {
    const { url, failures } = await serve(Promise.withResolvers<never>().promise);
    const response = await fetch(`${url}/v1/batch`, { method: "POST" });
    expect([response.status, await response.json()]).toEqual([503, { message: "Service Unavailable" }]);
    expect(failures).toEqual(["no response within 50 ms"]);
  });

  it("is 413 over 10 MB, which no function sees", async () => {
    const { url, events } = await serve(nothing);
    const post = (bytes: number) => fetch(`${url}/v1/batch`, { method: "POST", body: Buffer.alloc(bytes) });
    expect((await post(10 * 1024 * 1024 + 1)).status).toBe(413);
    expect(events).toEqual([]);
    expect((await post(10 * 1024 * 1024)).status).toBe(204);
  });
});

describe("an API with CORS", () => {
  const cors: CorsConfiguration = {
    AllowOrigins: ["https://shop.example", "http://*"],
    AllowMethods: ["GET", "POST"],
    AllowHeaders: ["content-type"],
    ExposeHeaders: ["x-total"],
    MaxAge: 600,
  };
  const preflight = (url: string, origin: string) =>
    fetch(`${url}/v1/batch`, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });

  it("answers preflight requests itself", async () => {
    const { url, events } = await serve(nothing, { cors });
    const response = await preflight(url, "https://shop.example");
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "access-control-allow-origin": "https://shop.example",
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "content-type",
      "access-control-max-age": "600",
    });
    expect(events).toEqual([]);
  });

  it("tells an origin that is not allowed nothing", async () => {
    const { url } = await serve(nothing, { cors });
    expect((await preflight(url, "https://evil.example")).headers.has("access-control-allow-origin")).toBe(false);
    expect((await preflight(url, "http://any.example")).headers.get("access-control-allow-origin")).toBe(
      "http://any.example",
    );
  });

  it("puts its own headers in place of the function's, in errors too", async () => {
    const headers = { "Access-Control-Allow-Origin": "function", "Access-Control-Max-Age": "1", "x-total": "2" };
    const { url } = await serve(returning({ statusCode: 200, headers }), { cors: { ...cors, AllowOrigins: ["*"] } });
    const from = { headers: { origin: "https://a.example" } };
    const response = await fetch(`${url}/v1/metrics/a`, from);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-expose-headers")).toBe("x-total");
    expect(response.headers.has("access-control-max-age")).toBe(false);
    expect((await fetch(`${url}/nowhere`, from)).headers.get("access-control-allow-origin")).toBe("*");
  });

  it("leaves the function's headers alone where there is no CORS configuration", async () => {
    const { url } = await serve(returning({ statusCode: 200, headers: { "Access-Control-Allow-Origin": "function" } }));
    expect((await fetch(`${url}/v1/metrics/a`)).headers.get("access-control-allow-origin")).toBe("function");
  });
});
