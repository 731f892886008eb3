import { createHash } from "node:crypto";
import type { Definitions } from "../config/definitions.ts";
import { partLimits } from "../limits.ts";
import type { CommittedPart, OpenPart, PartRange, Tally } from "../store/ledger/ledger.ts";
import type { Rejected } from "../store/quarantine/quarantine.ts";
import { type Row, rowKey } from "../store/rows/row.ts";
import type { Refusal } from "../store/rows/store.ts";
import type { HashRange } from "../stream/hash-range.ts";
import type { Range } from "../stream/range.ts";
import type { StreamRecord } from "../stream/stream-record.ts";
import type { KnownIds } from "./dedupe/duplicate-memory.ts";
import { idBytes } from "./dedupe/id-map.ts";
import { PartFold, rowOf, type Trace } from "./fold/part-fold.ts";

/** The roll-up of a part's records, before the store has seen it. */
export interface FoldedPart {
  readonly records: readonly StreamRecord[];
  readonly rows: readonly Row[];
  readonly tally: Tally;
  readonly rejected: readonly Rejected[];
  /** Message ids of its events, 8 bytes each. */
  readonly ids: Buffer;
  /** What it was folded with. */
  readonly memory: KnownIds;
  /** Sequence numbers of records that were stepped over. */
  readonly skipped: SkippedNumbers;
  readonly shardKeys: HashRange | undefined;
  /** Events of its records that are another shard's. */
  readonly strays: number;
}

/** Sequence numbers of records that are to be stepped over. */
export type SkippedNumbers = ReadonlySet<string>;

const nothingSkipped: SkippedNumbers = new Set();

/** Short, the same for the same records whoever folds them: 64 bits as hexadecimal. */
export function partId(shard: string, { firstSequence, lastSequence }: Range): string {
  return createHash("sha256").update(`${shard} ${firstSequence} ${lastSequence}`).digest("hex").slice(0, 16);
}

/** Folds records until a part is full; the part is the records it took. */
export function foldNew(
  run: readonly StreamRecord[],
  definitions: Definitions,
  memory: KnownIds,
  skipped: SkippedNumbers = nothingSkipped,
  shardKeys?: HashRange,
): FoldedPart {
  const fold = new PartFold(definitions, memory, undefined, shardKeys);
  const records: StreamRecord[] = [];
  const endMs = (run[0]?.arrivalMs ?? 0) + partLimits.spanMs;
  for (const record of run) {
    if (fold.isFull || record.arrivalMs > endMs) break;
    addTo(fold, record, skipped);
    records.push(record);
  }
  return folded(records, fold, { memory, skipped, shardKeys });
}

/** Folds exactly these records, the range of a promise. */
export function foldAll(
  records: readonly StreamRecord[],
  definitions: Definitions,
  memory: KnownIds,
  skipped: SkippedNumbers = nothingSkipped,
  shardKeys?: HashRange,
): FoldedPart {
  const fold = new PartFold(definitions, memory, undefined, shardKeys);
  for (const record of records) addTo(fold, record, skipped);
  return folded(records, fold, { memory, skipped, shardKeys });
}

function addTo(fold: PartFold, record: StreamRecord, skipped: SkippedNumbers): void {
  if (skipped.has(record.sequenceNumber)) fold.skip(record);
  else fold.add(record);
}

function folded(
  records: readonly StreamRecord[],
  fold: PartFold,
  by: Pick<FoldedPart, "memory" | "skipped" | "shardKeys">,
): FoldedPart {
  const { tally, rejected, strays } = fold;
  return { records, rows: fold.rows(), tally, rejected, ids: fold.ids.toBytes(), strays, ...by };
}

/** The range of a part, with what is settled of it before it is opened. */
export function partRange(shard: string, range: Range, { records, ids }: FoldedPart, openedUnder: string): PartRange {
  const arrivals = records.map(({ arrivalMs }) => arrivalMs);
  const id = partId(shard, range);
  return {
    id,
    idsName: `${id}-${createHash("sha256").update(openedUnder).digest("hex").slice(0, 12)}`,
    ...range,
    firstArrivalMs: Math.min(...arrivals),
    lastArrivalMs: Math.max(...arrivals),
    ids: ids.length / idBytes,
  };
}

