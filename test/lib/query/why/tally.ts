import type { TableLedger } from "../../../fakes/ledger-table.ts";

/** What became of the events of all committed parts. */
export function recordsOfTally(ledger: TableLedger) {
  const sums = { counted: 0, duplicate: 0, quarantined: 0, late: 0 };
  for (const part of [...ledger.parts.values()].flat()) {
    for (const field of Object.keys(sums) as (keyof typeof sums)[]) sums[field] += part[field];
  }
  return sums;
}
