import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LambdaFunctions } from "../../../../lib/invoke.ts";
import { LambdaRollUp } from "../../../../lib/recovery/isolate/lambda.ts";

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

let server: Server;
let answer: Answer | undefined;
let asked: { url: string; body: string }[] = [];
let functions: LambdaFunctions;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    asked.push({ url: request.url ?? "", body: await text(request) });
    if (answer === undefined) return;
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    response.end(JSON.stringify(answer.body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const endpoint = `http://127.0.0.1:${port}`;
  functions = new LambdaFunctions(new LambdaClient({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 }));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const failed = { "x-amz-function-error": "Unhandled" };
const record = { sequenceNumber: "1", partitionKey: "p", arrivalMs: 1_000, data: Buffer.from("{}") };
const batch = { streamName: "events", shardId: "shardId-000000000000", records: [record] };

describe("an invocation", () => {
  test.each<[string, Answer, object]>([
    ["that answers is done", { body: { parts: 1 } }, { kind: "done", answer: { parts: 1 } }],
    [
      "whose code throws has thrown",
      { headers: failed, body: { errorType: "PromiseHeld", errorMessage: "held", trace: ["PromiseHeld: held"] } },
      { kind: "threw", why: "PromiseHeld: held" },
    ],
    [
      "that runs into the time limit has died",
      {
        headers: failed,
        body: {
          errorType: "Sandbox.Timedout",
          errorMessage: "RequestId: 1 Error: Task timed out after 180.00 seconds",
        },
      },
      { kind: "died", why: expect.stringContaining("timed out") },
    ],
    [
      "that runs out of memory has died",
      {
        headers: failed,
        body: { errorType: "Runtime.ExitError", errorMessage: "Runtime exited with error: signal: killed" },
      },
      { kind: "died", why: expect.stringContaining("signal: killed") },
    ],
    [
      "that ends with a rejected promise has died, trace or not",
      { headers: failed, body: { errorType: "Runtime.UnhandledPromiseRejection", errorMessage: "no", trace: [] } },
      { kind: "died", why: "Runtime.UnhandledPromiseRejection: no" },
    ],
    [
      "that is throttled did not run",
      {
        status: 429,
        headers: { "x-amzn-errortype": "TooManyRequestsException" },
        body: { Type: "User", message: "Rate Exceeded." },
      },
      { kind: "refused", why: expect.stringContaining("TooManyRequestsException"), isBusy: true },
    ],
    [
      "that is too large for Lambda says so",
      { status: 413, headers: { "x-amzn-errortype": "RequestTooLargeException" }, body: { message: "no" } },
      { kind: "too-large" },
    ],
  ])("%s", async (_, given, outcome) => {
    answer = given;
    expect(await functions.invoke("millrace-roll-up", {})).toEqual(outcome);
  });

  test("of more than 6 MB is not sent", async () => {
    asked = [];
    expect(await functions.invoke("f", { text: "x".repeat(6 * 1024 * 1024) })).toEqual({ kind: "too-large" });
    expect(asked).toEqual([]);
  });

  test("that does not answer in time counts as dead", async () => {
    answer = undefined;
    expect(await functions.invoke("f", {}, 50)).toEqual({ kind: "died", why: "no answer after 0.05 s" });
  });
});

test("the roll-up gets a batch as Lambda would send it, and a preview asks for nothing more", async () => {
  const rollUp = new LambdaRollUp(functions, "millrace-roll-up");
  answer = { body: {} };
  asked = [];
  await rollUp.run(batch);
  await rollUp.preview(batch);
  expect(asked.map(({ url }) => url)).toEqual(Array(2).fill("/2015-03-31/functions/millrace-roll-up/invocations"));
  const [ran, previewed] = asked.map(({ body }) => JSON.parse(body) as { preview?: boolean; Records: unknown[] });
  expect(ran?.preview).toBeUndefined();
  expect(previewed?.preview).toBe(true);
  expect(previewed?.Records).toEqual(ran?.Records);
});
