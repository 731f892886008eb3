import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { queryChain } from "../../handlers/query.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { count, defineConfig, page, sum, track } from "../../lib/config.ts";
import type { QueryPorts } from "../../lib/query/connect.ts";
import type { EventPorts } from "../../lib/query/connect-events.ts";
import type { Look } from "../../lib/query/live/look.ts";
import { type InvokeLook, LookFunction } from "../../lib/query/live/look-function.ts";
import type { Openness, OpenRange } from "../../lib/query/open-parts.ts";
import { minuteOf } from "../../lib/store/quarantine/quarantine-files.ts";
import type { MetricAnswer, MetricQuestion } from "../../lib/store/rows/store.ts";
import { WhyRig } from "../lib/query/why/rig.ts";
import { folded, order, record } from "../lib/roll-up/fold/shop.ts";
import { recordOf, sold } from "../lib/roll-up/world.ts";
import { MemoryQuarantine } from "../memory/memory-quarantine.ts";
import { lambdaContext } from "./kinesis-event.ts";

const definitions = definitionsOf(
  defineConfig({
    metrics: {
      page_views: { on: page(), measure: count(), by: { path: "context.page.path", country: "context.geo.country" } },
      revenue: { on: track("Order Completed"), measure: sum("properties.revenue") },
    },
  }),
);

let asked: MetricQuestion[];
let answers: MetricAnswer[];
let open: OpenRange[];
let chain: ReturnType<typeof queryChain>;

beforeEach(() => {
  asked = [];
  answers = [];
  open = [];
  const openness: Openness = { during: async (ask) => [await ask(), open] };
  const store = {
    answer: async (question: MetricQuestion) => {
      asked.push(question);
      return answers;
    },
  };
  // What a question about metrics does not touch is not there.
  chain = queryChain(
    definitions,
    () => ({ store, openness }) as unknown as QueryPorts & EventPorts,
    import.meta.dirname,
  );
  vi.stubEnv("POWERTOOLS_LOG_LEVEL", "SILENT");
});
afterEach(() => vi.unstubAllEnvs());

async function get(routeKey: string, name = "", rawQueryString = "") {
  const event = { routeKey, rawQueryString, pathParameters: { name, file: name }, headers: {} };
  const { statusCode, body = "", headers } = await chain(event as unknown as APIGatewayProxyEventV2, lambdaContext);
  return { statusCode, headers, body: JSON.parse(body) as Record<string, unknown> };
}

test("a path may have a slash at its end, HEAD is answered without a body, and an unknown path with a problem", async () => {
  const asked = async (method: string, rawPath: string) => {
    const pathParameters = { proxy: rawPath.replace("/v1/", "") };
    const event = { routeKey: `${method} /v1/{proxy+}`, rawPath, pathParameters, requestContext: { http: { method } } };
    return chain(event as unknown as APIGatewayProxyEventV2, lambdaContext);
  };
  const expected = await asked("GET", "/v1/metrics");
  expect(expected).toMatchObject({ statusCode: 200, body: expect.stringContaining("page_views") });
  expect(await asked("GET", "/v1/metrics/")).toEqual(expected);
  const { body, ...withoutBody } = expected;
  expect(await asked("HEAD", "/v1/metrics")).toEqual(withoutBody);
  expect(await asked("HEAD", "/v1/metrics/nothing/")).toMatchObject({ statusCode: 404 });
  expect(await asked("HEAD", "/v1/metrics/nothing/")).not.toHaveProperty("body");
  const unknown = await asked("GET", "/v1/nowhere");
  expect(unknown).toMatchObject({ statusCode: 404, headers: { "content-type": "application/problem+json" } });
  expect(JSON.parse(unknown.body ?? "")).toMatchObject({ status: 404, field: "path" });
});

test("the metrics are listed with what can be asked of them", async () => {
  const { body } = await get("GET /v1/metrics");
  expect(body).toEqual({
    metrics: [
      { name: "page_views", measure: "count", dimensions: ["country", "path"] },
      { name: "revenue", measure: "sum", dimensions: [] },
    ],
  });
});

