import type { ShardState } from "../../lib/query/shards.ts";

/**
 * What to say where no event is on the page; `undefined` where there is one, or where it is not known yet.
 * `totals` has one entry per metric, undefined before its first answer.
 */
export function emptinessOf(
  totals: readonly (number | undefined)[],
  shards: readonly ShardState[] | undefined,
  rangeLabel: string,
): string | undefined {
  if (totals.length === 0 || totals.some((total) => total !== 0)) return undefined;
  const isNew = shards?.every(({ committedThrough }) => committedThrough === null) === true;
  return isNew ? "No event has arrived yet" : `No event in the last ${rangeLabel}`;
}
