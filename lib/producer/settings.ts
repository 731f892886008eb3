import type { KinesisClient } from "@aws-sdk/client-kinesis";
import { type Clock, systemClock } from "../clock.ts";
import { recordLimits } from "../limits.ts";
import { type Compression, compressions, growthMax } from "./compression.ts";
import type { OnDrop } from "./drops.ts";
import type { Backoff } from "./waiting.ts";

/** A partition key is at most 256 UTF-16 units, each at most 3 bytes. */
const partitionKeyBytesMax = 768;

export interface ProducerOptions {
  /**
   * Needs kinesis:PutRecords and kinesis:ListShards. The SDK's own retries come on top of the producer's: `maxAttempts:
   * 1` leaves it all to the producer.
   */
  readonly client: KinesisClient;
  readonly streamName: string;
  /** Default zstd, or gzip where Node has no zstd (before 22.15). */
  readonly compression?: Compression;
  /** How long an event may wait for company, in milliseconds; default 100. */
  readonly lingerMs?: number;
  /**
   * Events of one record as NDJSON before compression, in bytes; default 768 KiB. Also the bound on the stored record,
   * as compression may not help.
   */
  readonly recordBytesMax?: number;
  /** Events in one record; default and limit 5,000. */
  readonly recordEventsMax?: number;
  /**
   * Events accepted and not yet settled, in bytes of JSON; default 8 MiB. From there on `send` asks its caller to wait,
   * and from twice as much on it refuses what callers who did not wait send.
   */
  readonly bufferedBytesMax?: number;
  /** Requests in flight at a time; default 4. */
  readonly inFlightMax?: number;
  /**
   * One request, in milliseconds; default 10,000. What takes longer counts as failed; if the stream took it all the
   * same, the events come twice with the same messageId.
   */
  readonly requestTimeoutMs?: number;
  /**
   * How long an event waits for a shard that takes nothing, throttles or cannot be reached, in milliseconds; default
   * 30,000. Then it is given up (`retries-exhausted`).
   */
  readonly retryForMs?: number;
  /** The waits between the attempts of a record: 50 ms doubling up to 5 s; and how many at most, 1,000 by default. */
  readonly backoff?: Partial<Backoff>;
  /**
   * Called at once for all accepted events that are given up, those of one record at a time, with the reason: the last
   * chance to keep them. They are not sent any more. Must not throw: an error is passed on as a warning of the process.
   */
  readonly onDrop?: OnDrop;
  readonly clock?: Clock;
  /** In [0, 1), for the jitter. */
  readonly random?: () => number;
}

export type Settings = Required<Omit<ProducerOptions, "backoff" | "onDrop">> & {
  readonly backoff: Backoff;
  readonly onDrop: OnDrop | undefined;
};

/** The largest `recordBytesMax` whose record is still stored if compression makes it grow. */
const recordBytesLimit = recordLimits.storedBytesMax - growthMax(recordLimits.storedBytesMax) - partitionKeyBytesMax;

const ranges: Record<string, readonly [number, number]> = {
  lingerMs: [0, 60_000],
  // One event of the largest size and its line end always fit.
  recordBytesMax: [recordLimits.eventBytesMax + 1, recordBytesLimit],
  recordEventsMax: [1, recordLimits.eventsMax],
  bufferedBytesMax: [1, 1024 ** 3],
  inFlightMax: [1, 100],
  requestTimeoutMs: [1, 600_000],
  retryForMs: [0, 86_400_000],
  baseMs: [0, 60_000],
  capMs: [0, 600_000],
  attemptsMax: [1, 1_000],
};

/** Options with their defaults. Throws a RangeError that names the option, its range and the value that came. */
export function settingsOf(options: ProducerOptions): Settings {
  const backoff: Backoff = { baseMs: 50, capMs: 5_000, attemptsMax: 1_000, ...options.backoff };
  const settings: Settings = {
    client: options.client,
    streamName: options.streamName,
    compression: options.compression ?? compressions[0] ?? "none",
    lingerMs: options.lingerMs ?? 100,
    recordBytesMax: options.recordBytesMax ?? 768 * 1024,
    recordEventsMax: options.recordEventsMax ?? recordLimits.eventsMax,
    bufferedBytesMax: options.bufferedBytesMax ?? 8 * 1024 * 1024,
    inFlightMax: options.inFlightMax ?? 4,
    requestTimeoutMs: options.requestTimeoutMs ?? 10_000,
    retryForMs: options.retryForMs ?? 30_000,
    backoff,
    onDrop: options.onDrop,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
  if (!compressions.includes(settings.compression)) {
    throw new RangeError(`expected compression to be one of ${compressions.join(", ")}, got ${settings.compression}`);
  }
  const numbers: Record<string, unknown> = { ...settings, ...backoff };
  for (const [name, [min, max]] of Object.entries(ranges)) {
    const value = numbers[name];
    if (!Number.isInteger(value) || Number(value) < min || Number(value) > max) {
      throw new RangeError(`expected ${name} to be a whole number from ${min} to ${max}, got ${String(value)}`);
    }
  }
  return settings;
}

/** A time limit of a call, in milliseconds: none, or what a timer can count. Throws a RangeError. */
export function timeLimit(name: string, ms: number | undefined): number | undefined {
  if (ms === undefined || (ms >= 0 && ms <= 2 ** 31 - 1)) return ms;
  throw new RangeError(`expected ${name} to be a number from 0 to ${2 ** 31 - 1}, got ${String(ms)}`);
}
