import { once } from "node:events";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
} from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isProblem } from "../../../lib/problem.ts";
import { unpack } from "../../../lib/stream/unpack.ts";
import { startAws, type TestAws } from "../../aws.ts";
import { RecordingFolder } from "../recording/recording-file.ts";
import { runCli, startCli } from "../run-cli.ts";

let aws: TestAws;
let client: KinesisClient;
let folder: RecordingFolder;

beforeAll(async () => {
  aws = await startAws();
  folder = await RecordingFolder.make();
  client = new KinesisClient({});
  await client.send(new CreateStreamCommand({ StreamName: "millrace-events", ShardCount: 1 }));
});
afterAll(async () => {
  client.destroy();
  await Promise.all([aws[Symbol.asyncDispose](), folder.remove()]);
});

const now = new Date().toISOString();
const old = "2020-01-01T00:00:00Z";
const order = (more: object = {}): object => ({
  type: "track",
  event: "Order Completed",
  timestamp: now,
  properties: { revenue: 5, currency: "EUR" },
  ...more,
});
const linesOf = (...events: object[]): Promise<string> =>
  folder.file(events.map((event) => JSON.stringify(event)).join("\n"));
const replay = (file: string, ...more: string[]) => runCli(["replay", file, "--speed", "max", ...more]);

/** All events of the stream, with their properties. */
async function sentEvents(): Promise<Record<string, unknown>[]> {
  const place = { StreamName: "millrace-events", ShardId: "shardId-000000000000" };
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ ...place, ShardIteratorType: "TRIM_HORIZON" }),
  );
  const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
  return Records.flatMap(({ Data }) => {
    const unpacked = unpack(Buffer.from(Data ?? []));
    return isProblem(unpacked) ? [] : unpacked.texts.map((text) => JSON.parse(String(text)));
  });
}

describe("a replay says what becomes of its events", () => {
  it("how many count, how many do not, and why the first of each does not", async () => {
    const much = order({ messageId: "bad", properties: { revenue: "much" } });
    const { code, out, err } = await replay(await linesOf(order(), order({ timestamp: old }), much));
    expect(out).toMatch(/^Sent 3 events, \d+ a second: 1 counted, 1 late, 1 invalid\n$/);
    expect(err).toMatch(/The first late: json-lines-2-\w+: expected an event of the last 86400 s.*--shift-to-now/);
    expect(err).toMatch(/The first invalid: bad: properties\.revenue: expected a number/);
    expect(code).toBe(0);
  });

  it("and ends with an error where none counts", async () => {
    const { code, out } = await replay(await linesOf(order({ type: undefined }), order({ timestamp: old })));
    expect(out).toContain(": 0 counted, 1 invalid, 1 late");
    expect(code).toBe(1);
  });

  it("and why there is none where all rows are bad", async () => {
    const { code, out, err } = await replay(await linesOf({ type: "page" }, { type: "page", timestamp: "today" }));
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(
      "expected events, got none in 2 rows; line 1: timestamp: expected an ISO 8601 time, got nothing",
    );
  });
});

describe("the example of the documentation", () => {
  it("is sent with amounts, names and times as a person reads them, and what was guessed is said", async () => {
    const run = await replay("examples/orders.csv", "--map", "examples/orders.map.json", "--shift-to-now");
    expect(run).toMatchObject({ code: 0, out: expect.stringContaining("Sent 4 events") });
    expect(run.out).toContain("4 counted");
    expect(run.err).toContain('Guessed: delimiter ";", encoding utf-8, time DD.MM.YYYY HH:mm, decimal ","');
    const events = (await sentEvents()).filter(({ messageId }) => String(messageId).startsWith("map-"));
    expect(events.map(({ event, userId, properties }) => ({ event, userId, properties }))).toEqual([
      {
        event: "Order Completed",
        userId: "K-17",
        properties: { order_id: "1001", country: "DE", name: "Teekanne", revenue: 1249.9 },
      },
      {
        event: "Order Completed",
        userId: "K-04",
        properties: { order_id: "1002", country: "AT", name: "Becher, groß", revenue: 19.99 },
      },
      {
        event: "Order Cancelled",
        userId: "K-17",
        properties: { order_id: "1003", country: "DE", name: "Teekanne", revenue: -1249.9 },
      },
      {
        event: "Order Completed",
        userId: undefined,
        properties: { order_id: "1004", country: "FR", name: "Untersetzer", revenue: 4.5 },
      },
    ]);
    const [first = 0, , , last = 0] = events.map(({ timestamp }) => Date.parse(String(timestamp)));
    expect(last - first).toBe(47 * 60_000);
  });
});

describe("a replay that cannot be", () => {
  it("says at once that nothing answers", async () => {
    const { code, err } = await runCli(["replay", await linesOf(order())], { AWS_ENDPOINT_URL: "http://127.0.0.1:1" });
    expect([code, err]).toEqual([1, "millrace replay: Nothing answers at http://127.0.0.1:1\n"]);
  });

  it("and was ended by Ctrl-C has the exit code of a shell", async () => {
    const times = [0, 3_600_000].map((ms) => order({ timestamp: new Date(Date.parse(now) - ms).toISOString() }));
    const child = startCli(["replay", await linesOf(...times.toReversed())]);
    const { stderr, stdout } = child;
    if (stderr === null || stdout === null) throw new Error("Expected pipes, got none");
    // The first progress is shown while it waits for the second event.
    await once(stderr, "data");
    stdout.resume();
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([130, null]);
  });

  it("because of how it was called has an exit code of its own", async () => {
    const { code, err } = await replay("examples/orders.csv", "--time", "Zeitpunkt");
    expect(err).toMatch(/Expected either --event/);
    expect(code).toBe(2);
  });
});