test("an answer has the question's bounds and a row for each bucket and group", async () => {
  answers = [
    { timeMs: Date.UTC(2026, 0, 1, 10), values: ["/", "DE"], value: 7 },
    { timeMs: Date.UTC(2026, 0, 1, 11), values: ["/a", "FR"], value: 1 },
  ];
  const query =
    "from=2026-01-01T10:00:00Z&to=2026-01-01T12:00:00Z&every=1h&by=path,country&where=country:DE&limit=2&order=-value";
  const { statusCode, body } = await get("GET /v1/metrics/{name}", "page_views", query);
  expect(statusCode).toBe(200);
  expect(body).toEqual({
    metric: "page_views",
    measure: "count",
    from: "2026-01-01T10:00:00.000Z",
    to: "2026-01-01T12:00:00.000Z",
    every: "1h",
    rows: [
      { time: "2026-01-01T10:00:00.000Z", path: "/", country: "DE", value: 7 },
      { time: "2026-01-01T11:00:00.000Z", path: "/a", country: "FR", value: 1 },
    ],
  });
  expect(asked[0]).toMatchObject({ where: [["country", "DE"]], order: { column: "value", descending: true } });
});

test("an answer says which of its buckets a part was being written into", async () => {
  answers = [10, 11].map((hour) => ({ timeMs: Date.UTC(2026, 0, 1, hour), values: [], value: 7 }));
  open = [{ fromMs: Date.UTC(2026, 0, 1, 11, 58), toMs: Date.UTC(2026, 0, 1, 12, 3) }];
  const query = "from=2026-01-01T10:00:00Z&to=2026-01-01T12:00:00Z&every=1h";
  const { body } = await get("GET /v1/metrics/{name}", "revenue", query);
  expect(body).toMatchObject({
    open: [{ from: "2026-01-01T11:00:00.000Z", to: "2026-01-01T12:00:00.000Z" }],
    rows: [
      { time: "2026-01-01T10:00:00.000Z", value: 7 },
      { time: "2026-01-01T11:00:00.000Z", value: 7, open: true },
    ],
  });
});

test("an answer that the limit cuts off says so", async () => {
  answers = [1, 2, 3].map((value) => ({ timeMs: 0, values: [], value }));
  const { body } = await get("GET /v1/metrics/{name}", "revenue", "limit=2");
  expect(body.truncated).toBe(true);
  expect(body.rows).toHaveLength(2);
});

