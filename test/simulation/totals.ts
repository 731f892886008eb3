import type { StoredRow } from "./timestream-table.ts";

/** Of one metric, definition, minute and group, over all parts. */
export interface Total {
  count: number;
  sum: number;
  min: number;
  max: number;
}

export const keyOf = (metric: string, def: string, bucketMs: number, values: readonly string[]): string =>
  [metric, def, new Date(bucketMs).toISOString().slice(11, 16), ...values].join(" ");

export function addTo(
  totals: Map<string, Total>,
  key: string,
  value: number,
  count = 1,
  min = value,
  max = value,
): void {
  const total = totals.get(key);
  if (total === undefined) {
    totals.set(key, { count, sum: value, min, max });
    return;
  }
  total.count += count;
  total.sum += value;
  total.min = Math.min(total.min, min);
  total.max = Math.max(total.max, max);
}

/** The totals over all parts, against what they must be. */
export function wrongRows(
  rows: readonly StoredRow[],
  expected: ReadonlyMap<string, Total>,
  byGroup: boolean,
): string | undefined {
  const found = new Map<string, Total>();
  for (const row of rows) addRow(found, row, byGroup);
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const [sent, stored] = [shownTotal(expected.get(key)), shownTotal(found.get(key))];
    if (sent !== stored) return `${key}: sent ${sent}, stored ${stored}`;
  }
  return undefined;
}

function addRow(
  totals: Map<string, Total>,
  { metric, timeMs, dimensions, measures }: StoredRow,
  byGroup: boolean,
): void {
  const count = measures.get("count") ?? 0;
  if (count === 0) return;
  const own = [...dimensions].filter(([name]) => name !== "part" && name !== "def").map(([, value]) => value);
  const key = keyOf(metric, dimensions.get("def") ?? "", timeMs, byGroup ? own : []);
  addTo(totals, key, measures.get("sum") ?? 0, count, measures.get("min") ?? 0, measures.get("max") ?? 0);
}

const shownTotal = (total: Total | undefined): string =>
  total === undefined ? "nothing" : `${total.count} events, sum ${total.sum}, from ${total.min} to ${total.max}`;
