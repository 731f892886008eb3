import { type MetricSink, slotMs } from "../cloudwatch/metrics.ts";
import type { Action } from "../endpoint/operations.ts";
import type { KinesisStore } from "./store.ts";

/** A record that was taken, and where it stands; PutRecords leaves the number out of one that was not. */
type Taken = { readonly Data: unknown; readonly SequenceNumber: unknown };

type Tally = { records: number; bytes: number };

/** A sequence number has the second of arrival in it, 36 bits of it, above the 36 of the shard (kinesalite's own make). */
const arrivalMs = (sequenceNumber: string): number => Number((BigInt(sequenceNumber) >> 36n) & 0xf_ffff_ffffn) * 1_000;

/** `Data` is in base64. Whether AWS counts the partition key as well is not documented: here it is the data alone. */
const bytesOf = (data: unknown): number => (typeof data === "string" ? Buffer.byteLength(data, "base64") : 0);

/**
 * IncomingRecords and IncomingBytes of a stream: what was put with success, one sample per operation (Kinesis developer
 * guide, "Monitor the Kinesis Data Streams service with CloudWatch"), at the time that its records arrived: an operation
 * over the turn of a minute gives a sample to each.
 */
function count(metrics: MetricSink, streamName: unknown, taken: readonly Taken[]): void {
  const minutes = new Map<number, Tally>();
  for (const { Data, SequenceNumber } of taken) {
    if (typeof SequenceNumber !== "string") continue;
    const atMs = Math.floor(arrivalMs(SequenceNumber) / slotMs) * slotMs;
    const tally = minutes.get(atMs) ?? { records: 0, bytes: 0 };
    tally.records += 1;
    tally.bytes += bytesOf(Data);
    minutes.set(atMs, tally);
  }
  const stream = { namespace: "AWS/Kinesis", dimensions: { StreamName: String(streamName) } } as const;
  for (const [atMs, { records, bytes }] of minutes) {
    metrics.put({ ...stream, name: "IncomingRecords", unit: "Count", value: records, atMs });
    metrics.put({ ...stream, name: "IncomingBytes", unit: "Bytes", value: bytes, atMs });
  }
}

/** PutRecord that counts the record it took. */
export const putCounted =
  (metrics: MetricSink) =>
  (action: Action<KinesisStore>): Action<KinesisStore> =>
  (store, input, answer) =>
    action(store, input, (error, output) => {
      if (!error)
        count(metrics, input.StreamName, [{ Data: input.Data, SequenceNumber: member(output).SequenceNumber }]);
      answer(error, output);
    });

/** PutRecords that counts the records it took. */
export const putsCounted =
  (metrics: MetricSink) =>
  (action: Action<KinesisStore>): Action<KinesisStore> =>
  (store, input, answer) =>
    action(store, input, (error, output) => {
      if (!error) {
        const sent = list(input.Records);
        const taken = list(member(output).Records).map((record, index) => ({
          Data: member(sent[index]).Data,
          SequenceNumber: member(record).SequenceNumber,
        }));
        count(metrics, input.StreamName, taken);
      }
      answer(error, output);
    });

const member = (value: unknown): Record<string, unknown> => Object(value) as Record<string, unknown>;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
