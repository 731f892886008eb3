import { describe, expect, it } from "vitest";
import { serviceName } from "../../../local/endpoint/service-name.ts";

const signedFor = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKIA/20261101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

describe("the service of a request", () => {
  it.each([
    ["/", { "x-amz-target": "Kinesis_20131202.PutRecords" }, "kinesis"],
    ["/", { "x-amz-target": "DynamoDB_20120810.GetItem" }, "dynamodb"],
    ["/", { "x-amz-target": "Timestream_20181101.WriteRecords", ...signedFor("timestream") }, "timestream"],
    ["/2015-03-31/functions/collect/invocations", signedFor("lambda"), "lambda"],
    ["/2015-03-31/functions/collect/invocations", {}, "lambda"],
    ["/shop/key", signedFor("s3"), "s3"],
    ["/shop/key?X-Amz-Credential=AKIA%2F20261101%2Feu-west-1%2Fs3%2Faws4_request", {}, "s3"],
    ["/shop/key", {}, "s3"],
    ["/", { "x-amz-target": "GraniteServiceVersion20100801.GetMetricData" }, "monitoring"],
    ["/service/GraniteServiceVersion20100801/operation/GetMetricData", signedFor("monitoring"), "monitoring"],
    ["/", signedFor("sts"), "sts"],
    ["/", { "x-amz-target": "Logs_20140328.FilterLogEvents" }, "logs"],
    ["/", { "x-amz-target": "States_20160101.Run" }, "States_20160101"],
    ["/", { "x-amz-target": "constructor.x" }, "constructor"],
  ])("%s with %j is %s", (url, headers, name) => {
    expect(serviceName({ url, headers })).toBe(name);
  });
});
