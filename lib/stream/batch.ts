import type { KinesisStreamEvent } from "aws-lambda";
import { compareSequence } from "./sequence.ts";
import type { StreamRecord } from "./stream-record.ts";

/** Consecutive records of one shard, in order. */
export interface Batch {
  readonly streamName: string;
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
  /** That no record is left out between them is known, however old they are. */
  readonly isWhole?: boolean;
}

/** Lambda's event, with the batch that is in it. */
export type BatchEvent = KinesisStreamEvent & {
  batch: Batch;
  /** Brought by sweep, redrive or on-call, and not by Lambda as the next of its shard. */
  isBroughtBack?: boolean;
};

/**
 * The batch of an event, in the shard's order and each record once, whatever an event's own order is: redelivered records
 * may be processed out of order (Lambda developer guide, "Using Lambda with Kinesis"). Throws where the event is not one batch of one shard: that is no fault of a
 * record.
 */
export function batchOf({ Records: records, isWhole }: KinesisStreamEvent & Pick<Batch, "isWhole">): Batch {
  const [first] = records;
  // "shardId-000000000000:4959..." and "arn:aws:kinesis:<region>:<account>:stream/<name>"
  const shardId = first?.eventID.split(":")[0] ?? "";
  const streamName = first?.eventSourceARN.split("/")[1] ?? "";
  const foreign = records.find(({ eventID }) => !eventID.startsWith(`${shardId}:`));
  if (shardId === "" || streamName === "" || foreign !== undefined) {
    throw new Error(`Expected records of one shard of a stream, got ${foreign?.eventID ?? first?.eventID ?? "none"}`);
  }
  return {
    streamName,
    shardId,
    // Lambda's own events have no such field.
    ...(isWhole === true ? { isWhole } : {}),
    records: inOrder(
      records.map(
        ({ kinesis }): StreamRecord => ({
          sequenceNumber: kinesis.sequenceNumber,
          partitionKey: kinesis.partitionKey ?? undefined,
          // Seconds with a fraction. The stream itself answers whole milliseconds: both must come to the same number.
          arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1_000),
          data: Buffer.from(kinesis.data, "base64"),
        }),
      ),
    ),
  };
}

function inOrder(records: readonly StreamRecord[]): readonly StreamRecord[] {
  const follows = (a: StreamRecord | undefined, b: StreamRecord): boolean =>
    a === undefined || compareSequence(a.sequenceNumber, b.sequenceNumber) < 0;
  if (records.every((record, place) => follows(records[place - 1], record))) return records;
  const sorted = records.toSorted((a, b) => compareSequence(a.sequenceNumber, b.sequenceNumber));
  return sorted.filter((record, place) => follows(sorted[place - 1], record));
}