describe("a question that cannot be answered", () => {
  test.each([
    ["nothing", "", 404, "metric"],
    ["revenue", "from=yesterday", 400, "from"],
    ["revenue", "from=-1h&to=-2h", 400, "to"],
    ["revenue", "every=2m", 400, "every"],
    ["revenue", "by=country", 400, "by"],
    ["page_views", "by=city", 400, "by"],
    ["page_views", "where=city:Rome", 400, "where"],
    ["page_views", "where=country", 400, "where"],
    ["revenue", "limit=0", 400, "limit"],
    ["revenue", "order=name", 400, "order"],
    ["revenue", "form=-1h", 400, "query"],
  ])("%s?%s gets %i and names the field %s", async (name, query, status, field) => {
    const { statusCode, headers, body } = await get("GET /v1/metrics/{name}", name, query);
    expect(statusCode).toBe(status);
    expect(headers).toMatchObject({ "content-type": "application/problem+json" });
    expect(body).toMatchObject({ status, field, detail: expect.stringContaining(`${field}: `) });
    expect(asked).toEqual([]);
  });

  test("for its size gets 413", async () => {
    answers = Array.from({ length: 7_000 }, () => ({ timeMs: 0, values: ["x".repeat(1_000), "DE"], value: 1 }));
    const { statusCode, body } = await get("GET /v1/metrics/{name}", "page_views", "by=path,country&limit=10000");
    expect([statusCode, body.field]).toEqual([413, "limit"]);
  });

  const failure = (name: string, more: object = {}): Error => Object.assign(new Error("secret place"), { name }, more);
  test.each<[why: string, error: Error]>([
    ["throttles", failure("ThrottlingException")],
    ["has a fault", failure("InternalServerException", { $metadata: { httpStatusCode: 500 } })],
    ["is down behind its load balancer", failure("UnknownError", { $metadata: { httpStatusCode: 503 } })],
    ["does not answer in time", failure("TimeoutError")],
    ["refuses the connection", failure("Error", { code: "ECONNREFUSED" })],
    ["refuses it at every address", Object.assign(new AggregateError([]), { code: "ECONNREFUSED" })],
    ["breaks the connection", failure("Error", { code: "ECONNRESET" })],
    ["cannot be found", failure("Error", { code: "ENOTFOUND" })],
    ["is the stream, and throttles", failure("ProvisionedThroughputExceededException")],
  ])("where a service %s gets 503 and when to come again", async (_why, error) => {
    answers = new Proxy([], {
      get: () => {
        throw error;
      },
    });
    const { statusCode, headers, body } = await get("GET /v1/metrics/{name}", "revenue");
    expect(statusCode).toBe(503);
    expect(headers).toMatchObject({ "retry-after": "5", "content-type": "application/problem+json" });
    expect(JSON.stringify(body)).not.toContain("secret");
  });

  test.each<[why: string, error: Error]>([
    ["a question it cannot read", failure("ValidationException", { $metadata: { httpStatusCode: 400 } })],
    ["a missing right", failure("AccessDeniedException", { $metadata: { httpStatusCode: 403 } })],
    ["a mistake of ours", failure("TypeError", { code: "ERR_INVALID_ARG_TYPE" })],
  ])("for %s gets 500: asking again does not help", async (_why, error) => {
    answers = new Proxy([], {
      get: () => {
        throw error;
      },
    });
    expect((await get("GET /v1/metrics/{name}", "revenue")).statusCode).toBe(500);
  });

  test("for a fault of the store gets 500 and nothing of its inside", async () => {
    answers = new Proxy([], {
      get: () => {
        throw new Error("secret place");
      },
    });
    const { statusCode, body } = await get("GET /v1/metrics/{name}", "revenue");
    expect(statusCode).toBe(500);
    expect(JSON.stringify(body)).not.toContain("secret");
    expect(body.requestId).toBe("request-1");
  });
});

test("only files of the page are served", async () => {
  const { statusCode, body } = await get("GET /page/{file}", "../package.json");
  expect([statusCode, body.field]).toEqual([404, "file"]);
});

test("what became of a message is asked of the ledger, by its id as the path has it", async () => {
  const rig = new WhyRig([recordOf(0, [sold(1)])]);
  await rig.world.invoke(0, 1);
  rig.world.nowMs = Date.now();
  const chain = eventChain({ why: rig.ports });
  const event = { routeKey: "GET /v1/events/{messageId}", rawQueryString: "", headers: {} };
  const ask = (messageId: string, rawQueryString = "") =>
    chain({ ...event, pathParameters: { messageId }, rawQueryString });
  const old = await ask("m1", `from=${new Date(Date.now() - 80 * 86_400_000).toISOString()}`);
  expect([old.statusCode, JSON.parse(old.body ?? "")]).toMatchObject([200, { messageId: "m1", complete: true }]);
  for (const [id, query] of [
    ["", ""],
    ["m1", "from=-100d"],
    ["m1", "next=x"],
    ["x".repeat(300), ""],
  ] as const) {
    expect((await ask(id, query)).statusCode).toBe(400);
  }
});

