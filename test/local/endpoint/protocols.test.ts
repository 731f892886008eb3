import { cbor, dateToTag } from "@smithy/core/cbor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AlarmWatch } from "../../../local/cloudwatch/alarm-watch.ts";
import { cloudWatch } from "../../../local/cloudwatch/cloudwatch.ts";
import { MetricStore } from "../../../local/cloudwatch/metrics.ts";
import { type AwsEndpoint, startAwsEndpoint } from "../../../local/endpoint/aws-endpoint.ts";
import { sts } from "../../../local/endpoint/sts.ts";
import { timestreamService } from "../../../local/services.ts";
import { openTimestream, type Timestream } from "../../../local/timestream/timestream.ts";

const where = { region: "us-east-1", accountId: "000000000000" };
const metrics = new MetricStore();
let timestream: Timestream;
let endpoint: AwsEndpoint;

beforeAll(async () => {
  timestream = await openTimestream({ file: ":memory:" });
  metrics.put({ namespace: "Shop", name: "Sold", dimensions: {}, unit: "Count", value: 3, atMs: Date.now() });
  const alarms = new AlarmWatch(metrics, 0);
  const monitoring = cloudWatch({ ...where, metrics, alarms, startedMs: 0, now: Date.now });
  const services = { sts: sts(where), monitoring, timestream: timestreamService(timestream) };
  endpoint = await startAwsEndpoint({ port: 0, services });
});
afterAll(async () => {
  await endpoint.close();
  await timestream.close();
});

const signedFor = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=laptop/20261101/us-east-1/${service}/aws4_request, Signature=0`,
});

const send = (path: string, headers: Record<string, string>, body: string | Uint8Array = "") =>
  fetch(`${endpoint.url}${path}`, { method: "POST", headers, body: Buffer.from(body) });

const form = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };

describe("STS", () => {
  test("says who calls, as the KPL asks", async () => {
    const response = await send("/", { ...form, ...signedFor("sts") }, "Action=GetCallerIdentity&Version=2011-06-15");
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/xml"]);
    const xml = await response.text();
    expect(xml).toContain("<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:user/laptop</Arn>");
    expect(xml).toContain("<Account>000000000000</Account>");
  });

  test("refuses what it does not have", async () => {
    const response = await send("/", { ...form, ...signedFor("sts") }, "Action=AssumeRole");
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining("<Code>InvalidAction</Code>"),
    ]);
  });
});

describe("a service that does not run here is refused in its own protocol", () => {
  test.each([
    ["iam", form, "text/xml", "<ErrorResponse><Error><Type>Sender</Type><Code>UnknownOperationException</Code>"],
    ["cloudformation", form, "text/xml", "<Message>The service cloudformation does not run here"],
    ["ec2", form, "text/xml", "<Response><Errors><Error><Code>UnknownOperationException</Code>"],
    ["route53", {}, "text/xml", "<Message>The service route53 does not run here"],
    [
      "sqs",
      { "content-type": "application/x-amz-json-1.0" },
      "application/x-amz-json-1.0",
      '"__type":"UnknownOperationException"',
    ],
    ["states", { "content-type": "text/html" }, "application/json", "The service states does not run here"],
  ] as const)("%s", async (service, headers, contentType, text) => {
    const response = await send("/", { ...headers, ...signedFor(service) });
    expect([response.status, response.headers.get("content-type")]).toEqual([400, contentType]);
    expect(await response.text()).toContain(text);
  });

  test("in CBOR", async () => {
    const headers = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", ...signedFor("arc") };
    const response = await send("/service/Arc/operation/List", headers);
    expect(response.headers.get("smithy-protocol")).toBe("rpc-v2-cbor");
    expect(cbor.deserialize(Buffer.from(await response.arrayBuffer()))).toMatchObject({
      __type: "UnknownOperationException",
    });
  });
});

describe("CloudWatch in CBOR, as boto3 and the AWS CLI send it", () => {
  const ask = async (operation: string, input: object) => {
    const headers = {
      "content-type": "application/cbor",
      "smithy-protocol": "rpc-v2-cbor",
      ...signedFor("monitoring"),
    };
    const path = `/service/GraniteServiceVersion20100801/operation/${operation}`;
    const response = await send(path, headers, cbor.serialize(input));
    return { status: response.status, body: cbor.deserialize(Buffer.from(await response.arrayBuffer())) };
  };

  test("has times in tagged seconds", async () => {
    const nowSeconds = Date.now() / 1_000;
    const { status, body } = await ask("GetMetricStatistics", {
      Namespace: "Shop",
      MetricName: "Sold",
      StartTime: dateToTag(new Date(Date.now() - 3_600_000)),
      EndTime: dateToTag(new Date(Date.now() + 60_000)),
      Period: 60,
      Statistics: ["Sum"],
    });
    expect([status, body.Datapoints]).toMatchObject([200, [{ Sum: 3, Unit: "Count", Timestamp: { tag: 1 } }]]);
    expect(Math.abs(body.Datapoints[0].Timestamp.value - nowSeconds)).toBeLessThan(300);
  });

  test("names its errors", async () => {
    expect(await ask("Fly", {})).toMatchObject({ status: 400, body: { __type: "UnknownOperationException" } });
  });
});

describe("the endpoint that Timestream's clients discover, with AWS_ENDPOINT_URL alone", () => {
  test.each([
    ["aws-sdk-js/3.1138.0 ua/2.1 lang/js md/nodejs", (host: string) => host.replace(/:.*/, "")],
    ["Boto3/1.40.0 md/Botocore#1.40.0 lang/python", (host: string) => `http://${host}`],
    ["aws-cli/2.30.0 md/awscrt lang/python", (host: string) => `http://${host}`],
    ["aws-sdk-go-v2/1.39.0 lang/go", (host: string) => `http://${host}`],
    ["aws-sdk-java/2.34.0 md/io#sync", (host: string) => host],
  ])("%s", async (client, expected) => {
    const headers = { "user-agent": client, "x-amz-target": "Timestream_20181101.DescribeEndpoints" };
    const response = await send("/", { ...headers, "content-type": "application/x-amz-json-1.0" }, "{}");
    const { Endpoints } = (await response.json()) as { Endpoints: { Address: string }[] };
    expect(Endpoints[0]?.Address).toBe(expected(new URL(endpoint.url).host));
  });
});
