import type { Definitions } from "../../config/definitions.ts";
import { ledgerDays } from "../../limits.ts";
import { disorderMs } from "../../roll-up/dedupe/recall.ts";
import { readFoldName } from "../../roll-up/fold-name.ts";
import type { CommittedPart } from "../../store/ledger/ledger.ts";
import { RangeGone } from "../../stream/reader.ts";
import { shardKey } from "../../stream/sequence.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import type { Copy, CopyPlace, Fate } from "./copy.ts";
import { toldBy } from "./occurrences.ts";
import { type PartRejects, rejectedCopies } from "./rejected-copies.ts";
import { type Holder, IdsForgotten, rememberedHolders } from "./remembered.ts";
import { placeOf, type ReplayedPart, replayPart } from "./replayed-part.ts";
import type { NameSearch, Search } from "./search.ts";
import * as says from "./sentences.ts";

/** Parts and their ids are in the ledger for at least as long after they arrived. */
const ledgerMs = ledgerDays * 86_400_000;

/** What a committed part has of a message. */
export interface PartCopies {
  readonly copies: readonly Copy[];
  /** Parts that it remembers and that left the hash: they are to be looked at too. */
  readonly holders: readonly Holder[];
}

/** What a part is judged from. */
interface Evidence {
  readonly search: NameSearch;
  readonly shardId: string;
  readonly part: CommittedPart;
  readonly holders: readonly Holder[];
  readonly rejects: PartRejects;
}

/**
 * What became of the events of a committed part that have the message id and source; `hasHash` says whether the part left it in the
 * ledger. Judged from the part's records, folded again, where the stream still has them, and else from the ledger and
 * the part's file in quarantine alone.
 */
export async function partCopies(
  search: NameSearch,
  shardId: string,
  part: CommittedPart,
  hasHash: boolean,
  rejects?: PartRejects,
): Promise<PartCopies> {
  const known = rejects ?? (await rejectedCopies(search, shardId, part));
  // An event that was fit left its id: what has none was rejected, and the file says all of it. Not so where it became fit,
  // and was found to be a duplicate, only under the definitions that the part was finished under.
  if (!hasHash && part.definitions.length === 1)
    return { copies: rejectedOf({ shardId, part, rejects: known }), holders: [] };
  const { ledger } = search.ports;
  const { hash } = readFoldName(part.definitions.at(-1) ?? "");
  const definitions = await ledger.definitions(hash);
  const records = await recordsOf(search, shardId, part);
  const isReadable = definitions !== undefined && definitions.foldVersion === search.ports.definitions.foldVersion;
  const holders = definitions === undefined ? undefined : await holdersOf(search, shardId, part, records, definitions);
  const evidence: Evidence = { search, shardId, part, holders: holders ?? [], rejects: known };
  if (records !== undefined && isReadable && holders !== undefined) {
    const replayed = await replayPart(search, shardId, part, records, definitions, holders.length > 0);
    return { copies: judged(evidence, replayed), holders };
  }
  if (!hasHash) {
    search.notLooked.add(
      `Part ${part.id} of ${shardId} was taken over under other definitions, and cannot be folded again`,
    );
    return { copies: rejectedOf(evidence), holders: [] };
  }
  const why =
    records === undefined
      ? "the stream has forgotten its records"
      : "the ledger no longer has what it was folded under, or how long back it remembers";
  return { copies: [...rejectedOf(evidence), ...remembered(evidence, holders, why)], holders: holders ?? [] };
}

async function recordsOf(
  { ports, spent }: Search,
  shardId: string,
  { firstSequence, lastSequence, records }: CommittedPart,
): Promise<readonly StreamRecord[] | undefined> {
  try {
    const read = await ports.stream.read(shardId, firstSequence, lastSequence, records);
    for (const { data } of read) spent.bytes += data.length;
    return read.length === records ? read : undefined;
  } catch (error) {
    if (error instanceof RangeGone) return undefined;
    throw error;
  }
}

/**
 * Undefined where that is not known: it depends on the arrival of the first record, which is gone; or the ledger has
 * forgotten some of what the part remembered.
 */
async function holdersOf(
  { ports, spent, hash }: NameSearch,
  shardId: string,
  part: CommittedPart,
  records: readonly StreamRecord[] | undefined,
  definitions: Definitions,
): Promise<readonly Holder[] | undefined> {
  const { number, firstSequence, lastSequence, views } = part;
  const shard = shardKey(ports.streamName, shardId);
  const at = (anchorMs: number) => {
    const place = { number, firstSequence, lastSequence, views: views ?? {}, anchorMs };
    return rememberedHolders(ports.ledger, shard, place, hash, definitions, (bytes) => {
      spent.bytes += bytes;
    });
  };
  const anchorMs = records?.[0]?.arrivalMs;
  try {
    const early = await at(anchorMs ?? part.firstArrivalMs);
    const late = anchorMs === undefined ? await at(part.lastArrivalMs) : early;
    if ((early.length === 0) !== (late.length === 0)) return undefined;
    const backToMs = (anchorMs ?? part.firstArrivalMs) - definitions.dedupeWindowMs - disorderMs;
    return early.length === 0 && backToMs < ports.clock.now() - ledgerMs ? undefined : early;
  } catch (error) {
    if (error instanceof IdsForgotten) return undefined;
    throw error;
  }
}

