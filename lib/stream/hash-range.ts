import { createHash } from "node:crypto";

/** The hash keys of a shard, both ends included, as Kinesis writes them: decimal, up to 2^128 - 1 (Kinesis API, HashKeyRange). */
export interface HashRange {
  readonly first: string;
  readonly last: string;
}

/** The hash key by which Kinesis chooses the shard of a partition key: its MD5 (Kinesis API, PutRecord). */
export const hashKeyOf = (partitionKey: Uint8Array): bigint =>
  BigInt(`0x${createHash("md5").update(partitionKey).digest("hex")}`);

/** Makes the question whether a hash key is of the shard; undefined for the range of all keys, where each is. */
export function ownedBy({ first, last }: HashRange): ((hashKey: bigint) => boolean) | undefined {
  const [from, to] = [BigInt(first), BigInt(last)];
  return from === 0n && to === 2n ** 128n - 1n ? undefined : (hashKey) => hashKey >= from && hashKey <= to;
}
