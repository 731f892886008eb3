import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import {
  RejectedRecordsException,
  TimestreamWriteClient,
  type WriteRecordsCommandInput,
} from "@aws-sdk/client-timestream-write";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Row } from "../../../../lib/store/rows/row.ts";
import { TimestreamStore } from "../../../../lib/store/rows/timestream.ts";

/** What is done with one request; nothing at all where it is to hang. */
type Answer = (response: ServerResponse, input: WriteRecordsCommandInput) => void;

const json = (status: number, body: unknown): Answer => {
  return (response) =>
    void response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
};
const error = (status: number, name: string, more: object = {}): Answer =>
  json(status, { __type: name, message: "no", ...more });
const taken = json(200, { RecordsIngested: {} });
const hang: Answer = () => {};
const reset: Answer = (response) => void response.socket?.destroy();
const rejected = (...RejectedRecords: object[]): Answer => error(419, "RejectedRecordsException", { RejectedRecords });

const tooOld = { RecordIndex: 0, Reason: "The record timestamp is outside the time range of the memory store." };
const invalid = { RecordIndex: 0, Reason: "A dimension is not valid." };
/** Reasons as the service words them, with and without the version that it may tell. */
const sameVersion = {
  RecordIndex: 0,
  Reason:
    "A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value.",
};
const higherVersion = {
  RecordIndex: 0,
  Reason:
    "The record version 1 is lower than the existing version 2. A higher version is required to update the measure value.",
  ExistingVersion: 2,
};