/** What is known of a part when it is opened, should it be lost: its duplicates are counted still. */
export function heldBy({ records, tally, rows }: FoldedPart) {
  const buckets = rows.map(({ bucketMs }) => bucketMs);
  const [firstBucketMs, lastBucketMs] = [chosen(buckets, Math.min), chosen(buckets, Math.max)];
  return { records: records.length, events: tally.events, rows: rows.length, firstBucketMs, lastBucketMs };
}

/**
 * The part without the rows that the store refused. An event with a refused row is no longer counted but late or
 * quarantined; rows of it that the store took stay. Late wins over refused, whichever of its metrics comes first. The
 * detail names all metrics that lack the event.
 */
export function withRefusals(part: FoldedPart, refusals: readonly Refusal[], definitions: Definitions): FoldedPart {
  if (refusals.length === 0) return part;
  const refused = new Map(refusals.map((refusal) => [rowKey(refusal.row), refusal]));
  const events = new Map<string, RefusedEvent>();
  const note: Trace = (metric, group, record, index) => {
    const refusal = refused.get(rowKey(rowOf(metric, group)));
    if (refusal === undefined) return;
    const key = `${record.sequenceNumber} ${index}`;
    const known = events.get(key) ?? { record, index, metrics: [], refusal };
    known.metrics.push(metric.definition.name);
    events.set(key, refusal.reason === "late" ? { ...known, refusal } : known);
  };
  const trace = new PartFold(definitions, part.memory, note, part.shardKeys);
  for (const record of part.records) addTo(trace, record, part.skipped);
  const late = [...events.values()].filter(({ refusal }) => refusal.reason === "late").length;
  const { tally } = part;
  return {
    ...part,
    rows: part.rows.filter((row) => !refused.has(rowKey(row))),
    tally: {
      ...tally,
      counted: tally.counted - events.size,
      late: tally.late + late,
      quarantined: tally.quarantined + events.size - late,
    },
    rejected: [...part.rejected, ...[...events.values()].map(rejectedByStore)],
  };
}

/** An event with a row that the store refused. */
interface RefusedEvent {
  readonly record: StreamRecord;
  readonly index: number;
  /** The metrics that lack it. */
  readonly metrics: string[];
  readonly refusal: Refusal;
}

function rejectedByStore({ record, index, metrics, refusal: { reason, detail } }: RefusedEvent): Rejected {
  const said = `${metrics.join(", ")}: expected the store to take the row, got "${detail}"`;
  return { record, index, problem: { reason, detail: said, byStore: true } };
}

/** What the ledger keeps of a finished part. */
export function committedPart(
  open: OpenPart,
  part: FoldedPart,
  { doubled, existing, committedMs }: Pick<CommittedPart, "doubled" | "committedMs"> & { readonly existing: number },
): CommittedPart {
  const { openedMs: _, ...settled } = open;
  const buckets = part.rows.map(({ bucketMs }) => bucketMs);
  return {
    ...settled,
    records: part.records.length,
    ...part.tally,
    rows: part.rows.length,
    rowsCount: part.rows.reduce((sum, { count }) => sum + count, 0),
    ...sumsOf(part.rows),
    doubled,
    ...(existing > 0 ? { existing } : {}),
    firstBucketMs: chosen(buckets, Math.min),
    lastBucketMs: chosen(buckets, Math.max),
    committedMs,
    windowMs: part.memory.windowMs,
  };
}

/** Of the absolute sums, so that they do not cancel each other out. */
function sumsOf(rows: readonly Row[]): Pick<CommittedPart, "rowsSum"> {
  const sums = rows.flatMap(({ numbers }) => (numbers === undefined ? [] : [Math.abs(numbers.sum)]));
  return sums.length === 0 ? {} : { rowsSum: String(sums.reduce((sum, value) => sum + value, 0)) };
}

const chosen = (values: readonly number[], choose: (a: number, b: number) => number): number | undefined =>
  values.length === 0 ? undefined : values.reduce((a, b) => choose(a, b));
