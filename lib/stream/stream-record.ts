/** One Kinesis record as the roll-up sees it, from Lambda or read again from the stream. */
export interface StreamRecord {
  /** Decimal, up to 129 digits: compare with `compareSequence`. */
  readonly sequenceNumber: string;
  /** Absent where the stream distributes records by itself (Kinesis, "managed partition keys"). */
  readonly partitionKey: string | undefined;
  /** Approximate arrival in epoch milliseconds, rounded down. */
  readonly arrivalMs: number;
  readonly data: Buffer;
}
