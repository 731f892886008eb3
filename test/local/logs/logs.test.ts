import { describe, expect, test } from "vitest";
import { filterOf } from "../../../local/logs/filter-pattern.ts";
import { LogStore } from "../../../local/logs/log-store.ts";
import { cloudWatchLogs } from "../../../local/logs/logs.ts";

const group = "/aws/lambda/roll-up";

interface Answer {
  readonly events: readonly { readonly message: string; readonly timestamp: number }[];
  readonly nextToken?: string;
  readonly nextForwardToken: string;
  readonly nextBackwardToken: string;
  readonly logGroups: readonly { readonly logGroupName: string }[];
  readonly logStreams: readonly { readonly logStreamName: string }[];
  readonly __type?: string;
  readonly message?: string;
}

/** A service in which roll-up has logged "line 1" to "line 5", a second apart from second 1 on. */
function logged(): (operation: string, input: object | string) => Promise<Answer> {
  let nowMs = 0;
  const store = new LogStore(() => nowMs);
  for (const number of [1, 2, 3, 4, 5]) {
    nowMs = number * 1_000;
    store.put({ functionName: "roll-up", text: `line ${number}` });
  }
  const service = cloudWatchLogs(store);
  return async (operation, input) => {
    const headers = { "x-amz-target": `Logs_20140328.${operation}` };
    const body = Buffer.from(typeof input === "string" ? input : JSON.stringify(input));
    return JSON.parse(String((await service.handle({ method: "POST", url: "/", headers, body })).body)) as Answer;
  };
}

const lines = ({ events }: Answer): string[] => events.map(({ message }) => message);

describe("FilterLogEvents", () => {
  test.each([
    [{ logGroupName: group }, "1 2 3 4 5"],
    [{ logGroupIdentifier: `arn:aws:logs:us-east-1:000000000000:log-group:${group}:*` }, "1 2 3 4 5"],
    [{ logGroupName: group, startTime: 2_000, endTime: 4_000, interleaved: true }, "2 3"],
    [{ logGroupName: group, filterPattern: '?"line 2" ?4' }, "2 4"],
    [{ logGroupName: group, logStreamNames: ["another"] }, ""],
  ])("%j finds lines %s", async (input, expected) => {
    const found = lines(await logged()("FilterLogEvents", input));
    expect(found.map((line) => line.replace("line ", "")).join(" ")).toBe(expected);
  });

  test("has pages", async () => {
    const ask = logged();
    const first = await ask("FilterLogEvents", { logGroupName: group, limit: 3 });
    const second = await ask("FilterLogEvents", { logGroupName: group, limit: 3, nextToken: first.nextToken });
    expect([lines(first).length, lines(second), second.nextToken]).toEqual([3, ["line 4", "line 5"], undefined]);
  });
});

describe("GetLogEvents", () => {
  const stream = { logGroupName: group, logStreamName: "laptop", limit: 2 };

  test("begins at the end or the head, and pages both ways to the last line", async () => {
    const ask = logged();
    const last = await ask("GetLogEvents", stream);
    expect(lines(last)).toEqual(["line 4", "line 5"]);
    const before = await ask("GetLogEvents", { ...stream, nextToken: last.nextBackwardToken });
    expect(lines(before)).toEqual(["line 2", "line 3"]);
    const end = await ask("GetLogEvents", { ...stream, nextToken: last.nextForwardToken });
    expect([lines(end), end.nextForwardToken]).toEqual([[], last.nextForwardToken]);
    expect(lines(await ask("GetLogEvents", { ...stream, startFromHead: true }))).toEqual(["line 1", "line 2"]);
  });
});

test("groups and streams are described", async () => {
  const ask = logged();
  expect((await ask("DescribeLogGroups", { logGroupNamePrefix: "/aws" })).logGroups).toMatchObject([
    { logGroupName: group },
  ]);
  expect((await ask("DescribeLogStreams", { logGroupName: group })).logStreams).toMatchObject([
    { logStreamName: "laptop" },
  ]);
});

test.each([
  ["FilterLogEvents", { logGroupName: "none" }, "ResourceNotFoundException", "group does not exist"],
  ["FilterLogEvents", {}, "InvalidParameterException", "logGroupName"],
  [
    "FilterLogEvents",
    { logGroupName: group, filterPattern: "{ $.a = 1 }" },
    "InvalidParameterException",
    "does not run",
  ],
  ["FilterLogEvents", { logGroupName: group, unmask: true }, "InvalidParameterException", "unmask of FilterLogEvents"],
  ["FilterLogEvents", { logGroupName: group, limit: "x" }, "InvalidParameterException", "limit"],
  ["GetLogEvents", { logGroupName: group, logStreamName: "x" }, "ResourceNotFoundException", "stream does not exist"],
  ["PutLogEvents", {}, "UnknownOperationException", "PutLogEvents does not run"],
  ["FilterLogEvents", "{", "SerializationException", "JSON"],
])("%s of %j is refused", async (operation, input, type, message) => {
  expect(await logged()(operation, input)).toMatchObject({ __type: type, message: expect.stringContaining(message) });
});

test.each([
  ["", "a b", true],
  ["a b", "b a", true],
  ["a b", "a", false],
  ['"a b"', "b a", false],
  ["a -b", "a b", false],
  ["?a ?b", "b", true],
  ["?a ?b", "c", false],
])("the pattern %j of %j: %j", (pattern, message, fits) => {
  expect(filterOf(pattern)?.(message)).toBe(fits);
});

test("a function that logs without end keeps its newest lines", () => {
  const store = new LogStore();
  for (let at = 0; at < 10_050; at++) store.put({ functionName: "f", text: `${at}` });
  const events = store.events("/aws/lambda/f");
  expect([events?.length, events?.at(-1)?.message]).toEqual([10_000, "10049"]);
  for (let at = 0; at < 20; at++) store.put({ functionName: "f", text: "x".repeat(1024 * 1024) });
  expect(store.events("/aws/lambda/f")?.length).toBeLessThan(5);
});
