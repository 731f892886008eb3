import { describe, expect, test } from "vitest";
import { invokeApi } from "../../../local/lambda/invoke-api.ts";
import type { InvokeOutcome } from "../../../local/lambda/invoke-outcome.ts";
import type { Lambda } from "../../../local/lambda/lambda.ts";

/** The API over a Lambda with one function, `f`, of which every outcome is the given one. */
function api(outcome: InvokeOutcome = { kind: "ok", payload: '{"a":1}' }, takesEvents = true) {
  const invoked: string[] = [];
  const events: string[] = [];
  const lambda: Lambda = {
    region: "us-east-1",
    accountId: "000000000000",
    define: () => {},
    has: (name) => name === "f",
    invoke: async (_name, payload) => {
      invoked.push(payload);
      return outcome;
    },
    environments: () => [],
    close: async () => {},
  };
  const call = invokeApi(lambda, (_name, payload) => {
    events.push(payload);
    return takesEvents;
  });
  return { call, invoked, events };
}

describe("Lambda's Invoke", () => {
  test.each(["f", "f:$LATEST", "arn:aws:lambda:us-east-1:000000000000:function:f", "000000000000:function:f:live"])(
    "finds a function as %s, and answers with its response",
    async (name) => {
      expect(await api().call(name, {}, "{}")).toEqual({
        status: 200,
        headers: { "content-type": "application/json", "x-amz-executed-version": "$LATEST" },
        body: '{"a":1}',
      });
    },
  );

  test("answers 200 to a function's error, and says so in X-Amz-Function-Error", async () => {
    const error = { errorType: "TypeError", errorMessage: "no", trace: ["TypeError: no"] };
    const answer = await api({ kind: "function-error", handled: true, ...error }).call("f", {}, "{}");
    expect(answer).toMatchObject({ status: 200, headers: { "x-amz-function-error": "Unhandled" } });
    expect(JSON.parse(answer.body)).toEqual(error);
  });

  test("hands an event over and does not wait for it", async () => {
    const { call, invoked, events } = api();
    expect(await call("f", { "x-amz-invocation-type": "Event" }, '{"b":2}')).toMatchObject({ status: 202, body: "" });
    expect([invoked, events]).toEqual([[], ['{"b":2}']]);
  });

  test("takes no payload for an empty object", async () => {
    const { call, invoked } = api();
    await call("f", {}, "");
    expect(invoked).toEqual(["{}"]);
  });

  test.each<[string, number, string | undefined, ReturnType<typeof api>, string, Record<string, string>, string]>([
    ["a dry run", 204, undefined, api(), "f", { "x-amz-invocation-type": "DryRun" }, "{}"],
    ["an unknown function", 404, "ResourceNotFoundException", api(), "g", {}, "{}"],
    ["what is no JSON", 400, "InvalidRequestContentException", api(), "f", {}, "{"],
    ["an unknown type", 400, "InvalidParameterValueException", api(), "f", { "x-amz-invocation-type": "Later" }, "{}"],
    ["more than 6 MB", 413, "RequestTooLargeException", api(), "f", {}, `"${"x".repeat(6 * 1024 * 1024)}"`],
    [
      "an event of more than 1 MB",
      413,
      "RequestTooLargeException",
      api(),
      "f",
      { "x-amz-invocation-type": "Event" },
      `"${"x".repeat(1024 * 1024)}"`,
    ],
    ["a throttle", 429, "TooManyRequestsException", api({ kind: "throttled" }), "f", {}, "{}"],
    [
      "one event too many",
      429,
      "TooManyRequestsException",
      api(undefined, false),
      "f",
      { "x-amz-invocation-type": "Event" },
      "{}",
    ],
  ])("answers %s with %i", async (_what, status, errorType, { call }, name, headers, body) => {
    const answer = await call(name, headers, body);
    expect([answer.status, answer.headers["x-amzn-errortype"]]).toEqual([status, errorType]);
  });
});
