import type { DuckDBConnection } from "@duckdb/node-api";
import { catalogTable, inTransaction } from "../catalog/catalog.ts";
import { addColumn, addColumnsSql, rowsTable, type Table } from "../catalog/table.ts";
import { Placement } from "./placement.ts";
import type { NewRecord } from "./record.ts";
import { REASONS, type Rejection } from "./rejection.ts";
import { appendKeys, appendRows, KEYS_TABLE } from "./row-appender.ts";
import type { SeenFilter } from "./seen-filter.ts";

/** What became of the records of one request. */
export interface WriteOutcome {
  readonly rejections: Rejection[];
  readonly ingested: { memory: number; magnetic: number };
}

/**
 * What a record with the value and no higher version than the stored one meets. The API reference rejects only where
 * "measure values are different"; a report from the live service has exact repeats rejected.
 */
export type IdenticalReplay = "accept" | "reject";

interface Stored {
  readonly version: bigint;
  readonly valueHash: bigint;
}

/** One identity in the group: what is stored of it, and the record that has won it so far. */
interface Contest {
  readonly first: NewRecord;
  stored: Stored | undefined;
  rowId: bigint | undefined;
  winner: NewRecord | undefined;
}

/** What a merge works with, the same for all groups. */
export interface MergeContext {
  readonly writer: DuckDBConnection;
  readonly seen: SeenFilter;
  readonly identicalReplay: IdenticalReplay;
}

/**
 * Writes a group of requests to one table as one transaction; one outcome per request, in their order. Records count
 * as written one after another, by request and then by index, so of two with one identity the first wins unless the
 * second has the higher version. (What the service does with two in one request is not documented.)
 */
export async function mergeGroup(
  context: MergeContext,
  table: Table,
  requests: readonly (readonly NewRecord[])[],
): Promise<WriteOutcome[]> {
  const outcomes = requests.map((): WriteOutcome => ({ rejections: [], ingested: { memory: 0, magnetic: 0 } }));
  const placement = new Placement(table);
  const contests = new Map<string, Contest>();
  const placed: [NewRecord, WriteOutcome, Contest][] = [];
  for (const [at, outcome] of outcomes.entries()) {
    for (const record of requests[at] ?? []) {
      const reason = placement.place(record);
      if (reason !== undefined) outcome.rejections.push({ RecordIndex: record.index, Reason: reason });
      else placed.push([record, outcome, contestOf(contests, record)]);
    }
  }
  await addWhatIsMissing(context.writer, table, placement);
  await findStored(context, table, [...contests.values()]);
  for (const [record, outcome, contest] of placed) {
    const rejection = compete(record, contest, context.identicalReplay);
    if (rejection) outcome.rejections.push(rejection);
    else outcome.ingested[record.store]++;
  }
  await writeWinners(context, table, [...contests.values()]);
  return outcomes;
}

function contestOf(contests: Map<string, Contest>, record: NewRecord): Contest {
  const known = contests.get(record.identity.key);
  if (known) return known;
  const contest: Contest = { first: record, stored: undefined, rowId: undefined, winner: undefined };
  contests.set(record.identity.key, contest);
  return contest;
}

/**
 * Version semantics (API reference, WriteRecords and RejectedRecord): a higher version replaces the value, or just
 * bumps the version of an equal one; a different value with an equal or lower version is rejected. A record replaces
 * all measures of the row: whether one with fewer measures keeps the others is not documented.
 */
function compete(record: NewRecord, contest: Contest, identicalReplay: IdenticalReplay): Rejection | undefined {
  const { stored } = contest;
  if (!stored || record.version > stored.version) {
    contest.stored = record;
    contest.winner = record;
    return undefined;
  }
  if (identicalReplay === "accept" && record.valueHash === stored.valueHash) return undefined;
  // ExistingVersion "is populated in scenarios where an identical record exists with a higher version" (RejectedRecord).
  if (record.version < stored.version) {
    return {
      RecordIndex: record.index,
      Reason: REASONS.lowerVersion(record.version, stored.version),
      ExistingVersion: Number(stored.version),
    };
  }
  return { RecordIndex: record.index, Reason: REASONS.exists() };
}

async function addWhatIsMissing(writer: DuckDBConnection, table: Table, placement: Placement): Promise<void> {
  const { columns, measureNames } = placement.additions;
  if (columns.length === 0 && measureNames.length === 0) return;
  await inTransaction(writer, async () => {
    if (columns.length > 0) for (const statement of addColumnsSql(table, columns)) await writer.run(statement);
    for (const [at, column] of columns.entries()) {
      const values = [table.id, table.columns.size + at, column.name, JSON.stringify(column)];
      await writer.run(`INSERT INTO ${catalogTable("columns")} VALUES ($1, $2, $3, $4)`, values);
    }
    for (const [name, kind] of measureNames) {
      await writer.run(`INSERT INTO ${catalogTable("measure_names")} VALUES ($1, $2, $3)`, [table.id, name, kind]);
    }
  });
  for (const column of columns) addColumn(table, column);
  for (const [name, kind] of measureNames) table.measureNames.set(name, kind);
}

/**
 * Looks the identities that may be there up in one join, limited to their range of time so that DuckDB skips what lies
 * outside.
 */
async function findStored({ writer, seen }: MergeContext, table: Table, all: readonly Contest[]): Promise<void> {
  if (!seen.has(table.id)) seen.begin(table.id, await newestTime(writer, table));
  const contests = all.filter(({ first }) => seen.mayHave(table.id, first.identity, first.timeNs));
  const [head] = contests;
  if (!head) return;
  let [from, to] = [head.first.timeNs, head.first.timeNs];
  for (const { first } of contests) {
    if (first.timeNs < from) from = first.timeNs;
    if (first.timeNs > to) to = first.timeNs;
  }
  await appendKeys(
    writer,
    contests.map((contest) => contest.first),
  );
  const result = await writer.runAndReadAll(
    `SELECT k.number, r.rowid, r.ts_version, r.ts_value_hash FROM temp.main.${KEYS_TABLE} k JOIN ${rowsTable(table)} r
     ON r.time = k.time AND r.ts_series_high = k.high AND r.ts_series_low = k.low
     WHERE r.time BETWEEN make_timestamp_ns(${from}) AND make_timestamp_ns(${to})`,
  );
  // The columns are as the query says.
  for (const [number, rowId, version, valueHash] of result.getRows() as [number, bigint, bigint, bigint][]) {
    const contest = contests[number];
    if (!contest) continue;
    contest.stored = { version, valueHash };
    contest.rowId = rowId;
  }
}

async function newestTime(writer: DuckDBConnection, table: Table): Promise<bigint> {
  const result = await writer.runAndReadAll(`SELECT epoch_ns(max(time)) FROM ${rowsTable(table)}`);
  const [newest] = result.getRows()[0] ?? [];
  return typeof newest === "bigint" ? newest : -1n;
}

async function writeWinners({ writer, seen }: MergeContext, table: Table, contests: readonly Contest[]): Promise<void> {
  const winners: NewRecord[] = [];
  const replaced: bigint[] = [];
  for (const { winner, rowId } of contests) {
    if (!winner) continue;
    winners.push(winner);
    seen.add(table.id, winner.identity, winner.timeNs);
    if (rowId !== undefined) replaced.push(rowId);
  }
  if (winners.length === 0) return;
  await inTransaction(writer, async () => {
    if (replaced.length > 0)
      await writer.run(`DELETE FROM ${rowsTable(table)} WHERE rowid IN (${replaced.join(", ")})`);
    await appendRows(writer, table, winners);
  });
}
