import { type KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";

/** One record as it goes over the wire. */
export interface WireRecord {
  readonly data: Buffer;
  readonly partitionKey: string;
  readonly explicitHashKey: string;
}

export interface Failure {
  readonly taken: false;
  readonly reason: string;
  /** Whether another attempt may do better. */
  readonly retry: boolean;
  /** Whether the stream may have taken the record all the same. */
  readonly inDoubt: boolean;
}

/** What became of one record of a request. */
export type Outcome = { readonly taken: true; readonly shardId: string | undefined } | Failure;

/**
 * Kinesis API reference, "PutRecords": at most 500 records. It takes 10 MiB by now; 5 MiB was the limit for years and
 * is what emulators can take in base64.
 */
export const requestLimits = { recordsMax: 500, bytesMax: 5 * 1024 * 1024 } as const;

const wireBytes = (record: WireRecord): number => record.data.length + Buffer.byteLength(record.partitionKey);

/** How many records from the front of the queue one request takes; at least one of any queue that has one. */
export function requestLength(queue: readonly WireRecord[]): number {
  let bytes = 0;
  let length = 0;
  for (const record of queue) {
    bytes += wireBytes(record);
    if (length === requestLimits.recordsMax || (length > 0 && bytes > requestLimits.bytesMax)) break;
    length++;
  }
  return length;
}

const transientNames = /throttl|exceeded|timeout|unavailable|internal|tooManyRequests|slowDown|requestExpired/i;

/** A client's fault stays one however often it is tried; throttling is called a client's fault too, and is none. */
function worthAnotherTry(cause: unknown): boolean {
  if (!(cause instanceof Error)) return true;
  const { $fault } = cause as Error & { $fault?: string };
  return $fault !== "client" || transientNames.test(cause.name);
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);

/** A refused request and one that found nobody to connect to were certainly not taken; of the others nobody knows. */
function mayBeTaken(cause: unknown): boolean {
  const { $fault, code } = (cause ?? {}) as { $fault?: string; code?: string };
  return $fault !== "client" && code !== "ECONNREFUSED" && code !== "ENOTFOUND";
}

export const failureOf = (cause: unknown): Failure => ({
  taken: false,
  reason: reasonOf(cause),
  retry: worthAnotherTry(cause),
  inDoubt: mayBeTaken(cause),
});

const noEntry: Failure = {
  taken: false,
  reason: "the answer has no entry for the record",
  retry: true,
  inDoubt: true,
};

/**
 * Sends one request and says for each record, in order, what became of it. Never throws: a request that fails as a
 * whole fails for each of its records. A 200 may hold failures too, one entry per record (Kinesis API reference,
 * "PutRecords").
 */
export async function putRecords(
  client: KinesisClient,
  streamName: string,
  records: readonly WireRecord[],
  signal: AbortSignal,
): Promise<Outcome[]> {
  const command = new PutRecordsCommand({
    StreamName: streamName,
    Records: records.map(({ data, partitionKey, explicitHashKey }) => ({
      Data: data,
      PartitionKey: partitionKey,
      ExplicitHashKey: explicitHashKey,
    })),
  });
  try {
    const { Records } = await client.send(command, { abortSignal: signal });
    return records.map((_, index): Outcome => {
      const entry = Records?.[index];
      if (entry === undefined) return noEntry;
      if (entry.ErrorCode === undefined) return { taken: true, shardId: entry.ShardId };
      return {
        taken: false,
        reason: `${entry.ErrorCode}: ${entry.ErrorMessage ?? "no message"}`,
        retry: true,
        inDoubt: false,
      };
    });
  } catch (cause) {
    return records.map(() => failureOf(cause));
  }
}
