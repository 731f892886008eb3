import type { Batch, BatchEvent } from "../../stream/batch.ts";

/** A batch as Lambda would send it (Lambda developer guide, "Using Lambda with Kinesis"), as far as the roll-up reads it. */
export function eventOf({
  streamName,
  shardId,
  records,
  isWhole,
}: Batch): Pick<BatchEvent, "Records" | "isBroughtBack"> {
  return {
    isBroughtBack: true,
    ...(isWhole === true ? { isWhole } : {}),
    Records: records.map(({ sequenceNumber, partitionKey, arrivalMs, data }) => ({
      kinesis: {
        kinesisSchemaVersion: "1.0",
        // Absent, as it came; only the type says that there is always one.
        ...(partitionKey === undefined ? ({} as { partitionKey: string }) : { partitionKey }),
        sequenceNumber,
        data: data.toString("base64"),
        approximateArrivalTimestamp: arrivalMs / 1_000,
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `${shardId}:${sequenceNumber}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: "",
      awsRegion: "",
      eventSourceARN: `arn:aws:kinesis:::stream/${streamName}`,
    })),
  };
}
