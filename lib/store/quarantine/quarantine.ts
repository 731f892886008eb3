import type { Problem } from "../../problem.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";

/** Names the rejected events of a part. */
export interface QuarantinePlace {
  readonly part: string;
  /** How many definitions the part was written under: what stands under the highest one is of the part as it is. */
  readonly version: number;
  /** When the first of the part's records arrived. */
  readonly firstArrivalMs: number;
}

/** Where rejected events go: whole, with the reason and their place in the stream. */
export interface Quarantine {
  /** Writes all rejected events of a part. Done again, it takes the place of what was there. */
  put(shard: string, place: QuarantinePlace, rejected: readonly Rejected[]): Promise<void>;
}

/** One line of a quarantine file: a record as it was stored, and which of its events were rejected, why. */
export interface QuarantinedRecord {
  readonly shard: string;
  readonly sequenceNumber: string;
  readonly partitionKey?: string;
  /** ISO 8601. */
  readonly arrival: string;
  /** The record's bytes, base64. */
  readonly data: string;
  /** Neighbours that were rejected for the same reason are one entry; `from` and `to` count from 0, both included. */
  readonly events: readonly (QuarantinedEvents & Problem)[];
}

/** Some events of the record, or the record as a whole. */
type QuarantinedEvents = { readonly whole: true } | { readonly from: number; readonly to: number };

/**
 * The lines for rejected events, one a record. The record is kept, not each event: that is the original to the byte,
 * and no compressed record can make a file larger than itself.
 */
export function* quarantineLines(shard: string, rejected: readonly Rejected[]): Generator<QuarantinedRecord> {
  const byRecord = Map.groupBy(rejected, ({ record }) => record);
  for (const [record, events] of byRecord) {
    const { sequenceNumber, partitionKey, arrivalMs, data } = record;
    yield {
      shard,
      sequenceNumber,
      ...(partitionKey === undefined ? {} : { partitionKey }),
      arrival: new Date(arrivalMs).toISOString(),
      data: data.toString("base64"),
      events: runs(events),
    };
  }
}

function runs(events: readonly Rejected[]): QuarantinedRecord["events"] {
  const found: ({ from: number; to: number } & Rejected["problem"])[] = [];
  for (const { index, problem } of events) {
    if (index === undefined) return [{ whole: true, ...problem }];
    const last = found.at(-1);
    if (last?.to === index - 1 && last.reason === problem.reason && last.detail === problem.detail) last.to = index;
    else found.push({ from: index, to: index, ...problem });
  }
  return found;
}

/** An event of a record that was not counted; the record as a whole where it could not be taken apart. */
export interface Rejected {
  readonly record: StreamRecord;
  /** Place of the event in its record, from 0; undefined for the record as a whole. */
  readonly index: number | undefined;
  readonly problem: Problem;
}