let server: Server;
let endpoint: string;
/** For the requests to come, in order; the last one for all after it. */
let answers: Answer[] = [];
let requests: WriteRecordsCommandInput[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const input = JSON.parse(Buffer.concat(chunks).toString("utf8")) as WriteRecordsCommandInput;
      requests.push(input);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response, input);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => {
  requests = [];
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A clock that goes on only while somebody sleeps. */
function standingClock(fromMs = 0) {
  let nowMs = fromMs;
  return {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
}

function storeAt(url: string, nowMs?: number): TimestreamStore {
  const settings = {
    endpoint: url,
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  };
  const clients = { write: new TimestreamWriteClient(settings), query: new TimestreamQueryClient(settings) };
  return new TimestreamStore(clients, { database: "d", table: "t" }, standingClock(nowMs));
}

/** A store whose requests are answered one after the other: by an error that is thrown, or by taking all. */
function storeThatAnswers(...outcomes: unknown[]): TimestreamStore {
  const send = async (): Promise<object> => {
    const outcome = outcomes.shift();
    if (outcome !== undefined) throw outcome;
    return {};
  };
  const clients = { write: { send } as unknown as TimestreamWriteClient, query: {} as TimestreamQueryClient };
  return new TimestreamStore(clients, { database: "d", table: "t" }, standingClock());
}

const row = (shop: number): Row => ({
  metric: "sales",
  def: "d1",
  bucketMs: 60_000,
  dimensions: [["shop", String(shop)]],
  count: 1,
  numbers: undefined,
});
const rowsOf = (count: number): Row[] => Array.from({ length: count }, (_, shop) => row(shop));

const write = (rows: readonly Row[], deadlineMs = 120_000) => storeAt(endpoint).write("p1", 1, rows, { deadlineMs });

describe("an answer that says not now is waited out", () => {
  test.each<[string, Answer]>([
    ["that there is no such table, which may not be active yet", error(404, "ResourceNotFoundException")],
    ["that the rate is exceeded", error(400, "ThrottlingException")],
    ["that the server failed", error(500, "InternalServerException")],
    ["a fault of a server by a name that nobody knows", error(503, "ServiceUnavailable")],
    ["nothing, for the connection is cut", reset],
  ])("%s", async (_, first) => {
    answers = [first, taken];
    expect(await write(rowsOf(1))).toEqual({ refusals: [], existing: 0 });
    expect(requests).toHaveLength(2);
  });

  test("nothing at all, for the attempt is aborted and made again", async () => {
    answers = [hang, taken];
    // The time that is left is the limit of an attempt: half a second here.
    expect(await write(rowsOf(1), 500)).toEqual({ refusals: [], existing: 0 });
    expect(requests).toHaveLength(2);
  });
});

test.each([
  [120_000, 30_000],
  [30_001, 30_000],
  [29_999, 29_999],
  [1, 1],
  [0, 1],
  [-5_000, 1],
])("with %i ms left an attempt has %i ms", async (leftMs, attemptMs) => {
  const limit = vi.spyOn(AbortSignal, "timeout");
  answers = [taken];
  const nowMs = 1_000_000;
  const patience = { deadlineMs: nowMs + leftMs };
  await storeAt(endpoint, nowMs)
    .write("p1", 1, rowsOf(1), patience)
    .catch(() => {});
  expect(limit.mock.calls).toEqual([[attemptMs]]);
});

test("an error that no wait mends ends the write, and nothing more of it is begun", async () => {
  const begun: PromiseWithResolvers<object>[] = [];
  const four = Promise.withResolvers<void>();
  const send = (): Promise<object> => {
    const request = Promise.withResolvers<object>();
    if (begun.push(request) === 4) four.resolve();
    return request.promise;
  };
  const clients = { write: { send } as unknown as TimestreamWriteClient, query: {} as TimestreamQueryClient };
  const store = new TimestreamStore(clients, { database: "d", table: "t" }, standingClock());
  // Ten requests, four of them at a time.
  const writing = store.write("p1", 1, rowsOf(1_000), { deadlineMs: 120_000 });
  await four.promise;
  begun[0]?.reject(new Error("not allowed"));
  await new Promise(setImmediate);
  for (const { resolve } of begun) resolve({});
  await expect(writing).rejects.toThrow("not allowed");
  expect(begun).toHaveLength(4);
});

describe("a row that is there already under the same version", () => {
  test.each([
    ["told by its version", { ...sameVersion, ExistingVersion: 1 }],
    ["told by words alone", sameVersion],
  ])("%s, is no refusal, and is counted", async (_, reason) => {
    answers = [rejected(reason)];
    expect(await write(rowsOf(2))).toEqual({ refusals: [], existing: 1 });
  });

  test.each<[string, Answer]>([
    ["gets no answer", reset],
    ["fails inside the service", error(500, "InternalServerException")],
  ])("may be that of an attempt before which %s, and is not counted", async (_, first) => {
    answers = [first, rejected(sameVersion)];
    expect(await write(rowsOf(2))).toEqual({ refusals: [], existing: 0 });
  });

  test.each<[string, Answer]>([
    ["was throttled", error(400, "ThrottlingException")],
    ["found no table", error(404, "ResourceNotFoundException")],
  ])("cannot be that of an attempt before which %s", async (_, first) => {
    answers = [first, rejected(sameVersion)];
    expect(await write(rowsOf(2))).toEqual({ refusals: [], existing: 1 });
  });

  test("is none where the version is a higher one: somebody has taken the part over", async () => {
    answers = [rejected(higherVersion)];
    expect(await write(rowsOf(2))).toEqual({ refusals: [], existing: 0 });
  });

  test("is found on both sides of a request that had to be halved", async () => {
    answers = [error(400, "ValidationException"), rejected(sameVersion), rejected(sameVersion)];
    expect(await write(rowsOf(4))).toEqual({ refusals: [], existing: 2 });
  });
});

test("a row of an earlier version than ours that the store keeps all the same is a refusal, with its reason", async () => {
  answers = [rejected({ RecordIndex: 1, Reason: "Too many versions.", ExistingVersion: 0 })];
  const [, second] = rowsOf(2);
  const refusals = [{ row: second, reason: "refused", detail: "Too many versions." }];
  expect(await write(rowsOf(2))).toEqual({ refusals, existing: 0 });
});

describe("a row whose time the store takes no more", () => {
  const late = { row: row(0), reason: "late", detail: tooOld.Reason };
  test("is not in the store where this is the first that it says of it", async () => {
    answers = [rejected(tooOld)];
    expect(await write(rowsOf(1))).toEqual({ refusals: [late], existing: 0 });
  });

  test("may be in the store where an attempt before had no answer", async () => {
    answers = [reset, rejected(tooOld)];
    expect(await write(rowsOf(1))).toEqual({ refusals: [{ ...late, mayBeStored: true }], existing: 0 });
  });

  test("may be in the store too where the request was halved after that", async () => {
    answers = [reset, error(400, "ValidationException"), rejected(tooOld), taken];
    expect(await write(rowsOf(2))).toEqual({ refusals: [{ ...late, mayBeStored: true }], existing: 0 });
  });

  test("is not in the store where the attempts before were refused as a whole", async () => {
    answers = [error(400, "ThrottlingException"), error(404, "ResourceNotFoundException"), rejected(tooOld)];
    expect(await write(rowsOf(1))).toEqual({ refusals: [late], existing: 0 });
  });

  test("is another matter than a row that is refused for what it is, whenever it comes", async () => {
    answers = [reset, rejected(invalid)];
    const refusals = [{ row: row(0), reason: "refused", detail: invalid.Reason }];
    expect(await write(rowsOf(1))).toEqual({ refusals, existing: 0 });
  });
});

test("nobody at the address is waited for until patience ends", async () => {
  const waits: string[] = [];
  const patience = { deadlineMs: 500, onWait: (why: string) => waits.push(why) };
  await expect(storeAt("http://127.0.0.1:9").write("p1", 1, rowsOf(1), patience)).rejects.toThrow("ECONNREFUSED");
  expect(waits.length).toBeGreaterThan(0);
});

/** As the system and the SDK's handler say it. */
const failed = (more: object): Error => Object.assign(new Error("failed"), more);
const patience = { deadlineMs: 120_000 };
const isThere = new RejectedRecordsException({ message: "", $metadata: {}, RejectedRecords: [sameVersion] });

test.each([
  ["cannot be that of an attempt that was refused by nobody at the address", { code: "ECONNREFUSED" }, 1],
  ["cannot be that of an attempt that had no address to go to", { code: "ENOTFOUND" }, 1],
  ["may be that of an attempt whose connection was cut", { code: "ECONNRESET" }, 0],
  ["may be that of an attempt that was given up", { name: "AbortError" }, 0],
  ["may be that of an attempt that had no answer in time, in whatever words", { name: "TimeoutError" }, 0],
])("a row that is there already %s", async (_, first, existing) => {
  const store = storeThatAnswers(failed(first), isThere);
  expect(await store.write("p1", 1, rowsOf(1), patience)).toEqual({ refusals: [], existing });
});

test.each([
  ["a code that no system has", failed({ code: "Forbidden" })],
  ["no code and another name", failed({ name: "CredentialsProviderError" })],
  ["what is no error", "no"],
])("a failure with %s is not waited out", async (_, failure) => {
  const onWait = vi.fn();
  const writing = storeThatAnswers(failure).write("p1", 1, rowsOf(1), { ...patience, onWait });
  await expect(writing).rejects.toBe(failure);
  expect(onWait).not.toHaveBeenCalled();
});

describe("an answer that does not say which rows it rejects", () => {
  test.each<[string, object]>([
    ["names none", rejected()],
    ["has no list of them", error(419, "RejectedRecordsException")],
  ])("for it %s, is no reason to believe that all were taken", async (_, answer) => {
    answers = [answer as Answer];
    await expect(write(rowsOf(2))).rejects.toThrow("Expected to be told which of 2 rows are rejected, got none");
  });

  test.each([
    ["names one that was not sent", { ...invalid, RecordIndex: 2 }, "got 2: A dimension is not valid."],
    ["names one without its place", { Reason: "no" }, "got undefined: no"],
  ])("for it %s, neither", async (_, reason, got) => {
    answers = [rejected(reason)];
    await expect(write(rowsOf(2))).rejects.toThrow(`Expected the index of one of 2 rows, ${got}`);
  });
});

describe("a request", () => {
  test("holds at most a hundred rows", async () => {
    answers = [taken];
    await write(rowsOf(201));
    expect(requests.map(({ Records }) => Records?.length).sort()).toEqual([1, 100, 100]);
  });

  test("holds rows of one metric and definition, and says once what they share", async () => {
    answers = [taken];
    const numbers = { sum: 1.5, min: 0.5, max: 1 };
    await write([row(1), { ...row(2), numbers }, { ...row(3), metric: "views" }, row(4), { ...row(5), def: "d2" }]);
    const byFirst = requests.toSorted((a, b) => (JSON.stringify(a.Records) < JSON.stringify(b.Records) ? -1 : 1));
    expect(byFirst.map(({ CommonAttributes, Records }) => [CommonAttributes?.MeasureName, Records?.length])).toEqual([
      ["sales", 2],
      ["views", 1],
      ["sales", 1],
      ["sales", 1],
    ]);
    expect(byFirst.map(({ CommonAttributes }) => CommonAttributes?.Dimensions?.at(-1)?.Value)).toEqual([
      "d1",
      "d1",
      "d1",
      "d2",
    ]);
    const count = { Name: "count", Value: "1", Type: "BIGINT" };
    const double = (Name: string, Value: string) => ({ Name, Value, Type: "DOUBLE" });
    expect(byFirst[0]?.Records?.map(({ MeasureValues }) => MeasureValues)).toEqual([
      [count],
      [count, double("sum", "1.5"), double("min", "0.5"), double("max", "1")],
    ]);
  });
});

test("both services are found where the environment says, each by its own name", async () => {
  const nobody = "http://127.0.0.1:9";
  vi.stubEnv("AWS_ENDPOINT_URL", nobody);
  for (const name of ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "us-east-1");
  answers = [taken];
  const connected = (service: string): TimestreamStore => {
    vi.stubEnv(`AWS_ENDPOINT_URL_TIMESTREAM_${service}`, endpoint);
    return TimestreamStore.connect({ database: "d", table: "t" });
  };
  await connected("WRITE").write("p1", 1, rowsOf(1), { deadlineMs: Date.now() + 5_000 });
  await Array.fromAsync(connected("QUERY").rowsOfParts({ fromMs: 0, toMs: 60_000, parts: undefined }));
  expect(requests.map((request) => Object.keys(request).includes("QueryString"))).toEqual([false, true]);
});
