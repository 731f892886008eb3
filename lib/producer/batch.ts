import { type Compression, compress } from "./compression.ts";
import type { EventLine } from "./event-line.ts";
import type { WireRecord } from "./put-records.ts";
import type { Shard } from "./shards.ts";

/** An accepted event on its way. */
export interface BufferedEvent extends EventLine {
  /** Its partition key. */
  readonly key: string;
  /** Its place among all events that the producer accepted, from 1. */
  readonly serial: number;
}

/**
 * Events on their way into one record, in order. They are kept with their keys until the record is taken, to be packed
 * anew should the shards change.
 */
export class Batch {
  /** When its first event came, in milliseconds since the epoch. */
  sinceMs: number;
  /** As NDJSON: the lines and their line ends. */
  bytes = 0;
  /** The smallest serial number in it; Infinity when it is empty. */
  firstSerial = Number.POSITIVE_INFINITY;
  /** It has lingered long enough and goes out as soon as its shard is free; until then it still takes events. */
  due = false;
  /** An attempt ended without an answer: the stream may hold its events already. */
  inDoubt = false;
  /** What the stream said at the last attempt that failed. */
  failure: string | undefined;
  /** Counts how often events were taken out: a record packed before that is not to be sent. */
  revision = 0;
  #queue: BufferedEvent[] = [];

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }

  get queue(): readonly BufferedEvent[] {
    return this.#queue;
  }

  get events(): number {
    return this.#queue.length;
  }

  /** Whether one more event stays inside the limits. An empty batch takes any event. */
  fits(bytes: number, bytesMax: number, eventsMax: number): boolean {
    return this.events === 0 || (this.events < eventsMax && this.bytes + bytes + 1 <= bytesMax);
  }

  add(event: BufferedEvent): void {
    this.#queue.push(event);
    this.bytes += event.bytes + 1;
    this.firstSerial = Math.min(this.firstSerial, event.serial);
  }

  /** Takes out the events up to a serial number, as a batch of their own. Undefined when it has none of them. */
  takeOut(upTo: number): Batch | undefined {
    if (this.firstSerial > upTo) return undefined;
    const out = new Batch(this.sinceMs);
    out.inDoubt = this.inDoubt;
    out.failure = this.failure;
    const all = this.#queue;
    this.#queue = [];
    this.bytes = 0;
    this.firstSerial = Number.POSITIVE_INFINITY;
    this.revision++;
    for (const event of all) (event.serial <= upTo ? out : this).add(event);
    return out;
  }

  toBuffer(): Buffer {
    const data = Buffer.allocUnsafeSlow(this.bytes);
    let end = 0;
    for (const { text } of this.#queue) {
      end += data.write(text, end);
      data[end++] = 10;
    }
    return data;
  }
}

/** A batch as a record. */
export interface PackedBatch {
  readonly record: WireRecord;
  /** Of the batch as it was packed. */
  readonly revision: number;
  /** As NDJSON. */
  readonly bytes: number;
}

/** Packs a batch as it is now for a shard. */
export async function pack(batch: Batch, shard: Shard, compression: Compression): Promise<PackedBatch> {
  const { revision, bytes } = batch;
  const partitionKey = batch.queue[0]?.key ?? "";
  const data = await compress[compression](batch.toBuffer());
  return { record: { data, partitionKey, explicitHashKey: shard.firstHash.toString() }, revision, bytes };
}
