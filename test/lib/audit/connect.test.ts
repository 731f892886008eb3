import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateStreamCommand, DescribeStreamCommand, KinesisClient, PutRecordCommand } from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit } from "../../../lib/audit/audit.ts";
import type { AuditPorts } from "../../../lib/audit/audit-run.ts";
import { connectAuditPorts } from "../../../lib/audit/connect.ts";
import { clientSettings } from "../../../lib/aws.ts";
import { settingsOf } from "../../../lib/config/settings.ts";
import { count, defineConfig, page } from "../../../lib/config.ts";
import { environmentNames, names } from "../../../lib/names.ts";
import { DynamoLedger } from "../../../lib/store/ledger/dynamodb.ts";
import { newHead } from "../../../lib/store/ledger/ledger.ts";
import type { Row } from "../../../lib/store/rows/row.ts";
import type { PartRowsQuestion } from "../../../lib/store/rows/store.ts";
import { TimestreamStore } from "../../../lib/store/rows/timestream.ts";
import { startAws, type TestAws } from "../../aws.ts";
import { createLedgerTable } from "../store/ledger/ledger-table.ts";
import { committed, minuteMs } from "./rig.ts";

const streamName = "events";
const shardId = "shardId-000000000000";
const shard = `${streamName}/${shardId}`;
const patience = { deadlineMs: Number.POSITIVE_INFINITY };
const place = { database: "millrace", table: names.minuteTable };
/** The minute in which everything happens; the audits are 40 minutes later. */
const minute = Math.floor(Date.now() / minuteMs) * minuteMs;
let aws: TestAws;
let ledger: DynamoLedger;
let store: TimestreamStore;
let ports: AuditPorts;
let connected: ReturnType<typeof connectAuditPorts>;

async function createAll(): Promise<void> {
  await createLedgerTable(aws, "ledger");
  await aws.timestream.handle("CreateDatabase", JSON.stringify({ DatabaseName: place.database }), "localhost");
  const RetentionProperties = { MemoryStoreRetentionPeriodInHours: 24, MagneticStoreRetentionPeriodInDays: 10 };
  const table = { DatabaseName: place.database, TableName: place.table, RetentionProperties };
  await aws.timestream.handle("CreateTable", JSON.stringify(table), "localhost");
  aws.s3.createBucket("rejects");
}

/** Puts records into a stream; CloudWatch counts them. */
async function putRecords(records: number): Promise<void> {
  const kinesis = new KinesisClient(clientSettings());
  await kinesis.send(new CreateStreamCommand({ StreamName: streamName, ShardCount: 1 }));
  const status = async () =>
    (await kinesis.send(new DescribeStreamCommand({ StreamName: streamName }))).StreamDescription?.StreamStatus;
  while ((await status()) !== "ACTIVE") {}
  for (let record = 0; record < records; record++)
    await kinesis.send(new PutRecordCommand({ StreamName: streamName, PartitionKey: "p", Data: Buffer.from("{}") }));
  kinesis.destroy();
}

const row = (events: number, shop = "a"): Row => ({
  metric: "all",
  def: "d",
  bucketMs: minute,
  dimensions: [["shop", shop]],
  count: events,
  numbers: undefined,
});
const part = (number: number, more = {}) => {
  const times = { firstArrivalMs: minute, lastArrivalMs: minute + 1, firstBucketMs: minute, lastBucketMs: minute };
  return committed(number, { ...times, committedMs: minute + 2, ...more });
};

beforeAll(async () => {
  aws = await startAws();
  await createAll();
  await putRecords(8);
  ledger = new DynamoLedger(new DynamoDBClient(clientSettings()), "ledger");
  store = TimestreamStore.connect(place);
  await ledger.moveHead(shard, newHead, { ...newHead, bornMs: 1 });
  const environment = {
    [environmentNames.stream]: streamName,
    [environmentNames.database]: place.database,
    [environmentNames.ledger]: "ledger",
    [environmentNames.bucket]: "rejects",
  };
  connected = connectAuditPorts(
    environment,
    settingsOf(defineConfig({ metrics: { views: { on: page(), measure: count() } } })),
  );
  ports = { ...connected, clock: { now: () => minute + 40 * minuteMs, sleep: async () => {} } };
});
afterAll(() => aws[Symbol.asyncDispose]());

