import type { DiscardCondition } from "./delivery.ts";

/** Where discarded records go. May reject: the records are then gone, as with Lambda, and it is counted. */
export interface Destination {
  put(bucket: string, key: string, body: string): Promise<void>;
}

/** Records that were given up together. */
export interface Discard {
  readonly condition: DiscardCondition;
  readonly shardId: string;
  readonly streamArn: string;
  readonly functionArn: string;
  readonly invocations: number;
  readonly first: { readonly sequenceNumber: string; readonly arrivalMs: number };
  readonly last: { readonly sequenceNumber: string; readonly arrivalMs: number };
  readonly records: number;
  /** The event that was, or would have been, sent to the function. */
  readonly payload: string;
  readonly atMs: number;
}

/**
 * The object that Lambda puts into an S3 on-failure destination, and its key (Lambda developer guide, "Retain discarded
 * batch records for a Kinesis Data Streams event source"). `uuid` names the object.
 */
export function failureObject(mappingUuid: string, discard: Discard, uuid: string): { key: string; body: string } {
  const at = new Date(discard.atMs).toISOString();
  const date = at.slice(0, 10);
  const time = at.slice(11, 19).replaceAll(":", ".");
  // A record that grew too old has no response to tell of, whatever happened to it before.
  const response =
    discard.condition === "RetryAttemptsExhausted"
      ? { responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" } }
      : {};
  return {
    key: `aws/lambda/${mappingUuid}/${discard.shardId}/${date.replaceAll("-", "/")}/${date}T${time}-${uuid}`,
    body: JSON.stringify({
      requestContext: {
        requestId: uuid,
        functionArn: discard.functionArn,
        condition: discard.condition,
        approximateInvokeCount: discard.invocations,
      },
      ...response,
      version: "1.0",
      timestamp: at,
      KinesisBatchInfo: {
        shardId: discard.shardId,
        startSequenceNumber: discard.first.sequenceNumber,
        endSequenceNumber: discard.last.sequenceNumber,
        approximateArrivalOfFirstRecord: new Date(discard.first.arrivalMs).toISOString(),
        approximateArrivalOfLastRecord: new Date(discard.last.arrivalMs).toISOString(),
        batchSize: discard.records,
        streamArn: discard.streamArn,
      },
      payload: discard.payload,
    }),
  };
}

/** A version 4 UUID out of numbers from 0 up to 1. */
export function randomUuid(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  hex[12] = "4";
  hex[16] = (8 + Math.floor(random() * 4)).toString(16);
  return [0, 8, 12, 16, 20].map((from, n) => hex.slice(from, [8, 12, 16, 20, 32][n]).join("")).join("-");
}
