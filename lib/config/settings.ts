import { durationMs } from "../time.ts";
import type { Config } from "./shape.ts";

/** A configuration's settings with the defaults filled in, in plain units. */
export interface Settings {
  readonly allowedLatenessMs: number;
  readonly dedupeWindowMs: number;
  readonly shards: number | "on-demand";
  readonly streamRetentionHours: number;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  /** Of the store's memory, where it is to be longer than it has to be; else 0. */
  readonly memoryRetentionHours: number;
  readonly groupsPerBucketMax: number;
  readonly dimensionBytesMax: number;
  /** Invocations at once that are set aside for each function; undefined for none. */
  readonly concurrency: Concurrency | undefined;
}

/** Streams of more shards wait longer for a batch, and take larger ones, unless the configuration says otherwise. */
const fewShards = 10;
const [windowSecondsMin, windowSecondsMax] = [5, 40];

/**
 * How long the roll-up waits for a full batch: a third of a second for each shard, 5 s at least. What a question, an audit
 * and a minute of the store weigh is the number of parts a minute, of all shards together: it stays at 180 up to 120
 * shards. From there on 40 s, so that a batch of 1,000 events a second is one part.
 */
const usualWindowSeconds = (shards: number | "on-demand"): number =>
  shards === "on-demand"
    ? windowSecondsMin
    : Math.min(windowSecondsMax, Math.max(windowSecondsMin, Math.round(shards / 3)));

/** Most records of a batch: with more shards the window is to end it. Lambda ends one at 6 MB in any case. */
const usualBatchSize = (shards: number | "on-demand"): number =>
  shards === "on-demand" || shards <= fewShards ? 1_000 : 10_000;
export type Concurrency = Readonly<
  Record<"collect" | "query" | "live" | "rollUp" | "sweep" | "redrive" | "audit", number>
>;

/** The settings of a checked configuration. */
export function settingsOf(config: Config): Settings {
  const shards = config.stream?.shards ?? 1;
  const { batchSize = usualBatchSize(shards), batchingWindow = `${usualWindowSeconds(shards)}s` } = config.rollUp ?? {};
  return {
    allowedLatenessMs: durationMs(config.allowedLateness ?? "24h") ?? Number.NaN,
    dedupeWindowMs: durationMs(config.dedupeWindow ?? "1h") ?? Number.NaN,
    shards,
    streamRetentionHours: (durationMs(config.stream?.retention ?? "24h") ?? Number.NaN) / 3_600_000,
    batchSize,
    batchingWindowSeconds: (durationMs(batchingWindow) ?? Number.NaN) / 1_000,
    memoryRetentionHours: (durationMs(config.store?.memoryRetention ?? "0h") ?? Number.NaN) / 3_600_000,
    groupsPerBucketMax: config.limits?.groupsPerBucket ?? 1_000,
    dimensionBytesMax: config.limits?.dimensionBytes ?? 256,
    concurrency: concurrencyOf(config),
  };
}

/** Invocations of the roll-up by sweep, redrive and on-call's commands, and shards that come by a reshard. */
const spareRollUps = 10;
/** As many as an on-demand stream may come to have with the quotas of a new account (Kinesis developer guide, "Quotas"). */
const onDemandRollUps = 200;

function concurrencyOf({ concurrency = {}, stream }: Config): Concurrency | undefined {
  if (concurrency === "unreserved") return undefined;
  const { shards = 1 } = stream ?? {};
  return {
    collect: concurrency.collect ?? 200,
    query: concurrency.query ?? 50,
    // So that one process reads the stream for all who look.
    live: 1,
    rollUp: concurrency.rollUp ?? (shards === "on-demand" ? onDemandRollUps : shards + spareRollUps),
    // By schedule one at a time, and those of a command.
    sweep: 2,
    redrive: 2,
    // Every hour, every day, and that of a command.
    audit: 3,
  };
}

/** A source with the defaults filled in. */
export interface SourceSettings {
  readonly name: string;
  /** "*" for any. */
  readonly allowedOrigins: readonly string[];
  readonly keepAddress: boolean;
}

/** The sources of a checked configuration. */
export function sourcesOf({ sources = {} }: Config): readonly SourceSettings[] {
  return Object.entries(sources).map(([name, { allowedOrigins = ["*"], keepAddress = false }]) => ({
    name,
    allowedOrigins,
    keepAddress,
  }));
}

/** Dotted paths of an event that are left out or hashed. */
export interface PrivacyRules {
  readonly remove: readonly string[];
  readonly hash: readonly string[];
}

export function privacyRulesOf({ privacy = {} }: Config): PrivacyRules {
  return { remove: privacy.remove ?? [], hash: privacy.hash ?? [] };
}

/** Lambda gives up on a record so long before the stream drops it, so that its payload reaches the bucket in time. */
const spareSeconds = 3_600;
/** The longest that an event source mapping holds on to a record (Lambda API, CreateEventSourceMapping). */
const recordAgeSecondsMax = 604_800;

/** Age at which Lambda gives up on a record. */
export function recordAgeSeconds({ streamRetentionHours }: Settings): number {
  return Math.min(streamRetentionHours * 3_600 - spareSeconds, recordAgeSecondsMax);
}

/**
 * Hours that Timestream's memory store has to hold: the oldest event that may still count, in a record about to expire,
 * and an hour to spare for the clocks. A backlog can then always be written.
 */
export function memoryStoreHoursMin(settings: Settings): number {
  return Math.ceil(settings.streamRetentionHours + settings.allowedLatenessMs / 3_600_000) + 1;
}

/** Hours that it holds: a minute that is older is refused. */
export const memoryStoreHours = (settings: Settings): number =>
  Math.max(memoryStoreHoursMin(settings), settings.memoryRetentionHours);
