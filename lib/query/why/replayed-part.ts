import type { Definitions } from "../../config/definitions.ts";
import { IdMap } from "../../roll-up/dedupe/id-map.ts";
import { dimensionValue } from "../../roll-up/fold/dimension.ts";
import type { Group } from "../../roll-up/fold/group.ts";
import type { CompiledMetric } from "../../roll-up/fold/metric-matcher.ts";
import { PartFold, type Trace } from "../../roll-up/fold/part-fold.ts";
import { readFoldName } from "../../roll-up/fold-name.ts";
import type { CommittedPart, Tally } from "../../store/ledger/ledger.ts";
import type { Rejected } from "../../store/quarantine/quarantine.ts";
import { otherValue } from "../../store/rows/row.ts";
import type { Fields } from "../../stream/event/fields.ts";
import { shardKey } from "../../stream/sequence.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import type { CountedIn } from "./copy.ts";
import { type Occurrence, occurrencesIn } from "./occurrences.ts";
import type { NameSearch, Search } from "./search.ts";

/** A part that was folded again, as far as it concerns one message. */
export interface ReplayedPart {
  readonly occurrences: readonly Occurrence[];
  readonly tally: Tally;
  readonly rejected: readonly Rejected[];
  /** Rows of an event, by `placeOf`. */
  readonly rows: ReadonlyMap<string, readonly CountedIn[]>;
  /** Events fit to be counted whose id has the hash: more than there are occurrences where another id has it, too. */
  readonly fitWithHash: number;
}

export const placeOf = ({ record, index }: Pick<Occurrence, "record" | "index">): string =>
  `${record.sequenceNumber} ${index ?? "whole"}`;

/**
 * Folds the records of a part again. Of what earlier parts left, only this one hash is asked for: other duplicates are
 * taken for counted, which changes nothing for this message but the group where a metric has more than it may have.
 * `isKnown`: whether one that it remembers left the hash.
 */
export async function replayPart(
  search: NameSearch,
  shardId: string,
  part: CommittedPart,
  records: readonly StreamRecord[],
  definitions: Definitions,
  isKnown: boolean,
): Promise<ReplayedPart> {
  const { hash, hasher } = search;
  const { skipped } = readFoldName(part.definitions.at(-1) ?? "");
  const skippedNumbers = new Set(skipped.map(({ sequenceNumber }) => sequenceNumber));
  const { hashKeys } = await search.ports.ledger.head(shardKey(search.ports.streamName, shardId));
  const occurrences: Occurrence[] = [];
  for (const record of records) {
    const found = occurrencesIn(record, search, skippedNumbers.has(record.sequenceNumber), hashKeys);
    // What cannot be taken apart is rejected: the part's file in quarantine is asked for it.
    if (found !== "opaque") occurrences.push(...found);
  }
  const fieldsAt = new Map(occurrences.map((occurrence) => [placeOf(occurrence), occurrence.fields]));
  const rows = new Map<string, CountedIn[]>();
  let fitWithHash = 0;
  const claimed = part.definitions.length > 1 ? await ownIds(search, shardId, part) : undefined;
  const memory = {
    windowMs: 0,
    hasher,
    has: (high: number, low: number): boolean => {
      if (high !== hash.high || low !== hash.low) return false;
      fitWithHash++;
      return isKnown;
    },
    ...(claimed === undefined ? {} : { claims: (high: number, low: number) => claimed.get(high, low) !== 0 }),
  };
  const traced: { place: string; metric: CompiledMetric; group: Group; fields: Fields }[] = [];
  const note: Trace = (metric, group, record, index) => {
    const place = placeOf({ record, index });
    const fields = fieldsAt.get(place);
    if (fields !== undefined) traced.push({ place, metric, group, fields });
  };
  const fold = new PartFold(definitions, memory, note, hashKeys);
  for (const record of records) {
    if (skippedNumbers.has(record.sequenceNumber)) fold.skip(record);
    else fold.add(record);
  }
  // As many duplicates, and no other: the same events had groups.
  const isExact = fold.tally.duplicate === part.duplicate;
  for (const { place, metric, group, fields } of traced) {
    const row = rowOf(search, definitions, metric, group, fields, isExact);
    rows.set(place, [...(rows.get(place) ?? []), row]);
  }
  return { occurrences, tally: fold.tally, rejected: fold.rejected, rows, fitWithHash };
}

function rowOf(
  { ports }: Search,
  { dimensionBytesMax }: Definitions,
  { definition, dimensions }: CompiledMetric,
  group: Group,
  fields: Fields,
  isExact: boolean,
): CountedIn {
  const own = dimensions.map((read) => dimensionValue(read(fields), dimensionBytesMax));
  const isOver = own.some((value, index) => value !== group.values[index]);
  const unsure = isOver && !isExact && group.values.every((value) => value === otherValue);
  const values = unsure ? own : group.values;
  const isCurrent = ports.definitions.metrics.some(
    ({ name, def }) => name === definition.name && def === definition.def,
  );
  return {
    metric: definition.name,
    minute: new Date(group.bucketMs).toISOString(),
    group: Object.fromEntries(definition.by.map(([alias], index) => [alias, values[index] ?? ""])),
    ...(unsure ? { orOther: true } : {}),
    ...(isCurrent ? {} : { outdated: true }),
  };
}

/** What a part that was taken over may count: the ids that it left when it was opened. */
async function ownIds({ ports, spent }: Search, shardId: string, part: CommittedPart): Promise<IdMap> {
  const ids = new IdMap(part.ids);
  const { ledger, streamName } = ports;
  for await (const [name, bytes] of ledger.ids(shardKey(streamName, shardId), part.lastSequence, part.lastSequence)) {
    spent.bytes += bytes.length;
    if (name === part.idsName) ids.addBytes(bytes, 1);
  }
  return ids;
}
