/**
 * Limits of a record and of an event. What breaks one goes to quarantine with the limit in the reason.
 */
export const recordLimits = {
  /** Kinesis stores at most this much in a record unless the stream says otherwise (UpdateMaxRecordSize). */
  storedBytesMax: 1024 * 1024,
  /** Bytes of all events of a record after decompression. */
  unpackedBytesMax: 8 * 1024 * 1024,
  eventsMax: 5_000,
  eventBytesMax: 32 * 1024,
} as const;

/** Limits of one part, so that the promise to finish it always fits a function's memory and time. */
export const partLimits = {
  /** With one record more, the ids of all events stay below the 400 KB of a DynamoDB item. */
  eventsMax: 45_000,
  unpackedBytesMax: 48 * 1024 * 1024,
  /** Between the arrivals of its first and last record: what a part remembers is decided by its first. */
  spanMs: 15 * 60_000,
} as const;

/** Limits of Timestream for LiveAnalytics (developer guide, "Quotas"). */
export const timestreamLimits = {
  recordsPerWriteMax: 100,
  recordBytesMax: 2_048,
  dimensionsPerTableMax: 128,
  dimensionNameBytesMax: 60,
  measureNamesPerTableMax: 8_192,
  measureNameBytesMax: 256,
  memoryStoreHoursMax: 8_766,
  magneticStoreDaysMax: 73_000,
} as const;

/** An event may claim to be this far ahead of its arrival; Timestream itself refuses what is 15 minutes ahead. */
export const aheadMsMax = 10 * 60_000;

/** Bytes a message id may have; the Segment SDKs use up to about 60. */
export const messageIdBytesMax = 256;

/** Message ids that a part remembers: 70 minutes of a shard that takes one event a record, 1,000 a second. */
export const dedupeIdsMax = 4_200_000;
/** Memory in which a process of the roll-up keeps parts and message ids of all shards that it is given, in bytes. */
export const dedupeBytesHeldMax = 200 * 1024 * 1024;

/** The roll-up's time limit. A promise may be kept under a changed definition only after it (its first writer is gone). */
export const rollUpTimeoutSeconds = 180;

/** What Lambda takes as the payload of a synchronous invocation, and gives back (Lambda developer guide, "Quotas"). */
export const lambdaPayloadBytesMax = 6 * 1024 * 1024;

/**
 * Limits of a request to the collector; an event that counts has the limit of `recordLimits`. Segment's own server takes
 * 500 KB and 2,500 messages, RudderStack's 4 MB, and its Node and Python SDKs send as much.
 */
export const collectLimits = {
  /**
   * As sent, and after decompression. What Lambda takes is the bound: API Gateway hands a body over in base64, which makes
   * 5.6 MB of it, or as a text in JSON, in which each quote has a backslash; 0.7 MB are left for the headers.
   */
  bodyBytesMax: 4 * 1024 * 1024,
  /** An event over the limit of `recordLimits` goes to quarantine whole up to here, so that a record has room for it. */
  wholeEventBytesMax: 500 * 1024,
  eventsMax: 2_500,
  /** What the messages of a batch share, times the messages. */
  sharedBytesMax: 4 * 1024 * 1024,
  /** Levels of objects and lists in an event: JSON.parse reads any number, JSON.stringify has no stack for it. */
  levelsMax: 64,
  /** Hashes that the privacy rules make of values in an event's lists; with their quotes alone they fill an event. */
  hashedInListsMax: Math.ceil(recordLimits.eventBytesMax / 64),
  /**
   * All events of a request as they go into the stream: the largest body, what it may share, and as much again for stamps and
   * hashes. A hash may be 64 times as long as its value.
   */
  writtenBytesMax: 12 * 1024 * 1024,
  /** Different write keys that the messages of one request may name. */
  writeKeysMax: 20,
} as const;

/** Limits of a replay out of quarantine. */
export const replayLimits = {
  /** How far back an event's first arrival may lie: as long as the ledger and the bucket remember. */
  reachMsMax: 90 * 86_400_000,
  /** Between the first and the last moment at which a copy that was sent may arrive and count; never over `dedupeWindow`. */
  windowMsMax: 15 * 60_000,
} as const;

/** How long the ledger remembers a part: its items' time to live. */
export const ledgerDays = 90;

/**
 * How old records may be that redrive counts: the parts of the widest `dedupeWindow` before them must be remembered too,
 * and a day more for what was counted late.
 */
export const redriveDaysMax = ledgerDays - 8;