/** The copies of a part that was folded again. */
function judged(evidence: Evidence, replayed: ReplayedPart): Copy[] {
  const { part, holders, rejects, search, shardId } = evidence;
  const { occurrences, tally, rejected, rows, fitWithHash } = replayed;
  const rejectedThen = new Map(rejects.copies.map((copy) => [placeOf(copy), copy.problem]));
  const unfit = new Map(rejected.map(({ record, index, problem }) => [placeOf({ record, index }), problem]));
  const problemAt = (place: string, sequenceNumber: string) => unfit.get(place) ?? unfit.get(`${sequenceNumber} whole`);
  const refused = part.late + part.quarantined - rejected.length;
  const fit = occurrences.filter((one) => {
    const problem = problemAt(placeOf(one), one.record.sequenceNumber);
    return problem === undefined || problem.reason === "changed";
  });
  // Of a part that was taken over, others' duplicates may come out as events that it may not claim.
  const wasTakenOver = part.definitions.length > 1;
  const agrees = tally.events === part.events && tally.duplicate <= part.duplicate && (refused >= 0 || wasTakenOver);
  let counted: CopyPlace | undefined;
  return occurrences.map((occurrence): Copy => {
    const { record, index, fields } = occurrence;
    const place = placeOf(occurrence);
    const at: CopyPlace = { shardId, part: part.id, sequenceNumber: record.sequenceNumber, index: index ?? null };
    const copy = (fate: Fate, sentences: readonly (says.Sentence | undefined)[]): Copy => {
      const known = { ...at, arrival: new Date(record.arrivalMs).toISOString(), ...toldBy(fields) };
      const all = [...says.acceptance(known), ...sentences];
      return { ...known, fate, says: all.filter((sentence) => sentence !== undefined) };
    };
    const unfitNow = problemAt(place, record.sequenceNumber);
    const fileSays =
      rejectedThen.get(place) ?? (index === undefined ? undefined : rejectedThen.get(`${record.sequenceNumber} whole`));
    const problem = fileSays ?? unfitNow;
    if (!agrees && fileSays === undefined) return copy({ kind: "unknown" }, [says.disagrees(part)]);
    if (problem !== undefined) {
      // Its id is remembered although the store refused it: what comes after it is its duplicate.
      if (unfitNow === undefined) counted ??= at;
      const kind = problem.reason === "late" ? "late" : "quarantined";
      const refusedBy = unfitNow === undefined ? says.storeRefused(rows.get(place) ?? []) : undefined;
      return copy({ kind, ...problem }, [says.rejected(problem, part, rejects.key), refusedBy]);
    }
    const holder = holders[0];
    if (holder !== undefined)
      return copy({ kind: "duplicate", of: placeOfHolder(search, holder) }, [says.repeats(part)]);
    if (counted !== undefined) return copy({ kind: "duplicate", of: counted }, [says.repeatsWithin(counted)]);
    if (fitWithHash > fit.length) return copy({ kind: "unknown" }, [says.sharedHash(part)]);
    if ((refused > 0 || wasTakenOver) && rejects.lacks)
      return copy({ kind: "unknown" }, [says.refusalsGone(part, refused)]);
    counted = at;
    const metrics = rows.get(place) ?? [];
    const since = new Date(part.committedMs).toISOString();
    return copy({ kind: "counted", metrics, since }, [
      says.counted(metrics, part),
      says.shown(metrics, since),
      part.doubled > 0 ? says.doubled(part) : undefined,
    ]);
  });
}

export const placeOfHolder = ({ ports }: Search, { shard, part }: Holder): CopyPlace => ({
  shardId: shard.slice(ports.streamName.length + 1),
  part: part.id,
  sequenceNumber: null,
  index: null,
});

/** Copies that the part's file in quarantine holds. */
export function rejectedOf({ shardId, part, rejects }: Pick<Evidence, "shardId" | "part" | "rejects">): Copy[] {
  return rejects.copies.map(({ record, index, fields, problem }) => {
    const known = {
      shardId,
      part: part.id,
      sequenceNumber: record.sequenceNumber,
      index: index ?? null,
      arrival: new Date(record.arrivalMs).toISOString(),
      ...toldBy(fields),
    };
    const fate: Fate = { kind: problem.reason === "late" ? "late" : "quarantined", ...problem };
    return { ...known, fate, says: [...says.acceptance(known), says.rejected(problem, part, rejects.key)] };
  });
}

/** What the ledger alone says of a part that left the hash, and cannot be folded again. */
function remembered(
  { search, shardId, part, rejects }: Evidence,
  holders: readonly Holder[] | undefined,
  why: string,
): Copy[] {
  const at: CopyPlace = { shardId, part: part.id, sequenceNumber: null, index: null };
  const known = { ...at, arrival: new Date(part.firstArrivalMs).toISOString(), source: search.source, event: null };
  const told = says.idLeft(part, search.source, search.spent.ids, why);
  const unknown: Copy = { ...known, fate: { kind: "unknown" }, says: [told, says.cannotBeTold()] };
  const isRejected = rejects.lacks || rejects.copies.length > 0;
  // One that is not fit under the definitions that the part was finished under left its id all the same.
  if (holders === undefined || (part.definitions.length > 1 && isRejected)) return [unknown];
  const holder = holders[0];
  if (holder !== undefined) {
    const fate: Fate = { kind: "duplicate", of: placeOfHolder(search, holder) };
    return [{ ...known, fate, says: [told, says.repeats(part)] }];
  }
  // So did one that the store refused.
  if (isRejected) return [unknown];
  const since = new Date(part.committedMs).toISOString();
  return [{ ...known, fate: { kind: "counted-somewhere", since }, says: [told, says.countedSomewhere(part)] }];
}
