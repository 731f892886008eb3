import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  type DescribeAlarmsCommandInput,
  GetMetricDataCommand,
  type GetMetricDataCommandInput,
  GetMetricStatisticsCommand,
  type GetMetricStatisticsCommandInput,
  ListDashboardsCommand,
  ListMetricsCommand,
  type ListMetricsCommandInput,
  type MetricDataQuery,
} from "@aws-sdk/client-cloudwatch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AlarmMetric, AlarmSettings } from "../../../local/cloudwatch/alarm.ts";
import { AlarmWatch } from "../../../local/cloudwatch/alarm-watch.ts";
import { cloudWatch } from "../../../local/cloudwatch/cloudwatch.ts";
import { MetricStore } from "../../../local/cloudwatch/metrics.ts";
import { type AwsEndpoint, startAwsEndpoint } from "../../../local/endpoint/aws-endpoint.ts";

const minuteMs = 60_000;
const startMs = Date.UTC(2026, 2, 3, 8);
const nowMs = Date.UTC(2026, 2, 3, 13);
const at = (minute: number): Date => new Date(Date.UTC(2026, 2, 3, 12) + minute * minuteMs);
const where = { region: "eu-west-1", accountId: "111122223333" };

const metrics = new MetricStore();
const alarms = new AlarmWatch(metrics, startMs);
let endpoint: AwsEndpoint;
let client: CloudWatchClient;

const lost: AlarmMetric = { namespace: "Shop", metric: "Lost", dimensions: { service: "till" }, statistic: "Sum" };
const alarm = (name: string, more: Partial<AlarmSettings> = {}): AlarmSettings => ({
  name,
  description: `What ${name} means`,
  of: lost,
  comparison: "GreaterThanThreshold",
  threshold: 0,
  periodSeconds: 60,
  evaluationPeriods: 60,
  datapointsToAlarm: 1,
  treatMissingData: "notBreaching",
  ...more,
});