const auditAll = (rows: "none" | "sample" | "all") =>
  audit(ports, {
    fromMs: minute - 5 * minuteMs,
    toMs: minute + 5 * minuteMs,
    rows,
    deadlineMs: Number.POSITIVE_INFINITY,
  });

describe("against the services themselves, an audit", () => {
  test("finds nothing in what is right, and then what is wrong", { timeout: 20_000 }, async () => {
    expect(await ports.incoming.records(minute - 10 * minuteMs, minute - 5 * minuteMs)).toBeUndefined();
    for (const number of [1, 2]) {
      await ledger.commit(shard, part(number, { rows: 1 }));
      await store.write(`part-${number}`, 1, [row(8)], patience);
    }
    const report = await auditAll("all");
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ shards: 1, parts: 2, records: 8, partsCompared: 2, complete: true });

    await store.write("part-2", 2, [row(7)], patience);
    await store.write("stray", 1, [row(1)], patience);
    await ledger.commit(shard, part(3, { firstSequence: "1000025", records: 5, rows: 0, rowsCount: 0 }));
    await aws.s3.put("rejects", "aws/lambda/else", Buffer.from("{}"));
    const { counts } = await auditAll("all");
    expect(counts).toMatchObject({ overlap: 1, rows: 1, "unknown-rows": 1, "given-up": 1 });
    expect((await auditAll("sample")).counts).toMatchObject({ overlap: 1, rows: 1, "unknown-rows": 0 });
    expect((await auditAll("none")).counts).toMatchObject({ overlap: 1, rows: 0, "unknown-rows": 0 });
  });
});

test("the place of each schedule is kept apart from the shards", async () => {
  const { log } = connected;
  expect(await log.read("daily")).toBeUndefined();
  const records = { least: 1, most: 2, newestMs: 3 };
  const place = { throughMs: 4, run: { fromMs: 5, toMs: 6, after: shardId, records } };
  await log.write("daily", place);
  await log.write("hourly", { throughMs: 7 });
  expect(await log.read("daily")).toEqual(place);
  await log.write("daily", { throughMs: 8 });
  expect([await log.read("daily"), await log.read("hourly")]).toEqual([{ throughMs: 8 }, { throughMs: 7 }]);
  expect(await ledger.shardIds(streamName)).toEqual([shardId]);
});

describe("the store", () => {
  const ask = (question: Partial<PartRowsQuestion>) =>
    Array.fromAsync(
      store.rowsOfParts({ fromMs: minute - minuteMs, toMs: minute + minuteMs, parts: undefined, ...question }),
    );

  test("says what it holds of parts: rows with events, and their latest version", async () => {
    await store.write("it's", 1, [row(2), row(3, "b")], patience);
    await store.write("it's", 2, [row(0), row(5, "c")], patience);
    const found = { part: "it's", rows: 2, count: 8, firstBucketMs: minute, lastBucketMs: minute };
    expect(await ask({ parts: ["it's", "none"] })).toEqual([found]);
    expect(await ask({ parts: ["it's"], toMs: minute })).toEqual([]);
    expect(await ask({ parts: [] })).toEqual([]);
    expect(await ask({})).toContainEqual(found);
  });

  test("adds up the absolute sums of parts when asked to", async () => {
    const numbers = (sum: number) => ({ sum, min: sum, max: sum });
    const sums = [-2.5, 4].map((sum, index) => ({ ...row(1, `s${index}`), numbers: numbers(sum) }));
    await store.write("sums", 1, sums, patience);
    await store.write("no-sums", 1, [row(1)], patience);
    const found = await ask({ parts: ["sums", "no-sums"], withSums: true });
    expect(Object.fromEntries(found.map(({ part, sum }) => [part, sum]))).toEqual({ sums: 6.5, "no-sums": 0 });
    expect((await ask({ parts: ["sums"] }))[0]).not.toHaveProperty("sum");
  });

  test("takes the question about as many parts as one may have, and gives every page of the answer", async () => {
    for (let number = 0; number < 20; number++) await store.write(`many-${number}`, 1, [row(number + 1)], patience);
    const parts = Array.from({ length: 2_000 }, (_, index) => `many-${index}`);
    expect(await ask({ parts })).toHaveLength(20);
  });
});
