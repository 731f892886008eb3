import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyEventBytes, eventWriter } from "../../../../local/event-source-mapping/invocation/kinesis-event.ts";

const streamArn = "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream";
const invokeIdentityArn = "arn:aws:iam::123456789012:role/lambda-role";
const writer = eventWriter({ streamArn, invokeIdentityArn }, "shardId-000000000006");

describe("the event of a Kinesis batch", () => {
  test("is the one in the Lambda developer guide", () => {
    const sequenceNumber = "49590338271490256608559692538361571095921575989136588898";
    const record = {
      sequenceNumber,
      partitionKey: "1",
      dataBase64: "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
      arrivalMs: 1545084650987,
    };
    expect(JSON.parse(writer.write([record]))).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: "1.0",
            partitionKey: "1",
            sequenceNumber,
            data: "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
            approximateArrivalTimestamp: 1545084650.987,
          },
          eventSource: "aws:kinesis",
          eventVersion: "1.0",
          eventID: `shardId-000000000006:${sequenceNumber}`,
          eventName: "aws:kinesis:record",
          invokeIdentityArn,
          awsRegion: "us-east-2",
          eventSourceARN: streamArn,
        },
      ],
    });
  });

  test("has no partition key where the stream has none", () => {
    const event = writer.write([{ sequenceNumber: "1", dataBase64: "", arrivalMs: 1 }]);
    expect(JSON.parse(event).Records[0].kinesis).not.toHaveProperty("partitionKey");
  });

  test("is exactly as large as its records are said to be", () => {
    const record = fc.record({
      sequenceNumber: fc.stringMatching(/^[1-9][0-9]{0,55}$/),
      partitionKey: fc.string({ unit: "binary" }),
      dataBase64: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("base64")),
      arrivalMs: fc.integer({ min: 0, max: 4e12 }),
    });
    fc.assert(
      fc.property(fc.array(record, { maxLength: 3 }), (records) => {
        const event = writer.write(records);
        const commas = Math.max(0, records.length - 1);
        const sum = records.reduce((bytes, each) => bytes + writer.recordBytes(each), emptyEventBytes + commas);
        expect(Buffer.byteLength(event)).toBe(sum);
        expect(JSON.parse(event).Records).toHaveLength(records.length);
      }),
    );
  });
});
