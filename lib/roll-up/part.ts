import { createHash } from "node:crypto";
import type { Definitions } from "../definitions.ts";
import { PartFold, type Rejected, rowOf, type Tally } from "../fold/part-fold.ts";
import type { CommittedPart, OpenPart } from "../ledger/ledger.ts";
import type { StreamRecord } from "../record/stream-record.ts";
import { type Row, rowKey } from "../store/row.ts";
import type { Refusal } from "../store/store.ts";
import type { Range } from "./uncovered.ts";

/** The roll-up of a part's records, before the store has seen it. */
export interface FoldedPart {
  readonly records: readonly StreamRecord[];
  readonly rows: readonly Row[];
  readonly tally: Tally;
  readonly rejected: readonly Rejected[];
}

/** Short, the same for the same records whoever folds them: 64 bits as hexadecimal. */
export function partId(shard: string, { firstSequence, lastSequence }: Range): string {
  return createHash("sha256").update(`${shard} ${firstSequence} ${lastSequence}`).digest("hex").slice(0, 16);
}

/** Folds records until a part is full; the part is the records it took. */
export function foldNew(run: readonly StreamRecord[], definitions: Definitions): FoldedPart {
  const fold = new PartFold(definitions);
  const records: StreamRecord[] = [];
  for (const record of run) {
    fold.add(record);
    records.push(record);
    if (fold.isFull) break;
  }
  return { records, rows: fold.rows(), tally: fold.tally, rejected: fold.rejected };
}

/** Folds exactly these records, the range of a promise. */
export function foldAll(records: readonly StreamRecord[], definitions: Definitions): FoldedPart {
  const fold = new PartFold(definitions);
  for (const record of records) fold.add(record);
  return { records, rows: fold.rows(), tally: fold.tally, rejected: fold.rejected };
}

/**
 * The part without the rows that the store refused. An event with a refused row is no longer counted but late or
 * quarantined; rows of it that the store took stay, and the detail names the metrics that lack it.
 */
export function withRefusals(part: FoldedPart, refusals: readonly Refusal[], definitions: Definitions): FoldedPart {
  if (refusals.length === 0) return part;
  const refused = new Map(refusals.map((refusal) => [rowKey(refusal.row), refusal]));
  const events = new Map<string, Rejected>();
  const trace = new PartFold(definitions, (metric, group, record, index) => {
    const refusal = refused.get(rowKey(rowOf(metric, group)));
    if (refusal === undefined) return;
    const detail = `${metric.definition.name}: expected the store to take the row, got "${refusal.detail}"`;
    events.set(`${record.sequenceNumber} ${index}`, { record, index, problem: { reason: refusal.reason, detail } });
  });
  for (const record of part.records) trace.add(record);
  const late = [...events.values()].filter(({ problem }) => problem.reason === "late").length;
  const { tally } = part;
  return {
    records: part.records,
    rows: part.rows.filter((row) => !refused.has(rowKey(row))),
    tally: {
      ...tally,
      counted: tally.counted - events.size,
      late: tally.late + late,
      quarantined: tally.quarantined + events.size - late,
    },
    rejected: [...part.rejected, ...events.values()],
  };
}

/** What the ledger keeps of a finished part. */
export function committedPart(open: OpenPart, part: FoldedPart, committedMs: number): CommittedPart {
  const { id, number, firstSequence, lastSequence, definitions } = open;
  const arrivals = part.records.map(({ arrivalMs }) => arrivalMs);
  const buckets = part.rows.map(({ bucketMs }) => bucketMs);
  return {
    id,
    number,
    firstSequence,
    lastSequence,
    definitions,
    records: part.records.length,
    ...part.tally,
    rows: part.rows.length,
    rowsCount: part.rows.reduce((sum, { count }) => sum + count, 0),
    firstBucketMs: least(buckets, Math.min),
    lastBucketMs: least(buckets, Math.max),
    firstArrivalMs: least(arrivals, Math.min) ?? Number.NaN,
    lastArrivalMs: least(arrivals, Math.max) ?? Number.NaN,
    committedMs,
  };
}

const least = (values: readonly number[], choose: (a: number, b: number) => number): number | undefined =>
  values.length === 0 ? undefined : values.reduce((a, b) => choose(a, b));
