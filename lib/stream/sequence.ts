/** Digits a sequence number may have (Kinesis API, `SequenceNumber` pattern `0|([1-9]\d{0,128})`). */
const digitsMax = 129;

/** Behind every sequence number. */
export const lastOfAll = "9".repeat(digitsMax);

/** Less than, equal to or greater than 0, as `a` is before, at or after `b` in its shard. */
export function compareSequence(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The sequence number in a form that sorts as text. */
export const paddedSequence = (sequenceNumber: string): string => sequenceNumber.padStart(digitsMax, "0");

/** The name of a shard in the ledger and in quarantine: the same shard id means another shard in another stream. */
export const shardKey = (streamName: string, shardId: string): string => `${streamName}/${shardId}`;
