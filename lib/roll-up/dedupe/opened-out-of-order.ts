import type { Head, Ledger, RememberedRange } from "../../store/ledger/ledger.ts";

/** Parts that are looked up one by one; for more, all are read again. */
const outOfOrderMax = 50;

/**
 * The parts of a shard that were opened after a revision of its head and do not lie after all that were opened before
 * them, the newest first; undefined where there are too many to look up.
 */
export async function openedOutOfOrder(
  ledger: Pick<Ledger, "committed">,
  shard: string,
  head: Head,
  revision: number,
): Promise<RememberedRange[] | undefined> {
  const found: RememberedRange[] = [];
  for (let place = head.outOfOrder; place !== undefined && place.number > revision; ) {
    const { number, lastSequence } = place;
    const part =
      head.open.find((open) => open.number === number) ??
      (await ledger.committed(shard, lastSequence, lastSequence))[0];
    if (part === undefined || found.length === outOfOrderMax) return undefined;
    found.push(part);
    place = part.outOfOrderBefore;
  }
  return found;
}
