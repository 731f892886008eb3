import type { Definitions } from "../config/definitions.ts";
import { partLimits } from "../limits.ts";
import { ancestorsMax, descendantsMax } from "../store/ledger/head-room.ts";
import type { Head, Ledger, PartRange, Views } from "../store/ledger/ledger.ts";
import type { Ancestry } from "../stream/reader.ts";
import { disorderMs } from "./dedupe/recall.ts";

/*
 * After a reshard, a message may come again in a child of the shard that it came in first. Parts of two shards are in no
 * order by themselves, so each part of a descendant is sealed: after it was opened, it notes up to which number it sees
 * the parts of its ancestors. It defers to those; any part of an ancestor that it does not see defers to it.
 */

/**
 * A shard's first touch: makes itself known to its ancestors, then writes its own head. Done twice, it is the same. The
 * ancestors that are too many, or have too many descendants already, and the shard know nothing of each other. What the
 * stream has forgotten the ledger may know; where it does not, the head says since when.
 */
export async function joinLineage(
  ledger: Ledger,
  shard: string,
  { ancestors, forgotten, hashKeys }: Ancestry,
  { bornMs, nowMs }: { readonly bornMs: number; readonly nowMs: number },
): Promise<void> {
  const known = new Set(ancestors);
  let isWhole = !forgotten.includes(shard);
  for (const ancestor of forgotten) {
    const head = await ledger.head(ancestor);
    if (head.bornMs === 0) isWhole = false;
    for (const further of head.ancestors) known.add(further);
  }
  const joined: string[] = [];
  for (const ancestor of [...known].slice(0, ancestorsMax)) {
    if (await descend(ledger, shard, ancestor)) joined.push(ancestor);
  }
  isWhole &&= joined.length === known.size;
  const head = await ledger.head(shard);
  if (head.bornMs > 0) return;
  await ledger.moveHead(shard, head, {
    ...head,
    ancestors: joined,
    bornMs,
    orphanedMs: isWhole ? 0 : nowMs,
    ...(hashKeys === undefined ? {} : { hashKeys }),
  });
}

/**
 * Whether a message of the part may have come in a shard that this one came from and knows nothing of. What the stream has
 * forgotten was closed before its retention: whatever came later than that and `dedupeWindow` together repeats nothing of it.
 */
export function mayRepeatUnknown(
  { orphanedMs }: Pick<Head, "orphanedMs">,
  { firstArrivalMs }: Pick<PartRange, "firstArrivalMs">,
  { retentionMs, dedupeWindowMs }: { readonly retentionMs: number; readonly dedupeWindowMs: number },
): boolean {
  return orphanedMs > 0 && firstArrivalMs <= orphanedMs - retentionMs + dedupeWindowMs + 2 * disorderMs;
}

/** False where the ancestor has no room for another descendant; it never will. */
async function descend(ledger: Ledger, shard: string, ancestor: string): Promise<boolean> {
  for (;;) {
    const head = await ledger.head(ancestor);
    if (head.descendants.includes(shard)) return true;
    if (head.descendants.length >= descendantsMax) return false;
    if (await ledger.moveHead(ancestor, head, { ...head, descendants: [...head.descendants, shard] })) return true;
  }
}

/**
 * The views of a part when it is opened: none to note where it has no ancestors, or where it arrived so long after them
 * that nothing of theirs is in its window; undefined where it must be sealed.
 */
export function viewsAtOpening(
  head: Head,
  anchorMs: number,
  { dedupeWindowMs }: Pick<Definitions, "dedupeWindowMs">,
): Views | undefined {
  const apartMs = dedupeWindowMs + partLimits.spanMs + 2 * disorderMs;
  return head.ancestors.length === 0 || anchorMs > head.bornMs + apartMs ? {} : undefined;
}

/**
 * Seals every open part of a shard with the same views, so that views only rise with the numbers. The head afterwards;
 * undefined where somebody else changed it.
 */
export async function seal(ledger: Ledger, shard: string, head: Head): Promise<Head | undefined> {
  if (head.open.every((part) => part.views !== undefined)) return head;
  const views: Record<string, number> = {};
  // Read after the parts were opened: a part of an ancestor that is not seen was opened later, and sees them. The nearest
  // ancestors first, their own parts sealed: what those see of the farther ones is then seen here too.
  for (const ancestor of head.ancestors) views[ancestor] = (await sealed(ledger, ancestor)).revision;
  const open = head.open.map((part) => (part.views === undefined ? { ...part, views } : part));
  const moved = await ledger.moveHead(shard, head, { ...head, open });
  return moved ? { ...head, open, revision: head.revision + 1 } : undefined;
}

/** A shard's head with every open part sealed, by whoever. */
async function sealed(ledger: Ledger, shard: string): Promise<Head> {
  for (;;) {
    const head = await seal(ledger, shard, await ledger.head(shard));
    if (head !== undefined) return head;
  }
}

/**
 * Seals every open part of the descendants, before a part of this shard decides which of them it sees: one that has read
 * an old view and has not noted it yet must not note it later.
 */
export async function sealDescendants(ledger: Ledger, head: Head): Promise<void> {
  for (const descendant of head.descendants) await sealed(ledger, descendant);
}
