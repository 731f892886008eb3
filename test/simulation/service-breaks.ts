import type { Break } from "./break.ts";
import type { Edit } from "./edited-product.ts";

const ledger = (from: string, to: string): Edit => ({ file: "store/ledger/dynamodb.ts", from, to });
const ledgerItems = (from: string, to: string): Edit => ({ file: "store/ledger/item-table.ts", from, to });

/** Bugs in how the ledger, the store and the stream are called. */
export const serviceBreaks: readonly Break[] = [
  {
    name: "failed-write-swallowed",
    what: "a write that has failed for good is taken for done",
    edits: [
      {
        file: "store/rows/timestream.ts",
        from: 'for (const result of results) if (result.status === "rejected") throw result.reason;',
        to: "",
      },
    ],
  },
  {
    name: "rejection-rethrown",
    what: "what the store rejects fails the batch",
    edits: [
      {
        file: "store/rows/timestream.ts",
        from: "if (error instanceof RejectedRecordsException) return",
        to: "if (error instanceof RejectedRecordsException) throw error; if (error === undefined) return",
      },
    ],
  },
  {
    name: "stale-queries",
    what: "the ledger's parts are read as they may have been a moment ago",
    edits: [ledgerItems("        ConsistentRead: true,\n", "        ConsistentRead: false,\n")],
  },
  {
    name: "first-page-only",
    what: "of what is asked of the ledger only the first page is read",
    edits: [ledgerItems("start = page.LastEvaluatedKey;", "start = undefined;")],
  },
  {
    name: "earlier-commit-wins",
    what: "a part that was committed under later definitions is put back by a writer of the earlier ones",
    edits: [ledger("attribute_not_exists(version) OR $", "attribute_not_exists(version) OR version <> :version OR $")],
  },
  {
    name: "shards-unlisted",
    what: "of the stream's shards only the first page is read",
    edits: [{ file: "stream/kinesis.ts", from: "NextToken = page.NextToken;", to: "NextToken = undefined;" }],
  },
  {
    name: "write-off-over-counted",
    what: "a part that was counted meanwhile is written off",
    edits: [ledger('"version <= :version" : "version < :version"', '"version <= :version" : "version <= :version "')],
  },
  {
    name: "empty-page-ends",
    what: "an empty page in the middle of a shard is taken for its end",
    edits: [
      {
        file: "stream/kinesis.ts",
        from: "if (page.records.length === 0 && page.behindMs === 0) break;",
        to: "if (page.records.length === 0) break;",
      },
    ],
  },
  {
    name: "expired-iterator-ends",
    what: "an iterator that has expired ends the reading of a shard",
    edits: [
      {
        file: "stream/shard-reader.ts",
        from: "if (!isOld || !(error instanceof ExpiredIteratorException)) throw error;",
        to: "if (!isOld || error instanceof ExpiredIteratorException) throw error;",
      },
    ],
  },
];
