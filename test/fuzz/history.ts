import type { KinesisStreamEvent } from "aws-lambda";
import type { Random } from "../simulation/random.ts";
import type { Corpus } from "./corpus.ts";
import { arrivalMs, arrivalSpreadMs, sentinelName } from "./shop.ts";

/** A record as Lambda brings it. */
export interface FuzzRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string | null | undefined;
  readonly arrivalMs: number;
  readonly data: Buffer;
  /** Of a record that must count: the number that it adds. */
  readonly sentinel: number | undefined;
}

/** One invocation, with the records from one place to another; its so-manieth request to the store may fail. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly failsAt: number | undefined;
}

/** What happens to one shard. */
export interface History {
  readonly seed: number;
  readonly records: readonly FuzzRecord[];
  readonly steps: readonly Step[];
  /** The store refuses some rows. */
  readonly refuses: boolean;
}

/** Records of a history at most, and the bytes that they have, as in an invocation of 6 MB. */
export const recordsMax = 200;
const bytesMax = 4_500_000;
const disorderMs = 5 * 60_000;

/** The history of a seed, of no more records than that. Always the same one, over the same corpus. */
export function drawHistory(seed: number, random: Random, corpus: Corpus, most = recordsMax): History {
  const length = random.between(1, Math.min(most, recordsMax));
  const records: FuzzRecord[] = [];
  const stepMs = random.pick([0, 1, 1_000, arrivalSpreadMs / recordsMax]);
  let sequence = 10n ** BigInt(random.between(1, 55)) - BigInt(random.below(9));
  for (let bytes = 0; records.length < length && bytes < bytesMax; ) {
    sequence += BigInt(random.chance(0.1) ? random.between(1, 1_000_000) : 1);
    const record = drawnRecord(random, corpus, records.length, stepMs, String(sequence));
    bytes += record.data.length;
    records.push(record);
  }
  return { seed, records, steps: drawnSteps(random, records.length), refuses: random.chance(0.1) };
}

const partitionKeys = ["person", "1", "", null, undefined, "\ud800", "k".repeat(256), "__proto__"];

function drawnRecord(
  random: Random,
  corpus: Corpus,
  place: number,
  stepMs: number,
  sequenceNumber: string,
): FuzzRecord {
  const sentinel = random.chance(0.05) ? place + 1 : undefined;
  return {
    sequenceNumber,
    partitionKey: partitionKeys[random.below(partitionKeys.length)],
    // In no order that anybody promises; the roll-up reckons with ten minutes either way.
    arrivalMs: arrivalMs + place * stepMs + random.pick([0, 0, random.between(-disorderMs, disorderMs)]),
    data: sentinel === undefined ? corpus.draw(random) : sentinelData(sentinel),
    sentinel,
  };
}

const sentinelData = (n: number): Buffer =>
  Buffer.from(`{"type":"track","event":"${sentinelName}","messageId":"sentinel ${n}","properties":{"n":${n}}}`);

/** Batch after batch; some fail, some come again with other edges. */
function drawnSteps(random: Random, length: number): Step[] {
  const steps: Step[] = [];
  const isCalm = random.chance(0.6);
  for (let from = 0; from < length; ) {
    const to = Math.min(length, from + random.between(1, length));
    const failsAt = !isCalm && random.chance(0.3) ? random.below(6) : undefined;
    steps.push({ from: isCalm || random.chance(0.6) ? from : random.below(from + 1), to, failsAt });
    // Lambda goes on behind a batch only when it has succeeded.
    if (failsAt === undefined) from = to;
    else steps.push({ from, to: random.between(from + 1, to), failsAt: undefined });
  }
  return steps;
}

/** The event of an invocation (Lambda developer guide, "Using Lambda with Kinesis"). */
export function kinesisEvent(records: readonly FuzzRecord[]): KinesisStreamEvent {
  return {
    Records: records.map(({ sequenceNumber, partitionKey, arrivalMs, data }) => ({
      kinesis: {
        kinesisSchemaVersion: "1.0",
        partitionKey: partitionKey as string,
        sequenceNumber,
        data: data.toString("base64"),
        approximateArrivalTimestamp: arrivalMs / 1_000,
      },
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `shardId-000000000000:${sequenceNumber}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: "arn:aws:iam::000000000000:role/roll-up",
      awsRegion: "us-east-1",
      eventSourceARN: "arn:aws:kinesis:us-east-1:000000000000:stream/fuzz",
    })),
  };
}
