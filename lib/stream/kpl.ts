import { createHash } from "node:crypto";
import { type Problem, problem } from "../problem.ts";
import { hashKeyOf } from "./hash-range.ts";

/** First bytes of a record that the Kinesis Producer Library aggregated (amazon-kinesis-producer, aggregation-format.md). */
const magic = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const digestBytes = 16;

export const isAggregated = (data: Buffer): boolean => data.subarray(0, 4).equals(magic);

const broken = (what: string): Problem => problem("unreadable", `expected a KPL aggregated record, got ${what}`);

/** A record that was packed into an aggregated one. It shares the memory of that. */
export interface UserRecord {
  readonly data: Buffer;
  /** By which Kinesis would have chosen its shard; undefined where it names neither of its keys. */
  hashKey(): bigint | undefined;
}

/** The user records of an aggregated record, in order; at most `recordsMax` of them. */
export function deaggregate(data: Buffer, recordsMax: number): UserRecord[] | Problem {
  if (data.length < magic.length + digestBytes) return broken("a truncated one");
  const body = data.subarray(magic.length, data.length - digestBytes);
  const digest = createHash("md5").update(body).digest();
  if (!digest.equals(data.subarray(data.length - digestBytes))) return broken("one whose MD5 does not match");
  const records: UserRecord[] = [];
  // The tables may follow the records, so they are read only when a key is asked for.
  const tables: Tables = { partitionKeys: [], explicitHashKeys: [] };
  // AggregatedRecord { repeated string partition_key_table = 1, explicit_hash_key_table = 2; repeated Record records = 3 }
  for (const field of fields(body)) {
    if (field === undefined) return broken("broken protobuf");
    if (field.bytes === undefined) continue;
    if (field.number === 1) tables.partitionKeys.push(field.bytes);
    if (field.number === 2) tables.explicitHashKeys.push(field.bytes);
    if (field.number !== 3) continue;
    const user = userRecord(field.bytes, tables);
    if (user === undefined) return broken("a user record without data");
    if (records.length >= recordsMax)
      return problem("too-large", `expected at most ${recordsMax} user records, got more`);
    records.push(user);
  }
  return records;
}

/** Record { required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; required bytes data = 3 } */
function userRecord(record: Buffer, tables: Tables): UserRecord | undefined {
  let data: Buffer | undefined;
  let [partition, explicit]: (number | undefined)[] = [];
  for (const field of fields(record)) {
    if (field === undefined) return undefined;
    if (field.number === 1) partition = field.value;
    if (field.number === 2) explicit = field.value;
    if (field.number === 3) data = field.bytes;
  }
  return data === undefined ? undefined : { data, hashKey: () => hashKeyIn(tables, partition, explicit) };
}

interface Tables {
  readonly partitionKeys: Buffer[];
  /** Decimal. */
  readonly explicitHashKeys: Buffer[];
}

/** An explicit hash key goes before the partition key's own (Kinesis API, PutRecord, ExplicitHashKey). */
function hashKeyIn(
  { partitionKeys, explicitHashKeys }: Tables,
  partition: number | undefined,
  explicit: number | undefined,
): bigint | undefined {
  const given = explicit === undefined ? "" : (explicitHashKeys[explicit]?.toString("latin1") ?? "");
  if (/^\d{1,39}$/.test(given)) return BigInt(given);
  const key = partition === undefined ? undefined : partitionKeys[partition];
  return key === undefined ? undefined : hashKeyOf(key);
}

interface Field {
  readonly number: number;
  /** Of a varint. */
  readonly value?: number;
  /** Of a length-delimited field. */
  readonly bytes?: Buffer;
}

/** The fields of a protobuf message; undefined, as the last one, where it is broken. */
function* fields(message: Buffer): Generator<Field | undefined> {
  let offset = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; offset < message.length && shift <= 2 ** 63; shift *= 128) {
      const byte = message[offset++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
    return Number.NaN;
  };
  while (offset < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) {
      const value = varint();
      if (Number.isNaN(value)) return yield undefined;
      yield { number, value };
    } else if (wireType === 2) {
      const length = varint();
      if (!(offset + length <= message.length)) return yield undefined;
      yield { number, bytes: message.subarray(offset, offset + length) };
      offset += length;
    } else if (wireType === 1 || wireType === 5) {
      offset += wireType === 1 ? 8 : 4;
      yield offset <= message.length ? { number } : undefined;
    } else {
      return yield undefined;
    }
  }
}
