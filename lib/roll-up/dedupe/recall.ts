import type { Definitions } from "../../config/definitions.ts";
import { partLimits } from "../../limits.ts";
import type { PartRange, Views } from "../../store/ledger/ledger.ts";

/** What Kinesis' arrival times may be out of order by; it gives no guarantee (Kinesis API, GetRecords). */
export const disorderMs = 600_000;

/** A part of the ledger as the memory sees it. */
export interface NumberedPart extends PartRange {
  readonly number: number;
}

/** A place in the ledger: the number that a part has or would get, and the arrival of its first record. */
export interface PlaceInLedger {
  readonly number: number;
  readonly firstSequence: string;
  readonly lastSequence: string;
  readonly anchorMs: number;
  /** Up to which number the part sees the parts of its ancestors, by shard. */
  readonly views: Views;
}

/** A span of arrivals, both ends included, epoch milliseconds. */
export interface Reach {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A part whose first record arrived at the anchor may remember the parts that have a record of this span. */
export const reachOf = (anchorMs: number, dedupeWindowMs: number): Reach => ({
  fromMs: anchorMs - dedupeWindowMs - disorderMs,
  toMs: anchorMs + dedupeWindowMs + partLimits.spanMs + disorderMs,
});

/** Parts as columns, by row: there are a hundred thousand of them where the window is long. The lowest number first. */
export interface PartColumns {
  readonly length: number;
  readonly number: ArrayLike<number>;
  readonly ids: ArrayLike<number>;
  readonly firstArrivalMs: ArrayLike<number>;
  readonly lastArrivalMs: ArrayLike<number>;
}

/** What a part remembers. */
export interface Recall<Part> {
  /** The greatest number first. */
  readonly parts: readonly Part[];
  /** Ids of all of them. */
  readonly ids: number;
  /** Everything that arrived less than this before or after the part's first record is in them, in milliseconds. */
  readonly windowMs: number;
}

/** Rows of the parts within the window of the place, the newest numbers first, as many as the limit on ids lets in. */
export function recallRows(
  parts: PartColumns,
  { number, anchorMs }: Pick<PlaceInLedger, "number" | "anchorMs">,
  { dedupeWindowMs, dedupeIdsMax }: Pick<Definitions, "dedupeWindowMs" | "dedupeIdsMax">,
  remembers: (row: number) => boolean = () => true,
): Recall<number> {
  const { fromMs, toMs } = reachOf(anchorMs, dedupeWindowMs);
  const rows: number[] = [];
  let ids = 0;
  let isFull = false;
  let windowMs = dedupeWindowMs;
  // No object for a row: this runs over a hundred thousand of them for every part.
  for (let row = parts.length - 1; row >= 0; row--) {
    const firstArrivalMs = parts.firstArrivalMs[row] ?? Number.NaN;
    const lastArrivalMs = parts.lastArrivalMs[row] ?? Number.NaN;
    const isNear = lastArrivalMs >= fromMs && firstArrivalMs <= toMs;
    if (!(isNear && (parts.number[row] ?? Number.NaN) < number && remembers(row))) continue;
    const idsOfPart = parts.ids[row] ?? 0;
    isFull ||= ids + idsOfPart > dedupeIdsMax;
    if (!isFull) {
      ids += idsOfPart;
      rows.push(row);
    } else if (idsOfPart > 0) {
      // As far as the nearest record that may be in a part which is not remembered.
      windowMs = Math.min(windowMs, Math.max(0, firstArrivalMs - anchorMs, anchorMs - lastArrivalMs));
    }
  }
  return { parts: rows, ids, windowMs };
}

/** The same for parts one by one, in any order. */
export function recall<Part extends NumberedPart>(
  parts: readonly Part[],
  place: Pick<PlaceInLedger, "number" | "anchorMs">,
  limits: Pick<Definitions, "dedupeWindowMs" | "dedupeIdsMax">,
): Recall<Part> {
  const inOrder = parts.toSorted((a, b) => a.number - b.number);
  const columns = {
    length: inOrder.length,
    number: inOrder.map(({ number }) => number),
    ids: inOrder.map(({ ids }) => ids),
    firstArrivalMs: inOrder.map(({ firstArrivalMs }) => firstArrivalMs),
    lastArrivalMs: inOrder.map(({ lastArrivalMs }) => lastArrivalMs),
  };
  const found = recallRows(columns, place, limits);
  return { ...found, parts: found.parts.flatMap((row) => inOrder[row] ?? []) };
}

export const idsOf = (parts: readonly Pick<PartRange, "ids">[]): number => parts.reduce((sum, { ids }) => sum + ids, 0);
