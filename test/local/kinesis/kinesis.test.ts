import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type AwsEndpoint, startAwsEndpoint } from "../../../local/endpoint/aws-endpoint.ts";
import { type Kinesis, openKinesis } from "../../../local/kinesis/kinesis.ts";

const where = { region: "eu-west-1", accountId: "111122223333" };

let directory: string;
let kinesis: Kinesis;
let endpoint: AwsEndpoint;
let client: KinesisClient;

async function start(): Promise<void> {
  kinesis = await openKinesis({ ...where, path: join(directory, "kinesis") });
  endpoint = await startAwsEndpoint({ port: 0, services: { kinesis } });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  client = new KinesisClient({ endpoint: endpoint.url, region: where.region, credentials, maxAttempts: 1 });
}

async function stop(): Promise<void> {
  client.destroy();
  await endpoint.close();
  await kinesis.close();
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kinesis-"));
  await start();
});

afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

const put = (StreamName: string, ...data: (string | Buffer)[]) => {
  const Records = data.map((each) => ({ PartitionKey: "p", Data: Buffer.from(each) }));
  return client.send(new PutRecordsCommand({ StreamName, Records }));
};

async function iterator(StreamName: string, more: Omit<GetShardIteratorCommandInput, "ShardId" | "StreamName">) {
  const { Shards } = await client.send(new ListShardsCommand({ StreamName }));
  const ShardId = Shards?.[0]?.ShardId;
  const { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamName, ShardId, ...more }));
  return ShardIterator;
}

const fromStart = (name: string) => iterator(name, { ShardIteratorType: "TRIM_HORIZON" });
const read = (ShardIterator: string | undefined, Limit?: number) =>
  client.send(new GetRecordsCommand({ ShardIterator, Limit }));
const textOf = ({ Records = [] }: { Records?: { Data: Uint8Array | undefined }[] | undefined }) =>
  Records.map(({ Data }) => Buffer.from(Data ?? []).toString());

describe("a stream", () => {
  it("is active with its shards and retention once it is made, and made once", async () => {
    const arn = await kinesis.createStream({ name: "made", shards: 4, retentionHours: 48 });
    expect(arn).toBe("arn:aws:kinesis:eu-west-1:111122223333:stream/made");
    await put("made", "kept");
    await kinesis.createStream({ name: "made", shards: 4, retentionHours: 24 });
    const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: "made" }));
    expect(StreamDescriptionSummary).toMatchObject({
      StreamStatus: "ACTIVE",
      OpenShardCount: 4,
      RetentionPeriodHours: 24,
    });
  });

  it("keeps its records and goes on counting after a restart", async () => {
    await kinesis.createStream({ name: "kept", shards: 1, retentionHours: 24 });
    await put("kept", "before");
    await stop();
    await start();
    await put("kept", "after");
    const answer = await read(await fromStart("kept"));
    expect(textOf(answer)).toEqual(["before", "after"]);
    const [first, second] = answer.Records?.map(({ SequenceNumber }) => BigInt(SequenceNumber ?? 0)) ?? [];
    expect(second).toBeGreaterThan(first ?? 0n);
  });

  it("takes a request of 10 MiB, and answers it in pieces that say how far behind they are", async () => {
    await kinesis.createStream({ name: "large", shards: 1, retentionHours: 24 });
    const record = Buffer.alloc(1024 * 1024, "x");
    await put("large", ...Array.from({ length: 9 }, () => record));
    let next = await fromStart("large");
    const answers: number[] = [];
    for (let behind = 1; behind > 0; ) {
      const { Records = [], MillisBehindLatest = 0, NextShardIterator } = await read(next);
      answers.push(Records.length);
      behind = MillisBehindLatest;
      next = NextShardIterator;
    }
    expect(answers).toEqual([4, 4, 1]);
  });

  it("is behind while a limit leaves records, and at the tip when none are left", async () => {
    await kinesis.createStream({ name: "limit", shards: 1, retentionHours: 24 });
    await put("limit", "1", "2", "3");
    const first = await read(await fromStart("limit"), 2);
    expect([textOf(first), (first.MillisBehindLatest ?? 0) > 0]).toEqual([["1", "2"], true]);
    const second = await read(first.NextShardIterator, 2);
    expect([textOf(second), second.MillisBehindLatest]).toEqual([["3"], 0]);
    const third = await read(second.NextShardIterator);
    expect([textOf(third), third.MillisBehindLatest]).toEqual([[], 0]);
  });

  it("can be read from a time on, be it before the last record or after it", async () => {
    await kinesis.createStream({ name: "time", shards: 1, retentionHours: 24 });
    const empty = await iterator("time", { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date() });
    await put("time", "1");
    expect(textOf(await read(empty))).toEqual(["1"]);
    const before = await iterator("time", {
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: new Date(Date.now() - 60_000),
    });
    expect(textOf(await read(before))).toEqual(["1"]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const after = await iterator("time", { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(Date.now() - 1000) });
    expect(textOf(await read(after))).toEqual([]);
  });

  it("loses what is past its retention when it is trimmed, and nothing else", async () => {
    await kinesis.createStream({ name: "old", shards: 1, retentionHours: 24 });
    const start = await fromStart("old");
    const later_ms = Date.now() + 23 * 3_600_000;
    await kinesis.call("PutRecords", { StreamName: "old", Records: [{ PartitionKey: "p", Data: "b2xk" }] });
    vi.useFakeTimers({ toFake: ["Date"], now: later_ms });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    await kinesis.call("PutRecords", { StreamName: "old", Records: [{ PartitionKey: "p", Data: "bmV3" }] });
    await kinesis.trim();
    vi.setSystemTime(later_ms + 2 * 3_600_000);
    await kinesis.trim();
    vi.useRealTimers();
    // Back at a time when both would still be young enough, only what was not deleted is there.
    const { Records } = (await kinesis.call("GetRecords", { ShardIterator: start })) as { Records: { Data: string }[] };
    expect(Records.map(({ Data }) => Data)).toEqual(["bmV3"]);
  });

  it("cannot be opened by two at once", async () => {
    await expect(openKinesis({ ...where, path: join(directory, "kinesis") })).rejects.toThrow(
      "Expected to open the streams at",
    );
  });
});
