import type { Edit } from "./edited-product.ts";

const limit = (from: string, to: string): Edit => ({ file: "limits.ts", from, to });

/** A part is full after a few events, bytes or seconds. */
const smallParts: readonly Edit[] = [
  limit("eventsMax: 45_000", "eventsMax: 7"),
  limit("unpackedBytesMax: 48 * 1024 * 1024", "unpackedBytesMax: 3_000"),
  limit("spanMs: 15 * 60_000", "spanMs: 30_000"),
];

/** Every list is longer than what is read, kept or told of it at one time. */
const shortLists: readonly Edit[] = [
  { file: "store/dead-letters/dead-letter-index.ts", from: "entriesMax = 200_000", to: "entriesMax = 3" },
  { file: "store/dead-letters/dead-letter-index.ts", from: "readsAtOnce = 16", to: "readsAtOnce = 2" },
  { file: "recovery/redrive/files-in-turn.ts", from: "filesMax = 10_000", to: "filesMax = 8" },
  { file: "recovery/isolate/listed.ts", from: "listedMax = 100", to: "listedMax = 1" },
  { file: "audit/finding.ts", from: "findingsListedMax = 100", to: "findingsListedMax = 12" },
  { file: "audit/row-check.ts", from: "partsPerQuestionMax = 2_000", to: "partsPerQuestionMax = 3" },
  { file: "audit/row-check.ts", from: "sampleMax = 200", to: "sampleMax = 3" },
  { file: "recovery/gaps/fill-gaps.ts", from: "batchRecordsMax = 1_000", to: "batchRecordsMax = 2" },
  { file: "recovery/gaps/fill-gaps.ts", from: "readRecordsMax = 10_000", to: "readRecordsMax = 4" },
  { file: "store/ledger/item-table.ts", from: "keysPerBatchMax = 100", to: "keysPerBatchMax = 2" },
  { file: "store/ledger/dynamodb.ts", from: "firstPage = 25", to: "firstPage = 2" },
  { file: "roll-up/dedupe/opened-out-of-order.ts", from: "outOfOrderMax = 50", to: "outOfOrderMax = 1" },
  { file: "roll-up/dedupe/stored-ids.ts", from: "betweenMax = 50", to: "betweenMax = 1" },
  { file: "roll-up/dedupe/held-ids.ts", from: "leftOver * held + 1_000", to: "leftOver * held + 1" },
  // Of several shards' ids only those at hand are kept.
  limit("dedupeBytesHeldMax = 200 * 1024 * 1024", "dedupeBytesHeldMax = 2_000"),
];

/** What a sender who knew every secret could do: all ids want the same slot, and half of their hashes is the same. */
const collidingIds: readonly Edit[] = [
  {
    file: "roll-up/dedupe/id-map.ts",
    from: "crypto.getRandomValues(new Uint32Array(idBytes * 256))",
    to: "new Uint32Array(idBytes * 256)",
  },
  {
    file: "roll-up/dedupe/message-hash.ts",
    from: "into.high = high === 0 ? 1 : high >>> 0;",
    to: "into.high = high & 1 | 1;",
  },
];

/** What takes thousands of records in a stream takes a few here; nothing else may change. */
export const smallLimits: readonly Edit[] = [...smallParts, ...shortLists, ...collidingIds];
