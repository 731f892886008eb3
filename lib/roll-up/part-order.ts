import type { CommittedPart, Head, OpenPart } from "../store/ledger/ledger.ts";
import type { Range } from "../stream/range.ts";
import { compareSequence } from "../stream/sequence.ts";

/** What a part and the head say of the order in which parts were opened. */
export interface PartOrder {
  readonly ofPart: Pick<CommittedPart, "outOfOrderBefore">;
  readonly ofHead: Partial<Pick<Head, "furthest" | "outOfOrder">>;
}

/**
 * What is noted when a part is opened, so that another process can read what is new and nothing else: parts opened in
 * order lie after all that were opened before them, and each of the others names the one before it.
 */
export function orderAtOpening(
  { furthest, outOfOrder }: Pick<Head, "furthest" | "outOfOrder">,
  { firstSequence, lastSequence }: Range,
  number: number,
): PartOrder {
  if (compareSequence(firstSequence, furthest) > 0) return { ofPart: {}, ofHead: { furthest: lastSequence } };
  return {
    ofPart: outOfOrder === undefined ? {} : { outOfOrderBefore: outOfOrder },
    ofHead: { outOfOrder: { number, lastSequence } },
  };
}

/** Whether an open part is this one, and was not taken over under other definitions. */
export const isSame =
  ({ id, definitions }: OpenPart) =>
  (part: OpenPart): boolean =>
    part.id === id && part.definitions.length === definitions.length;
