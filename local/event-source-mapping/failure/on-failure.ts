import type { DiscardCondition } from "../batch/delivery.ts";
import type { FunctionError } from "../batch/piece.ts";

/** Where discarded records go. Both may reject: the records are then gone, as with Lambda, and it is counted. */
export interface Destination {
  /** An object into an S3 bucket. */
  put(bucket: string, key: string, body: string): Promise<void>;
  /** A message to an SQS queue or an SNS topic; a mapping with one needs it. */
  send?(arn: string, body: string): Promise<void>;
}

type Place = { readonly sequenceNumber: string; readonly arrivalMs: number };

/** Records that were given up together. */
export interface DiscardedRecords {
  readonly condition: DiscardCondition;
  readonly error: FunctionError;
  readonly shardId: string;
  readonly streamArn: string;
  readonly functionArn: string;
  readonly invokeCount: number;
  readonly first: Place;
  readonly last: Place;
  readonly records: number;
  readonly atMs: number;
}

/**
 * What an SQS queue or an SNS topic is told: about the records, and not the records (Lambda developer guide, "Retain
 * discarded batch records for a Kinesis Data Streams event source"). It stays far below what either takes.
 */
export function failureMessage(discarded: DiscardedRecords, requestId: string): Record<string, unknown> {
  // A record that grew too old has no response to tell of, whatever happened to it before.
  const response =
    discarded.condition === "RetryAttemptsExhausted"
      ? { responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: discarded.error } }
      : {};
  return {
    requestContext: {
      requestId,
      functionArn: discarded.functionArn,
      condition: discarded.condition,
      approximateInvokeCount: discarded.invokeCount,
    },
    ...response,
    version: "1.0",
    timestamp: new Date(discarded.atMs).toISOString(),
    KinesisBatchInfo: {
      shardId: discarded.shardId,
      startSequenceNumber: discarded.first.sequenceNumber,
      endSequenceNumber: discarded.last.sequenceNumber,
      approximateArrivalOfFirstRecord: new Date(discarded.first.arrivalMs).toISOString(),
      approximateArrivalOfLastRecord: new Date(discarded.last.arrivalMs).toISOString(),
      batchSize: discarded.records,
      streamArn: discarded.streamArn,
    },
  };
}

/** The key of the object in S3: `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>` (same page). */
export function failureKey(mappingUuid: string, { shardId, atMs }: DiscardedRecords, uuid: string): string {
  const at = new Date(atMs).toISOString();
  const date = at.slice(0, 10);
  const time = at.slice(11, 19).replaceAll(":", ".");
  return `aws/lambda/${mappingUuid}/${shardId}/${date.replaceAll("-", "/")}/${date}T${time}-${uuid}`;
}

/** A version 4 UUID out of numbers from 0 up to 1. */
export function randomUuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = "4";
  hex[16] = (8 + Math.floor(random() * 4)).toString(16);
  return [0, 8, 12, 16, 20].map((from, n) => hex.slice(from, [8, 12, 16, 20, 32][n]).join("")).join("-");
}
