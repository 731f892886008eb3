import type { Batch } from "../../lib/stream/batch.ts";
import { covers } from "../../lib/stream/range.ts";
import { shardKey } from "../../lib/stream/sequence.ts";
import type { LedgerTable } from "../fakes/ledger-table.ts";

/** The first record of a batch that is in no committed part, as one says it; undefined where there is none. */
export function firstUncommitted(ledger: LedgerTable, { streamName, shardId, records }: Batch): string | undefined {
  const parts = ledger.parts.get(shardKey(streamName, shardId)) ?? [];
  const missing = records.find(({ sequenceNumber }) => !parts.some((part) => covers(part, sequenceNumber)));
  return missing === undefined ? undefined : `record ${missing.sequenceNumber} of ${shardId}`;
}
