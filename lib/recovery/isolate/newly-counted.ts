import type { CommittedPart, Tally } from "../../store/ledger/ledger.ts";

export const nothingCounted: Tally = { events: 0, counted: 0, duplicate: 0, quarantined: 0, late: 0 };

export const sumOf = (a: Tally, b: Tally): Tally => ({
  events: a.events + b.events,
  counted: a.counted + b.counted,
  duplicate: a.duplicate + b.duplicate,
  quarantined: a.quarantined + b.quarantined,
  late: a.late + b.late,
});

/** What became of the events of parts that were not there before, by the ledger. */
export function newlyCounted(before: readonly CommittedPart[], after: readonly CommittedPart[]): Tally {
  const known = new Set(before.flatMap(({ id, lost }) => (lost === undefined ? [id] : [])));
  return after.filter(({ id, lost }) => lost === undefined && !known.has(id)).reduce<Tally>(sumOf, nothingCounted);
}
