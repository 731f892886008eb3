import type { Condition, Item } from "./item-table.ts";
import { type Head, type HeadState, newHead } from "./ledger.ts";
import { packedPart, unpackedPart } from "./packed-names.ts";

/** Sort key of a shard's head. */
export const headItem = "head";

/** The head that an item holds. */
export function headOf({ head: kept, expires }: Item): Head {
  // An older head has no list of records to skip.
  const head = { ...newHead, ...(kept as Head) };
  const end = expires === undefined ? {} : { expiresMs: Number(expires) * 1_000 };
  return { ...head, ...end, open: head.open.map(unpackedPart) };
}

/** The item of a head. Without an end: promises must not be forgotten, and a head is small. */
export function headItemOf(
  shard: string,
  revision: number,
  { open, ancestors, descendants, orphanedMs, bornMs, skipped, furthest, outOfOrder, hashKeys }: HeadState,
): Item {
  const lineage = { ancestors, descendants, orphanedMs, bornMs, hashKeys };
  const head = { revision, open: open.map(packedPart), ...lineage, skipped, furthest, outOfOrder };
  return { shard, item: headItem, revision, head };
}

/** Nobody has moved the head since this revision. */
export const onRevision = (revision: number): Condition =>
  revision === 0
    ? { ConditionExpression: "attribute_not_exists(revision)" }
    : {
        ConditionExpression: "revision = :revision",
        ExpressionAttributeValues: { ":revision": { N: String(revision) } },
      };
