import type { StreamRecord } from "../reading/stream-reader.ts";
import type { Switches } from "../switches.ts";

/** What every record of a mapping says about where it came from. */
export interface EventOrigin {
  readonly streamArn: string;
  /** The function's role. */
  readonly invokeIdentityArn: string;
}

/** Writes the events of one shard, and knows how large they become. */
export interface EventWriter {
  /** Bytes of the record within an event, without the comma. */
  recordBytes(record: StreamRecord): number;
  write(records: readonly StreamRecord[]): string;
}

/** Bytes of an event without its records. */
export const emptyEventBytes = '{"Records":[]}'.length;

/**
 * The event of a Kinesis batch (Lambda developer guide, "Process Amazon Kinesis Data Streams records with Lambda"). It
 * is written by hand because base64 and sequence numbers need no escaping: a 6 MB batch costs a concatenation.
 */
export function eventWriter(
  origin: EventOrigin,
  shardId: string,
  missingPartitionKey: Switches["missingPartitionKey"] = "absent",
): EventWriter {
  const region = origin.streamArn.split(":")[3] ?? "";
  const head = '{"kinesis":{"kinesisSchemaVersion":"1.0",';
  const tail =
    `"eventName":"aws:kinesis:record","invokeIdentityArn":${JSON.stringify(origin.invokeIdentityArn)},` +
    `"awsRegion":${JSON.stringify(region)},"eventSourceARN":${JSON.stringify(origin.streamArn)}}`;
  const noKey = { absent: "", null: '"partitionKey":null,', empty: '"partitionKey":"",' }[missingPartitionKey];
  const around = (record: StreamRecord, data: string): string => {
    const key = record.partitionKey === undefined ? noKey : `"partitionKey":${JSON.stringify(record.partitionKey)},`;
    // A number of seconds with a fraction, not milliseconds.
    const arrival = `"approximateArrivalTimestamp":${record.arrivalMs / 1000}`;
    return (
      `${head}${key}"sequenceNumber":"${record.sequenceNumber}","data":"${data}",${arrival}},` +
      `"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"${shardId}:${record.sequenceNumber}",${tail}`
    );
  };
  return {
    recordBytes: (record) => Buffer.byteLength(around(record, "")) + record.dataBase64.length,
    write: (records) => `{"Records":[${records.map((record) => around(record, record.dataBase64)).join(",")}]}`,
  };
}