describe("who looks at the stream", () => {
  const chainOf = (invoke: InvokeLook) => {
    const look = new LookFunction(invoke, { now: Date.now, sleep: async () => {} });
    const chain = queryChain(definitions, () => ({ look }) as unknown as QueryPorts & EventPorts, import.meta.dirname);
    return async (routeKey: string, rawQueryString = "") => {
      const event = { routeKey, rawQueryString, headers: {}, pathParameters: {} };
      const { statusCode, headers, body } = await chain(event as unknown as APIGatewayProxyEventV2, lambdaContext);
      return { statusCode, headers, body: JSON.parse(body ?? "") };
    };
  };

  test("is answered by the one function that reads it, and a question that is none is refused before", async () => {
    const asked: Look[] = [];
    const get = chainOf(async (look) => {
      asked.push(look);
      return { kind: "done", answer: { answer: { as: look.look } } };
    });
    expect(await get("GET /v1/live", "name=a")).toMatchObject({ statusCode: 200, body: { as: "live" } });
    expect(await get("GET /v1/shards")).toMatchObject({ statusCode: 200, body: { as: "shards" } });
    expect((await get("GET /v1/live", "colour=red")).statusCode).toBe(400);
    expect(asked).toEqual([{ look: "live", query: "name=a" }, { look: "shards" }]);
  });

  test("is told when to come again: soon where too many look, later where a service is down", async () => {
    const busy = chainOf(async () => ({ kind: "refused", why: "busy", isBusy: true }));
    const down = chainOf(async () => ({ kind: "done", answer: { unavailable: "ServiceUnavailable" } }));
    for (const route of ["GET /v1/live", "GET /v1/shards"]) {
      expect(await busy(route)).toMatchObject({ statusCode: 429, headers: { "retry-after": "1" } });
      expect(await down(route)).toMatchObject({ statusCode: 503, headers: { "retry-after": "5" } });
    }
  });
});

function eventChain(ports: Partial<EventPorts>) {
  const chain = queryChain(definitions, () => ports as unknown as QueryPorts & EventPorts, import.meta.dirname);
  return (event: object) => chain(event as unknown as APIGatewayProxyEventV2, lambdaContext);
}

describe("quarantine", () => {
  const bad = order({ timestamp: undefined, properties: { revenue: "much" }, userId: "ann" });
  const rejected = { ...record([bad], 5), arrivalMs: Date.now() - 60_000 };
  const id = `${minuteOf(rejected.arrivalMs)}.shardId-000000000000.ab.5.0`;

  beforeEach(async () => {
    const files = new MemoryQuarantine();
    const place = { part: "ab", version: 1, firstArrivalMs: rejected.arrivalMs };
    await files.put("events/shardId-000000000000", place, folded([rejected]).rejected);
    const ledger = { committed: async () => [] };
    const clock = { now: Date.now };
    const quarantine = async () => ({ files, ledger, clock, streamName: "events", bucket: "rejects" });
    chain = queryChain(definitions, () => ({ quarantine }) as never, import.meta.dirname);
  });

  const ask = async (routeKey: string, rawQueryString: string, pathParameters = {}) => {
    const event = { routeKey, rawQueryString, pathParameters, headers: {} };
    const { statusCode, body = "" } = await chain(event as unknown as APIGatewayProxyEventV2, lambdaContext);
    return { statusCode, body: JSON.parse(body) as Record<string, unknown> };
  };

  test("is listed with the reasons, and nothing of what is in the events", async () => {
    const { statusCode, body } = await ask("GET /v1/quarantine", "from=-1h&reason=invalid");
    expect(statusCode).toBe(200);
    expect(body).toMatchObject({ bucket: "rejects", events: 1, complete: true, entries: [{ id, settled: false }] });
    expect(JSON.stringify(body)).not.toContain("ann");
    expect((await ask("GET /v1/quarantine", "from=-1h&reason=plan")).body.events).toBe(0);
    expect((await ask("GET /v1/quarantine", "reason=no")).body).toMatchObject({ status: 400, field: "reason" });
  });

  test("gives an event to who asks for it, and 404 for any other", async () => {
    const { statusCode, body } = await ask("GET /v1/quarantine/{id}", "", { id });
    expect([statusCode, body.shardId, body.sequenceNumber, body.index]).toEqual([200, "shardId-000000000000", "5", 0]);
    expect(String(body.text)).toContain('"userId":"ann"');
    for (const other of ["", "x", id.replace(".ab.", ".cd.")]) {
      expect((await ask("GET /v1/quarantine/{id}", "", { id: other })).body).toMatchObject({
        status: 404,
        field: "id",
      });
    }
  });
});
