import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAnswer, readMetricSummaries, readShards } from "../../../dashboard/api/answers.ts";
import { ask } from "../../../dashboard/api/api.ts";
import { ApiFailure } from "../../../dashboard/api/api-failure.ts";

const open = new AbortController().signal;
const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

const problem = { title: "Bad Request", status: 400, field: "from", detail: "from: expected a time" };
const busy = { title: "Too Many Requests", status: 429, detail: "ask again" };
const bodies: Readonly<Record<string, [status: number, body: string]>> = {
  "/fine": [200, '{"shards":[]}'],
  "/problem": [400, JSON.stringify(problem)],
  "/busy": [429, JSON.stringify(busy)],
  "/gateway": [503, "<html>Service Unavailable</html>"],
  "/login": [200, "<html>Please log in</html>"],
};

describe("asking the API", () => {
  let server: Server;
  let at = "";
  beforeAll(async () => {
    server = createServer(({ url = "" }, response) => {
      const [status, body] = bodies[url] ?? [404, "{}"];
      if (url === "/cut") response.destroy();
      else if (url !== "/never") response.writeHead(status, { "retry-after": "3" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    at = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("brings the body and the API's clock", async () => {
    const { body, dateMs } = await ask(`${at}/fine`, open);
    expect(body).toEqual({ shards: [] });
    expect(dateMs).toBeGreaterThan(Date.UTC(2020, 0));
  });

  it("fails with what the problem says", async () => {
    const failure = await failureOf(ask(`${at}/problem`, open));
    expect(failure).toMatchObject({
      answered: true,
      message: "The API answered with 400 Bad Request: from: expected a time",
    });
  });

  it("says when to ask again where too many ask at once, and only there", async () => {
    expect(await failureOf(ask(`${at}/busy`, open))).toMatchObject({ answered: true, busyMs: 3_000 });
    expect(await failureOf(ask(`${at}/gateway`, open))).toMatchObject({ busyMs: undefined });
  });

  it("fails in plain words where a gateway answers in its own way", async () => {
    expect(await failureOf(ask(`${at}/gateway`, open))).toMatchObject({ message: "The API answered with status 503" });
    expect(await failureOf(ask(`${at}/login`, open))).toMatchObject({
      message: "The API answered with something that is no JSON",
    });
  });

  it("tells an API that does not answer from one that does", async () => {
    const failure = await failureOf(ask(`${at}/cut`, open));
    expect(failure).toBeInstanceOf(ApiFailure);
    expect(failure).toMatchObject({ answered: false, message: "The API does not answer" });
  });

  it("stops when the question is dropped, and that is no failure of the API", async () => {
    const dropped = new AbortController();
    const asked = failureOf(ask(`${at}/never`, dropped.signal));
    dropped.abort();
    expect(await asked).not.toBeInstanceOf(ApiFailure);
  });
});

const answer = {
  metric: "orders",
  measure: "count",
  from: "2026-03-03T11:30:00.000Z",
  to: "2026-03-03T12:01:00.000Z",
  every: "1m",
  rows: [{ time: "2026-03-03T11:30:00.000Z", country: "DE", value: 3 }],
};

describe("an answer of the API", () => {
  it("is read as it is", () => {
    expect(readAnswer(answer)).toEqual(answer);
    expect(readAnswer({ ...answer, truncated: true }).truncated).toBe(true);
    const open = [{ from: answer.from, to: answer.to }];
    expect(readAnswer({ ...answer, open }).open).toEqual(open);
    const shard = { shardId: "s", iteratorAgeMs: 0, staleMs: 0, committedThrough: null, openParts: 1 };
    expect(readShards({ shards: [shard], notLookedAt: 2 })).toEqual({ shards: [shard], notLookedAt: 2 });
    const metric = { name: "orders", measure: "sum", dimensions: ["country"] };
    expect(readMetricSummaries({ metrics: [metric], more: 1 })).toEqual([metric]);
  });

  it.each([
    [() => readAnswer(null), "answer is not an object"],
    [() => readAnswer({ ...answer, measure: "median" }), 'measure is not "count" or "sum"'],
    [() => readAnswer({ ...answer, to: "soon" }), "to is not a time"],
    [() => readAnswer({ ...answer, rows: [{ time: answer.from, value: "3" }] }), "value is not a number"],
    [() => readAnswer({ ...answer, open: [{ from: answer.from }] }), "to is not a text"],
    [() => readShards({ shards: {} }), "shards is not a list"],
    [() => readShards({ shards: [] }), "notLookedAt is not a number"],
    [() => readShards({ shards: [{ shardId: 1 }] }), "shardId is not a text"],
    [
      () => readMetricSummaries({ metrics: [{ name: "a", measure: "sum", dimensions: [1] }] }),
      "dimension is not a text",
    ],
  ])("in another form is a failure that names the field", (read, message) => {
    expect(read).toThrow(message);
    expect(read).toThrow(ApiFailure);
  });
});
