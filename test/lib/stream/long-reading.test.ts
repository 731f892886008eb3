import { CreateStreamCommand, KinesisClient, PutRecordCommand, waitUntilStreamExists } from "@aws-sdk/client-kinesis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { clientSettings } from "../../../lib/aws.ts";
import { KinesisStream } from "../../../lib/stream/kinesis.ts";
import type { StreamStart } from "../../../lib/stream/reader.ts";
import type { StreamRecord } from "../../../lib/stream/stream-record.ts";
import { startAws, type TestAws } from "../../aws.ts";

const shardId = "shardId-000000000000";
/** An iterator lives for five minutes. */
const tooLongMs = 301_000;
let aws: TestAws;
let client: KinesisClient;
let stream: KinesisStream;
const numbers: string[] = [];
let startedMs = 0;

async function put(): Promise<void> {
  const Data = Buffer.from(`${numbers.length}`);
  const sent = await client.send(new PutRecordCommand({ StreamName: "slow", PartitionKey: "ann", Data }));
  numbers.push(sent.SequenceNumber ?? "");
}

/** Time goes on, for the iterators too: Kinesis is in this process. */
const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

beforeAll(async () => {
  aws = await startAws();
  client = new KinesisClient(clientSettings());
  await client.send(new CreateStreamCommand({ StreamName: "slow", ShardCount: 1 }));
  await waitUntilStreamExists({ client, maxWaitTime: 10, minDelay: 1 }, { StreamName: "slow" });
  startedMs = Date.now();
  for (let place = 0; place < 3; place++) await put();
  stream = new KinesisStream(client, "slow");
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  numbers.splice(3);
});
afterAll(async () => {
  vi.useRealTimers();
  client.destroy();
  await aws[Symbol.asyncDispose]();
});

describe("a reader that takes more than five minutes between two reads", () => {
  const starts: Readonly<Record<string, () => StreamStart>> = {
    "the oldest record": () => "oldest",
    "a record": () => ({ after: numbers[0] ?? "" }),
    "a time": () => ({ fromMs: startedMs - 60_000 }),
  };
  test.each([
    ["the oldest record", ["0", "1", "2"]],
    ["a record", ["1", "2"]],
    ["a time", ["0", "1", "2"]],
  ])("from %s misses nothing and reads nothing twice", async (name, expected) => {
    const start = starts[name] ?? (() => "oldest");
    const seen: string[] = [];
    for await (const { records, behindMs } of stream.pages(shardId, start(), 1)) {
      seen.push(...records.map(({ data }) => data.toString()));
      pass(tooLongMs);
      if (records.length === 0 && behindMs === 0) break;
    }
    expect(seen.slice(0, expected.length)).toEqual(expected);
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("at the tip, before any record, reads the next ones", async () => {
    const pages = stream.pages(shardId, { after: numbers[2] ?? "" }, 1);
    expect((await pages.next()).value).toMatchObject({ records: [] });
    pass(tooLongMs);
    await put();
    const { value } = await pages.next();
    const found: string[] = value?.records.map((record: StreamRecord) => record.sequenceNumber);
    expect(found).toEqual([numbers[3]]);
  });

  test("still reads a range to its end", async () => {
    const slow = new KinesisClient(clientSettings());
    slow.middlewareStack.add(
      (next, { commandName }) =>
        async (call) => {
          if (commandName !== "GetRecordsCommand") return next(call);
          const answer = await next({ ...call, input: { ...call.input, Limit: 1 } });
          pass(tooLongMs);
          return answer;
        },
      { step: "initialize" },
    );
    const [first = "", , last = ""] = numbers;
    const records = await new KinesisStream(slow, "slow").read(shardId, first, last, 3);
    expect(records.map(({ data }) => data.toString())).toEqual(["0", "1", "2"]);
    slow.destroy();
  });
});
