import type { Definitions } from "../definitions.ts";
import type { PartRange, Views } from "../ledger/ledger.ts";
import { partLimits } from "../limits.ts";

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

/** What a part remembers. */
export interface Recall<Part> {
  /** The greatest number first. */
  readonly parts: readonly Part[];
  /** Everything that arrived less than this before or after the part's first record is in them, in milliseconds. */
  readonly windowMs: number;
}

/** The parts within the window of the place, the newest numbers first, as many as the limit on ids lets in. */
export function recall<Part extends NumberedPart>(
  parts: readonly Part[],
  { number, anchorMs }: Pick<PlaceInLedger, "number" | "anchorMs">,
  { dedupeWindowMs, dedupeIdsMax }: Pick<Definitions, "dedupeWindowMs" | "dedupeIdsMax">,
): Recall<Part> {
  const near = parts.filter(
    (part) =>
      part.number < number &&
      part.lastArrivalMs >= anchorMs - dedupeWindowMs - disorderMs &&
      part.firstArrivalMs <= anchorMs + dedupeWindowMs + partLimits.spanMs + disorderMs,
  );
  near.sort((a, b) => b.number - a.number);
  let ids = 0;
  const over = near.findIndex((part) => {
    ids += part.ids;
    return ids > dedupeIdsMax;
  });
  if (over === -1) return { parts: near, windowMs: dedupeWindowMs };
  let windowMs = dedupeWindowMs;
  for (const part of near.slice(over)) if (part.ids > 0) windowMs = Math.min(windowMs, distanceMs(part, anchorMs));
  return { parts: near.slice(0, over), windowMs };
}

/** Between a moment and the arrival of the nearest record that may be in the part. */
const distanceMs = ({ firstArrivalMs, lastArrivalMs }: NumberedPart, atMs: number): number =>
  Math.max(0, firstArrivalMs - atMs, atMs - lastArrivalMs);
