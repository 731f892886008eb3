import { shardKey } from "../../lib/record/shard-key.ts";
import type { Batch } from "../../lib/roll-up/batch.ts";
import { covers } from "../../lib/roll-up/uncovered.ts";
import type { LedgerTable } from "../fakes/ledger-table.ts";

/** The first record of a batch that is in no committed part, as one says it; undefined where there is none. */
export function firstUncommitted(ledger: LedgerTable, { streamName, shardId, records }: Batch): string | undefined {
  const parts = ledger.parts.get(shardKey(streamName, shardId)) ?? [];
  const missing = records.find(({ sequenceNumber }) => !parts.some((part) => covers(part, sequenceNumber)));
  return missing === undefined ? undefined : `record ${missing.sequenceNumber} of ${shardId}`;
}
