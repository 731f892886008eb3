import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { RequestRefused } from "../../../lib/collect/request-refused.ts";
import { streamSender } from "../../../lib/collect/stream-sender.ts";
import { eventLine } from "../../../lib/producer/event-line.ts";
import { clientOf, TestStream } from "../producer/stream.ts";

let stream: TestStream;
beforeAll(async () => {
  stream = await TestStream.open(4);
});
afterAll(() => stream.close());
afterEach(() => {
  stream.fault = undefined;
  stream.requests.length = 0;
});

const patience = { requestTimeoutMs: 2_000, retryForMs: 100, retryBrieflyForMs: 0, deadlineMs: 2_000 };
const people = (run: string) =>
  Array.from({ length: 40 }, (_, index) => {
    const event = { type: "page", userId: `person ${index}`, messageId: `${run}-${index}` };
    return { event, line: eventLine(event) };
  });

/** How often each message of a run is in the stream. */
async function stored(run: string): Promise<number[]> {
  const ids = (await stream.records()).flatMap(({ events }) => events.map(({ messageId }) => String(messageId)));
  return people(run).map(({ event: { messageId } }) => ids.filter((id) => id === messageId).length);
}

async function refusalOf(sending: Promise<void>): Promise<RequestRefused> {
  const error = await sending.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof RequestRefused) return error;
  throw new Error(`Expected RequestRefused, got ${error}`);
}

test("all events of a request are in the stream once it is acknowledged, in a record a shard", async () => {
  const send = streamSender(stream.client, stream.name, patience);
  await send(people("a"));
  expect(await stored("a")).toEqual(people("a").map(() => 1));
  expect(stream.requests.flat()).toHaveLength(4);
});

test("records that fail are sent again, and no others", async () => {
  const send = streamSender(stream.client, stream.name, { ...patience, retryForMs: 5_000 });
  const failing = new Set<string>();
  stream.fault = ({ ExplicitHashKey = "" }) => {
    if (failing.size >= 2 || failing.has(ExplicitHashKey)) return undefined;
    failing.add(ExplicitHashKey);
    return { ErrorCode: "InternalFailure", ErrorMessage: "try again" };
  };
  await send(people("b"));
  expect(await stored("b")).toEqual(people("b").map(() => 1));
  expect(stream.requests.flat()).toHaveLength(6);
});

test("a shard that throttles on ends the request, what the others took stays, and nothing is sent later", async () => {
  const send = streamSender(stream.client, stream.name, patience);
  stream.fault = ({ ExplicitHashKey }) =>
    ExplicitHashKey === "0"
      ? { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" }
      : undefined;
  const { refusal, cause } = await refusalOf(send(people("c")));
  expect([refusal, (cause as Error).name]).toEqual(["StreamThrottled", "ProvisionedThroughputExceededException"]);
  const taken = await stored("c");
  expect(new Set(taken)).toEqual(new Set([0, 1]));
  stream.fault = undefined;
  // The next request has only its own events; the client's second attempt has the same ones.
  await send(people("d"));
  expect(await stored("c")).toEqual(taken);
  expect(await stored("d")).toEqual(people("d").map(() => 1));
  await send(people("c"));
  expect(await stored("c")).toEqual(taken.map((count) => count + 1));
});

test("a stream that cannot be reached ends the request, and it works again when the stream does", async () => {
  let isDown = true;
  stream.fault = () => {
    if (isDown) throw Object.assign(new Error("connect"), { name: "TimeoutError", $fault: "server" });
    return undefined;
  };
  const send = streamSender(stream.client, stream.name, patience);
  const { refusal, cause } = await refusalOf(send(people("e")));
  expect([refusal, (cause as Error).name]).toEqual(["StreamUnavailable", "TimeoutError"]);
  isDown = false;
  await send(people("f"));
  expect(await stored("e")).toEqual(people("e").map(() => 0));
});

test("a stream that is not there, or an address where nobody listens, is no reason to say more than that", async () => {
  const missing = streamSender(stream.client, "none", patience);
  expect((await refusalOf(missing(people("g")))).message).toBe("the stream could not be reached in time");
  const nobody = streamSender(clientOf("http://127.0.0.1:1"), stream.name, patience);
  expect((await refusalOf(nobody(people("h")))).refusal).toBe("StreamUnavailable");
});

/** Attempts that a request made before the client was told to come again. */
async function attempts(sending: () => Promise<void>): Promise<[refusal: string, attempts: number]> {
  const before = stream.requests.length;
  const { refusal } = await refusalOf(sending());
  return [refusal, stream.requests.length - before];
}

const throttles = () => ({ ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" });
const failsInside = () => ({ ErrorCode: "InternalFailure", ErrorMessage: "try again" });
const second = 1_000;

test.each([
  ["throttles", "StreamThrottled", throttles, 60 * second],
  ["fails", "StreamUnavailable", failsInside, 10 * second],
] as const)("while a stream %s, each request is tried once and answered", async (_, refused, fault, briefForMs) => {
  let nowMs = 0;
  const send = streamSender(stream.client, stream.name, { ...patience, retryForMs: second }, { now: () => nowMs });
  const one = [people("one")[0]].filter((each) => each !== undefined);
  const ask = () => attempts(() => send(one));
  stream.fault = fault;
  const [first, tries] = await ask();
  expect(first).toBe(refused);
  expect(tries).toBeGreaterThan(1);
  for (let request = 0; request < 3; request++) {
    nowMs += briefForMs - 1;
    expect(await ask()).toEqual([refused, 1]);
  }
  // It takes time to be patient again, and then a short fault is bridged.
  nowMs += briefForMs;
  let faults = 2;
  stream.fault = () => (faults-- > 0 ? fault() : undefined);
  const before = stream.requests.length;
  await send(one);
  expect(stream.requests.length - before).toBe(3);
});

test("a stream that takes records again takes them from the next request on", async () => {
  const send = streamSender(stream.client, stream.name, { ...patience, retryForMs: 0 }, { now: () => 0 });
  stream.fault = throttles;
  await attempts(() => send(people("slow")));
  stream.fault = undefined;
  await send(people("slow"));
  expect(await stored("slow")).toEqual(people("slow").map(() => 1));
});

test("while a stream throttles, a large request has the time that a shard needs to take it", async () => {
  const event = (at: number) => ({ type: "page", userId: "ann", messageId: `large-${at}`, text: "x".repeat(30_000) });
  const large = Array.from({ length: 20 }, (_, at) => ({ event: event(at), line: eventLine(event(at)) }));
  const send = streamSender(stream.client, stream.name, { ...patience, retryForMs: second }, { now: () => 0 });
  stream.fault = throttles;
  await attempts(() => send(people("throttled")));
  const twice = () => {
    let faults = 2;
    return () => (faults-- > 0 ? throttles() : undefined);
  };
  stream.fault = twice();
  expect(await attempts(() => send(large.slice(0, 1)))).toEqual(["StreamThrottled", 1]);
  stream.fault = twice();
  await send(large);
});
