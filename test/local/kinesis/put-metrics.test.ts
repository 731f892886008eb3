import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { KinesisClient, PutRecordCommand, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientSettings } from "../../../lib/aws.ts";
import { type MetricDatum, MetricStore } from "../../../local/cloudwatch/metrics.ts";
import { openKinesis } from "../../../local/kinesis/kinesis.ts";
import { startAws, type TestAws } from "../../aws.ts";

let aws: TestAws;

beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws[Symbol.asyncDispose]());

test("what a stream has taken is what CloudWatch says came in: records and bytes of what was put with success", async () => {
  await aws.kinesis.createStream({ name: "in", shards: 2, retentionHours: 24 });
  const kinesis = new KinesisClient(clientSettings());
  const cloudwatch = new CloudWatchClient(clientSettings());
  const data = (bytes: number) => Buffer.alloc(bytes, "x");
  const startMs = Math.floor(Date.now() / 60_000) * 60_000;
  await kinesis.send(new PutRecordCommand({ StreamName: "in", PartitionKey: "a", Data: data(7) }));
  const Records = ["a", "b", "c"].map((PartitionKey) => ({ PartitionKey, Data: data(100) }));
  await kinesis.send(new PutRecordsCommand({ StreamName: "in", Records }));
  const refused = new PutRecordCommand({
    StreamName: "in",
    PartitionKey: "a",
    Data: data(1),
    ExplicitHashKey: `${2n ** 128n}`,
  });
  await expect(kinesis.send(refused)).rejects.toThrow("ExplicitHashKey");
  const query = (MetricName: string, Stat: string) => ({
    Id: `${MetricName.toLowerCase()}_${Stat.toLowerCase()}`,
    MetricStat: {
      Metric: { Namespace: "AWS/Kinesis", MetricName, Dimensions: [{ Name: "StreamName", Value: "in" }] },
      Stat,
      Period: 3_600,
    },
  });
  const answer = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(startMs),
      EndTime: new Date(startMs + 3_600_000),
      MetricDataQueries: [
        query("IncomingRecords", "Sum"),
        query("IncomingBytes", "Sum"),
        query("IncomingRecords", "Maximum"),
      ],
    }),
  );
  expect(answer.MetricDataResults?.map(({ Values }) => Values)).toEqual([[4], [307], [3]]);
  kinesis.destroy();
  cloudwatch.destroy();
});

test("a record counts at the minute that it arrived in, as its consumer reads it", async () => {
  const put: MetricDatum[] = [];
  const metrics = Object.assign(new MetricStore(), { put: (datum: MetricDatum) => put.push(datum) });
  const kinesis = await openKinesis({ region: "us-east-1", accountId: "000000000000", metrics });
  await kinesis.createStream({ name: "in", shards: 1, retentionHours: 24 });
  const { ShardId } = (await kinesis.call("PutRecord", {
    StreamName: "in",
    PartitionKey: "a",
    Data: "eHg=",
  })) as { ShardId: string };
  const { ShardIterator } = (await kinesis.call("GetShardIterator", {
    StreamName: "in",
    ShardId,
    ShardIteratorType: "TRIM_HORIZON",
  })) as { ShardIterator: string };
  const { Records } = (await kinesis.call("GetRecords", { ShardIterator })) as {
    Records: { ApproximateArrivalTimestamp: number }[];
  };
  const arrivedMs = (Records[0]?.ApproximateArrivalTimestamp ?? 0) * 1_000;
  const atMs = Math.floor(arrivedMs / 60_000) * 60_000;
  expect(put.map(({ name, value, atMs: at }) => [name, value, at])).toEqual([
    ["IncomingRecords", 1, atMs],
    ["IncomingBytes", 2, atMs],
  ]);
  await kinesis.close();
});