beforeAll(async () => {
  const monitoring = cloudWatch({ ...where, metrics, alarms, startedMs: startMs, now: () => nowMs });
  endpoint = await startAwsEndpoint({ port: 0, services: { monitoring } });
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  client = new CloudWatchClient({ endpoint: endpoint.url, region: where.region, credentials, maxAttempts: 1 });
  for (const [minute, value] of [
    [0, 1],
    [0, 4],
    [1, 10],
    [5, 7],
  ] as const) {
    const series = { namespace: "Shop", name: "Sold", dimensions: { Till: "3", Floor: "1" }, unit: "Count" } as const;
    metrics.put({ ...series, value, atMs: at(minute).getTime() + 1_500 });
  }
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

const sold = {
  Namespace: "Shop",
  MetricName: "Sold",
  Dimensions: [
    { Name: "Floor", Value: "1" },
    { Name: "Till", Value: "3" },
  ],
};
const query = (Stat: string, more: Partial<MetricDataQuery> = {}, Period = 60): MetricDataQuery => ({
  Id: `q_${Stat.toLowerCase()}`,
  MetricStat: { Metric: sold, Stat, Period },
  ...more,
});
const ask = (queries: MetricDataQuery[], more: Partial<GetMetricDataCommandInput> = {}) =>
  client.send(new GetMetricDataCommand({ MetricDataQueries: queries, StartTime: at(0), EndTime: at(10), ...more }));

describe("GetMetricData", () => {
  test("gives the statistic of each period that has samples, newest first, as the SDK reads times and numbers", async () => {
    const { MetricDataResults } = await ask([query("Sum"), query("Average"), query("SampleCount")]);
    expect(MetricDataResults?.map(({ Id, Values }) => [Id, Values])).toEqual([
      ["q_sum", [7, 10, 5]],
      ["q_average", [7, 10, 2.5]],
      ["q_samplecount", [1, 1, 2]],
    ]);
    expect(MetricDataResults?.[0]).toMatchObject({
      Label: "Sold",
      StatusCode: "Complete",
      Timestamps: [at(5), at(1), at(0)],
    });
  });

  test("takes periods from the start, up to but without the end, in the order asked for", async () => {
    const found = async (more: Partial<GetMetricDataCommandInput>, period = 300) => {
      const answer = await ask([query("Sum", {}, period)], { ScanBy: "TimestampAscending", ...more });
      const [{ Timestamps = [], Values = [] } = {}] = answer.MetricDataResults ?? [];
      return Timestamps.map((time, index) => [(time.getTime() - at(0).getTime()) / minuteMs, Values[index]]);
    };
    expect(await found({})).toEqual([
      [0, 15],
      [5, 7],
    ]);
    expect(await found({ EndTime: at(5) })).toEqual([[0, 15]]);
    expect(await found({ StartTime: new Date(at(1).getTime() + 20_000) })).toEqual([[1, 17]]);
  });

  test("has nothing for another dimension, another unit or an unknown metric, and leaves out what is not to be returned", async () => {
    const one = { ...sold, Dimensions: sold.Dimensions.slice(0, 1) };
    const { MetricDataResults } = await ask([
      { Id: "one", MetricStat: { Metric: one, Stat: "Sum", Period: 60 } },
      { Id: "bytes", MetricStat: { Metric: sold, Stat: "Sum", Period: 60, Unit: "Bytes" } },
      { Id: "count", MetricStat: { Metric: sold, Stat: "Sum", Period: 3_600, Unit: "Count" } },
      query("Maximum", { ReturnData: false }),
    ]);
    expect(MetricDataResults?.map(({ Id, Values }) => [Id, Values])).toEqual([
      ["one", []],
      ["bytes", []],
      ["count", [22]],
    ]);
  });

  test("says so where more is asked for than is kept: since the start, and four hours", async () => {
    expect((await ask([query("Sum")])).Messages).toEqual([]);
    const { Messages } = await ask([query("Sum")], { StartTime: at(-181) });
    expect(Messages?.[0]).toMatchObject({
      Code: "NotKept",
      Value: expect.stringContaining("2026-03-03T09:00:00.000Z"),
    });
  });

  test.each([
    ["an expression, by its name", [{ Id: "rate", Expression: "q1/60" }], {}, /expression of rate, q1\/60,/],
    ["a percentile", [query("p99")], {}, /statistic p99/],
    ["periods under a minute", [query("Sum", {}, 10)], {}, /Period of 10 s/],
    ["a period that is no whole minute", [query("Sum", {}, 90)], {}, /multiple of 60, got 90/],
    ["the same id twice", [query("Sum"), query("Sum")], {}, /each Id once/],
    ["a range that ends before it starts", [query("Sum")], { EndTime: at(-1) }, /StartTime to be before EndTime/],
    ["nothing to return", [query("Sum", { ReturnData: false })], {}, /one that returns data/],
    ["more values than a page may have", [query("Sum")], { MaxDatapoints: 2 }, /MaxDatapoints 2/],
  ])("refuses %s", async (_, queries, more, message) => {
    const asked = ask(queries as MetricDataQuery[], more);
    await expect(asked).rejects.toMatchObject({ message: expect.stringMatching(message) });
    await expect(asked).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });
});

describe("GetMetricStatistics", () => {
  const statistics = (more: Partial<GetMetricStatisticsCommandInput> = {}) =>
    client.send(
      new GetMetricStatisticsCommand({
        ...sold,
        StartTime: at(0),
        EndTime: at(10),
        Period: 300,
        Statistics: ["Sum", "Minimum", "Maximum"],
        ...more,
      }),
    );

  test("gives all the statistics asked for, with the unit", async () => {
    const { Label, Datapoints } = await statistics();
    expect(Label).toBe("Sold");
    expect(Datapoints).toEqual([
      { Timestamp: at(0), Unit: "Count", Sum: 15, Minimum: 1, Maximum: 10 },
      { Timestamp: at(5), Unit: "Count", Sum: 7, Minimum: 7, Maximum: 7 },
    ]);
  });

  test("refuses what is more than 1,440 data points, none of a statistic, or a percentile", async () => {
    await expect(statistics({ StartTime: at(-2_000), Period: 60 })).rejects.toMatchObject({
      name: "InvalidParameterCombinationException",
      message: expect.stringContaining("2010"),
    });
    await expect(statistics({ Statistics: [] })).rejects.toMatchObject({ name: "MissingRequiredParameterException" });
    await expect(statistics({ ExtendedStatistics: ["p99"] })).rejects.toThrow("ExtendedStatistics");
  });
});

describe("DescribeAlarms", () => {
  beforeAll(() => {
    const Lost = { namespace: "Shop", name: "Lost", dimensions: { service: "till" }, unit: "Count" } as const;
    metrics.put({ ...Lost, value: 2, atMs: nowMs - 5 * minuteMs });
    alarms.add(alarm("till-loses"));
    alarms.add(alarm("till-quiet", { of: { ...lost, metric: "Never" }, treatMissingData: "missing" }));
    alarms.add(alarm("door", { of: { ...lost, dimensions: { service: "door" } } }));
    alarms.add(alarm("window", { of: { text: "FILL(lost, 0)", metrics: { lost: { ...lost, metric: "Broken" } } } }));
    alarms.check(nowMs);
  });

  test("has each alarm with its metric, its state and the reason of it", async () => {
    const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({}));
    expect(MetricAlarms?.map(({ AlarmName, StateValue }) => [AlarmName, StateValue])).toEqual([
      ["door", "OK"],
      ["till-loses", "ALARM"],
      ["till-quiet", "INSUFFICIENT_DATA"],
      ["window", "OK"],
    ]);
    expect(MetricAlarms?.[3]?.Metrics).toEqual([
      { Id: "expression", Expression: "FILL(lost, 0)", ReturnData: true },
      {
        Id: "lost",
        MetricStat: {
          Metric: { Namespace: "Shop", MetricName: "Broken", Dimensions: [{ Name: "service", Value: "till" }] },
          Period: 60,
          Stat: "Sum",
        },
        ReturnData: false,
      },
    ]);
    expect(MetricAlarms?.[1]).toMatchObject({
      AlarmArn: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:till-loses",
      AlarmDescription: "What till-loses means",
      StateReason: expect.stringMatching(/1 of the last 60 periods of 60 s have data: 2 .*GreaterThanThreshold 0/),
      StateUpdatedTimestamp: new Date(nowMs),
      Namespace: "Shop",
      MetricName: "Lost",
      Dimensions: [{ Name: "service", Value: "till" }],
      Statistic: "Sum",
      Threshold: 0,
    });
  });

  test("can be asked by name, prefix and state, and page by page", async () => {
    const names = async (input: DescribeAlarmsCommandInput) => {
      const { MetricAlarms, NextToken } = await client.send(new DescribeAlarmsCommand(input));
      return [...(MetricAlarms ?? []).map(({ AlarmName }) => AlarmName), NextToken];
    };
    expect(await names({ AlarmNames: ["door", "gone"] })).toEqual(["door", undefined]);
    expect(await names({ AlarmNamePrefix: "till-" })).toEqual(["till-loses", "till-quiet", undefined]);
    expect(await names({ StateValue: "ALARM" })).toEqual(["till-loses", undefined]);
    expect(await names({ AlarmTypes: ["CompositeAlarm"] })).toEqual([undefined]);
    expect(await names({ MaxRecords: 2 })).toEqual(["door", "till-loses", "till-loses"]);
    expect(await names({ MaxRecords: 2, NextToken: "till-loses" })).toEqual(["till-quiet", "window", undefined]);
  });
});

test("an operation that does not run here is refused by its name", async () => {
  await expect(client.send(new ListDashboardsCommand({}))).rejects.toThrow(
    "ListDashboards does not run on this laptop",
  );
});

test("a client that speaks another protocol is told which one is understood", async () => {
  const authorization = "AWS4-HMAC-SHA256 Credential=AKIA/20261101/eu-west-1/monitoring/aws4_request, Signature=0";
  const headers = { authorization, "content-type": "application/cbor" };
  const response = await fetch(`${endpoint.url}/service/GraniteServiceVersion20100801/operation/GetMetricData`, {
    method: "POST",
    headers,
    body: "",
  });
  expect(response.status).toBe(415);
  expect(await response.text()).toContain("Expected AWS JSON 1.0 with X-Amz-Target, got application/cbor");
});

describe("ListMetrics", () => {
  const namesOf = async (input: ListMetricsCommandInput) =>
    (await client.send(new ListMetricsCommand(input))).Metrics?.map(({ MetricName }) => MetricName);

  test.each([
    [{ Namespace: "Shop", MetricName: "Sold", RecentlyActive: "PT3H" }, ["Sold"]],
    [{ Dimensions: [{ Name: "Till" }] }, ["Sold"]],
    [{ Dimensions: [{ Name: "Till", Value: "4" }] }, []],
    [{ Namespace: "Other" }, []],
  ] as const)("names the metrics that fit %j", async (input, expected) => {
    expect(await namesOf(input as ListMetricsCommandInput)).toEqual(expected);
  });

  test("refuses what does not run here by its name", async () => {
    await expect(namesOf({ IncludeLinkedAccounts: true })).rejects.toThrow("IncludeLinkedAccounts of ListMetrics");
  });
});
