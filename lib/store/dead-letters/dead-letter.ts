import type { KinesisStreamEvent, KinesisStreamRecord } from "aws-lambda";
import { type Batch, batchOf } from "../../stream/batch.ts";

/** A batch that Lambda gave up on. */
export interface Failure {
  /** Lambda's own word for why: `RetryAttemptsExhausted`, `RecordAgeExceeded`, or one that is not known yet. */
  readonly condition: string;
  readonly batch: Batch;
}

/** An object that is no batch that Lambda gave up on; the message says what was expected and what came. */
export class UnreadableFailure extends Error {
  override readonly name = "UnreadableFailure";
}

const json = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnreadableFailure(`Expected ${what} to be JSON, got other text`, { cause });
  }
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sequenceNumber = /^(0|[1-9]\d{0,128})$/;
const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads what Lambda leaves in S3 of a batch that it gave up on (Lambda developer guide, "Retain discarded batch records
 * for a Kinesis Data Streams event source"). The payload is the invocation's event as a string of JSON; an object is
 * taken too. A batch that grew too old has no `responseContext`, and nothing here needs one. Throws UnreadableFailure.
 */
export function readFailure(text: string): Failure {
  const file = json(text, "the object");
  if (!isObject(file)) throw new UnreadableFailure("Expected the object to be a JSON object, got another value");
  const { payload, requestContext } = file;
  const event = typeof payload === "string" ? json(payload, "payload") : payload;
  if (!isObject(event) || !Array.isArray(event.Records)) {
    throw new UnreadableFailure(
      `Expected payload to be an event with Records, got ${event === null ? "null" : typeof event}`,
    );
  }
  const records: readonly unknown[] = event.Records;
  records.forEach(checkRecord);
  const condition = isObject(requestContext) ? requestContext.condition : undefined;
  return { condition: typeof condition === "string" ? condition : "unknown", batch: batchOfEvent(event) };
}

function batchOfEvent(event: unknown): Batch {
  try {
    return batchOf(event as KinesisStreamEvent);
  } catch (cause) {
    throw new UnreadableFailure(cause instanceof Error ? cause.message : "Expected records of one shard", { cause });
  }
}

function checkRecord(record: unknown, at: number): asserts record is KinesisStreamRecord {
  const kinesis = isObject(record) ? record.kinesis : undefined;
  const expect = (isRight: boolean, what: string): void => {
    if (!isRight) throw new UnreadableFailure(`Records[${at}]: expected ${what}`);
  };
  if (!isObject(record) || !isObject(kinesis)) throw new UnreadableFailure(`Records[${at}]: expected a kinesis object`);
  const { partitionKey, approximateArrivalTimestamp: arrival, data, sequenceNumber: number } = kinesis;
  expect(typeof record.eventID === "string", "an eventID");
  expect(typeof record.eventSourceARN === "string", "an eventSourceARN");
  expect(typeof number === "string" && sequenceNumber.test(number), "a decimal sequenceNumber");
  expect(typeof data === "string" && base64.test(data), "data in base64");
  expect(partitionKey === undefined || partitionKey === null || typeof partitionKey === "string", "a partitionKey");
  expect(typeof arrival === "number" && arrival > 0 && arrival < 1e11, "an arrival in seconds since the epoch");
}
