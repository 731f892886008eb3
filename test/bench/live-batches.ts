import { constants, zstdCompressSync } from "node:zlib";
import type { KinesisStreamEvent } from "aws-lambda";
import { openRecording } from "../../cli/recording/recording.ts";
import { rees46File } from "../e2e/rees46-count.ts";

/** How events come to one shard. */
export interface Traffic {
  readonly eventsPerSecond: number;
  /** More than one are compressed, as the producer does: a shard takes 1,000 records and 1 MB a second. */
  readonly eventsPerRecord: number;
  /** A batch: what comes in the batching window of 5 s, or 1,000 records if they are there before. */
  readonly eventsPerBatch: number;
}

/** The shard's name in the ledger. */
export const liveShard = "events/shardId-000000000000";

/** The recording as it would come in live: every event at the time of its record, every message id new. */
export class LiveBatches {
  readonly #messages: readonly Record<string, unknown>[];
  readonly #traffic: Traffic;
  #sent = 0;

  private constructor(messages: readonly Record<string, unknown>[], traffic: Traffic) {
    this.#messages = messages;
    this.#traffic = traffic;
  }

  static async open(traffic: Traffic): Promise<LiveBatches> {
    const messages: Record<string, unknown>[] = [];
    for await (const batch of await openRecording(rees46File)) messages.push(...batch.map(({ message }) => message));
    return new LiveBatches(messages, traffic);
  }

  /** The sequence number of the record that arrives then. */
  static sequenceAt(arrivalMs: number): string {
    return `49590000000000${String(Math.floor(arrivalMs * 1_000)).padStart(20, "0")}`;
  }

  /** The batch whose first record arrives then. */
  at(startMs: number): { event: KinesisStreamEvent; recordBytes: number } {
    const { eventsPerSecond, eventsPerRecord, eventsPerBatch } = this.#traffic;
    const records: KinesisStreamEvent["Records"] = [];
    let recordBytes = 0;
    for (let index = 0; index < eventsPerBatch; index += eventsPerRecord) {
      const arrivalMs = Math.round(startMs + (index / eventsPerSecond) * 1_000);
      const plain = Buffer.from(Array.from({ length: eventsPerRecord }, () => this.#next(arrivalMs)).join("\n"));
      const params = { [constants.ZSTD_c_compressionLevel]: 1 };
      const data = eventsPerRecord === 1 ? plain : zstdCompressSync(plain, { params });
      recordBytes += data.length;
      records.push(recordOf(data, arrivalMs, LiveBatches.sequenceAt(startMs + index / eventsPerBatch)));
    }
    return { event: { Records: records }, recordBytes: recordBytes / records.length };
  }

  #next(arrivalMs: number): string {
    const message = this.#messages[this.#sent % this.#messages.length] ?? {};
    this.#sent++;
    const messageId = `${String(message.messageId)}-${this.#sent}`;
    return JSON.stringify({ ...message, messageId, timestamp: new Date(arrivalMs).toISOString() });
  }
}

/** As Lambda sends it. */
export function recordOf(
  data: Buffer,
  arrivalMs: number,
  sequenceNumber: string,
): KinesisStreamEvent["Records"][number] {
  return {
    awsRegion: "us-east-1",
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventName: "aws:kinesis:record",
    eventSource: "aws:kinesis",
    eventSourceARN: "arn:aws:kinesis:us-east-1:000000000000:stream/events",
    eventVersion: "1.0",
    invokeIdentityArn: "arn:aws:iam::000000000000:role/roll-up",
    kinesis: {
      approximateArrivalTimestamp: arrivalMs / 1_000,
      data: data.toString("base64"),
      kinesisSchemaVersion: "1.0",
      partitionKey: "shopper",
      sequenceNumber,
    },
  };
}
