import { describe, expect, test } from "vitest";
import { mappingSettings } from "../../../local/event-source-mapping/mapping-settings.ts";

const least = {
  EventSourceArn: "arn:aws:kinesis:eu-west-1:123456789012:stream/events",
  StartingPosition: "TRIM_HORIZON",
};
const identity = { uuid: "u", functionArn: "f" };
const read = (more: Record<string, unknown>) => mappingSettings({ ...least, ...more }, identity);

describe("the properties of an event source mapping", () => {
  test("default as Lambda's do", () => {
    expect(read({})).toEqual({
      uuid: "u",
      functionArn: "f",
      streamArn: least.EventSourceArn,
      batchSize: 100,
      maximumBatchingWindowSeconds: 0,
      startingPosition: { kind: "trim-horizon" },
      maximumRetryAttempts: -1,
      maximumRecordAgeSeconds: -1,
      bisectBatchOnFunctionError: false,
      reportBatchItemFailures: false,
      eventCountMetrics: false,
      enabled: true,
    });
  });

  test("are all read", () => {
    expect(
      read({
        FunctionName: "roll-up",
        BatchSize: 1_000,
        MaximumBatchingWindowInSeconds: "5",
        StartingPosition: "AT_TIMESTAMP",
        StartingPositionTimestamp: 1_700_000_000.5,
        MaximumRetryAttempts: 3,
        MaximumRecordAgeInSeconds: 3_600,
        BisectBatchOnFunctionError: true,
        DestinationConfig: { OnFailure: { Destination: "arn:aws:s3:::failures-1" } },
        MetricsConfig: { Metrics: ["EventCount"] },
        Enabled: false,
        ParallelizationFactor: 1,
        TumblingWindowInSeconds: 0,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
      }),
    ).toMatchObject({
      batchSize: 1_000,
      maximumBatchingWindowSeconds: 5,
      startingPosition: { kind: "at-timestamp", ms: 1_700_000_000_500 },
      maximumRetryAttempts: 3,
      maximumRecordAgeSeconds: 3_600,
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: true,
      onFailure: { kind: "s3", bucket: "failures-1" },
      eventCountMetrics: true,
      enabled: false,
    });
  });

  test.each(["sqs", "sns"] as const)("may name a destination at %s", (kind) => {
    const arn = `arn:aws:${kind}:eu-west-1:123456789012:failures`;
    expect(read({ DestinationConfig: { OnFailure: { Destination: arn } } }).onFailure).toEqual({ kind, arn });
  });

  test.each([
    { BatchSize: 0 },
    { BatchSize: 10_001 },
    { BatchSize: 1.5 },
    { MaximumBatchingWindowInSeconds: 301 },
    { MaximumRetryAttempts: -2 },
    { MaximumRetryAttempts: 10_001 },
    { MaximumRecordAgeInSeconds: 59 },
    { MaximumRecordAgeInSeconds: 604_801 },
    { BisectBatchOnFunctionError: "yes" },
    { StartingPosition: "OLDEST" },
    { StartingPosition: undefined },
    { StartingPositionTimestamp: 5 },
    { EventSourceArn: "arn:aws:sqs:eu-west-1:123456789012:queue" },
    { EventSourceArn: "arn:aws:kinesis:eu-west-1:123456789012:stream/events/consumer/fast:1" },
    { DestinationConfig: { OnFailure: { Destination: "arn:aws:sqs:eu-west-1:123456789012:queue.fifo" } } },
    { DestinationConfig: { OnFailure: { Destination: "arn:aws:sns:eu-west-1:123456789012:topic.fifo" } } },
    { DestinationConfig: { OnFailure: { Destination: "arn:aws:lambda:eu-west-1:123456789012:function:f" } } },
    { DestinationConfig: { OnFailure: { Destination: "kafka://failures" } } },
    { DestinationConfig: {} },
    { MetricsConfig: { Metrics: ["ErrorCount"] } },
    { FilterCriteria: { Filters: [] } },
    { TumblingWindowInSeconds: 60 },
    { ParallelizationFactor: 2 },
    { ProvisionedPollerConfig: { MinimumPollers: 1 } },
    { FunctionResponseTypes: ["ReportBatchItemFailure"] },
    { FunctionResponseTypes: "ReportBatchItemFailures" },
    { ScalingConfig: {} },
    { Batchsize: 10 },
  ])("are refused by name: %j", (properties) => {
    const [name] = Object.keys(properties);
    expect(() => read(properties)).toThrow(new RegExp(`AWS::Lambda::EventSourceMapping ${name}.*: expected .*, got `));
  });
});
