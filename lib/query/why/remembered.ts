import type { Definitions } from "../../config/definitions.ts";
import { partLimits } from "../../limits.ts";
import { IdMap, idBytes } from "../../roll-up/dedupe/id-map.ts";
import type { MessageHash } from "../../roll-up/dedupe/message-hash.ts";
import { disorderMs, type PlaceInLedger, recall } from "../../roll-up/dedupe/recall.ts";
import type { CommittedPart, Head, Ledger, OpenPart } from "../../store/ledger/ledger.ts";
import { compareSequence, lastOfAll } from "../../stream/sequence.ts";

type Part = CommittedPart | OpenPart;
type ReadLedger = Pick<Ledger, "head" | "neighbours" | "ids">;

/** A part that a message may be a duplicate of. */
export interface Holder {
  readonly shard: string;
  readonly part: Part;
}

/** The ledger has forgotten ids that a part remembered. */
export class IdsForgotten extends Error {
  override readonly name = "IdsForgotten";

  constructor() {
    super("Expected the message ids of every part that a part remembers in the ledger, got fewer");
  }
}

/** Of the ids that a part may remember, each relative of its shard has so small a share. */
const relativesShare = 8;

/** Whether a part's ids, 8 bytes each, have the hash among them. */
export function holds(ids: Buffer, { high, low }: MessageHash): boolean {
  for (let offset = 0; offset + 8 <= ids.length; offset += 8) {
    if (ids.readUInt32BE(offset + 4) === low && ids.readUInt32BE(offset) === high) return true;
  }
  return false;
}

/** Those of the names whose hash is among a part's ids. */
export function heldOf<Name extends { readonly hash: MessageHash }>(ids: Buffer, names: readonly Name[]): Name[] {
  const byHash = new IdMap(names.length);
  for (const [place, { hash }] of names.entries()) byHash.add(hash.high, hash.low, place + 1);
  const held = new Set<Name>();
  for (let offset = 0; offset + idBytes <= ids.length; offset += idBytes) {
    const name = names[byHash.get(ids.readUInt32BE(offset), ids.readUInt32BE(offset + 4)) - 1];
    if (name !== undefined) held.add(name);
  }
  return [...held];
}

/**
 * The parts that the part at a place remembers and that left the hash: what `DuplicateMemory` says of one message, without
 * holding the ids of all others. The greatest number first. Throws IdsForgotten.
 */
export async function rememberedHolders(
  ledger: ReadLedger,
  shard: string,
  place: PlaceInLedger,
  hash: MessageHash,
  definitions: Definitions,
  onBytes: (bytes: number) => void,
): Promise<Holder[]> {
  const head = await ledger.head(shard);
  const search = { ledger, place, hash, onBytes };
  const found = await holdersOf(
    search,
    shard,
    recall(await ownParts(ledger, shard, head, place, definitions), place, definitions).parts,
  );
  const inOrder = { ...place, number: Number.POSITIVE_INFINITY };
  const shared = { ...definitions, dedupeIdsMax: Math.floor(definitions.dedupeIdsMax / relativesShare) };
  const ofRelative = async (relative: string, direction: "before" | "after", remembers: (part: Part) => boolean) => {
    const parts = (await relatedParts(ledger, relative, direction, place, definitions)).filter(remembers);
    found.push(...(await holdersOf(search, relative, recall(parts, inOrder, shared).parts)));
  };
  for (const ancestor of head.ancestors) {
    const seen = place.views[ancestor] ?? 0;
    if (seen > 0) await ofRelative(ancestor, "before", ({ number }) => number <= seen);
  }
  for (const descendant of head.descendants) {
    const isUnseeing = ({ views }: Part): boolean => views !== undefined && (views[shard] ?? 0) < place.number;
    await ofRelative(descendant, "after", isUnseeing);
  }
  return found;
}

/** Parts around a place, as far as any of them may be remembered. */
async function ownParts(
  ledger: ReadLedger,
  shard: string,
  head: Head,
  { firstSequence, lastSequence, anchorMs }: PlaceInLedger,
  { dedupeWindowMs }: Definitions,
): Promise<Part[]> {
  const found = new Map<string, Part>(head.open.map((part) => [part.id, part]));
  for await (const part of ledger.neighbours(shard, firstSequence, "before")) {
    if (part.lastArrivalMs < anchorMs - dedupeWindowMs - 2 * disorderMs) break;
    found.set(part.id, part);
  }
  for await (const part of ledger.neighbours(shard, lastSequence, "after")) {
    if (part.firstArrivalMs > anchorMs + dedupeWindowMs + partLimits.spanMs + 2 * disorderMs) break;
    found.set(part.id, part);
  }
  return [...found.values()];
}

/** Parts of a shard that this one came from, from their end, or that came from it, from their beginning. */
async function relatedParts(
  ledger: ReadLedger,
  relative: string,
  direction: "before" | "after",
  { anchorMs }: PlaceInLedger,
  { dedupeWindowMs }: Definitions,
): Promise<Part[]> {
  const found = new Map<string, Part>((await ledger.head(relative)).open.map((part) => [part.id, part]));
  const fromMs = anchorMs - dedupeWindowMs - 2 * disorderMs;
  const toMs = anchorMs + dedupeWindowMs + partLimits.spanMs + 2 * disorderMs;
  for await (const part of ledger.neighbours(relative, direction === "before" ? lastOfAll : "0", direction)) {
    if (direction === "before" ? part.lastArrivalMs < fromMs : part.firstArrivalMs > toMs) break;
    found.set(part.id, part);
  }
  return [...found.values()];
}

interface HashSearch {
  readonly ledger: ReadLedger;
  readonly hash: MessageHash;
  readonly onBytes: (bytes: number) => void;
}

async function holdersOf(
  { ledger, hash, onBytes }: HashSearch,
  shard: string,
  parts: readonly Part[],
): Promise<Holder[]> {
  const byName = new Map(parts.filter(({ ids }) => ids > 0).map((part) => [part.idsName, part]));
  if (byName.size === 0) return [];
  const ends = [...byName.values()].map(({ lastSequence }) => lastSequence).sort(compareSequence);
  const holders: Holder[] = [];
  let read = 0;
  for await (const [name, ids] of ledger.ids(shard, ends[0] ?? "", ends.at(-1) ?? "")) {
    onBytes(ids.length);
    const part = byName.get(name);
    if (part === undefined) continue;
    read++;
    if (holds(ids, hash)) holders.push({ shard, part });
  }
  if (read < byName.size) throw new IdsForgotten();
  return holders.sort((a, b) => b.part.number - a.part.number);
}
