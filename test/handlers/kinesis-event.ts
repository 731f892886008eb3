import type { Context, KinesisStreamEvent } from "aws-lambda";

/** An event as Lambda sends it (Lambda developer guide, "Using Lambda with Kinesis"). */
export function kinesisEvent(datas: readonly (Buffer | string)[], arrivalMs: number, first = 1): KinesisStreamEvent {
  return {
    Records: datas.map((data, index) => {
      const sequenceNumber = `4959033827149025660855969253836157109592157598${String(first + index).padStart(10, "0")}`;
      return {
        kinesis: {
          kinesisSchemaVersion: "1.0",
          partitionKey: "1",
          sequenceNumber,
          data: Buffer.from(data).toString("base64"),
          approximateArrivalTimestamp: arrivalMs / 1_000,
        },
        eventSource: "aws:kinesis",
        eventVersion: "1.0",
        eventID: `shardId-000000000006:${sequenceNumber}`,
        eventName: "aws:kinesis:record",
        invokeIdentityArn: "arn:aws:iam::123456789012:role/lambda-role",
        awsRegion: "us-east-2",
        eventSourceARN: "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
      };
    }),
  };
}

export const lambdaContext = {
  functionName: "test",
  awsRequestId: "request-1",
  invokedFunctionArn: "arn:aws:lambda:us-east-2:123456789012:function:test",
  memoryLimitInMB: "512",
  getRemainingTimeInMillis: () => 180_000,
} as Context;
