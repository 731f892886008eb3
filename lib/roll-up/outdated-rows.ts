import type { Definitions } from "../config/definitions.ts";
import type { Ledger, OpenPart } from "../store/ledger/ledger.ts";
import { type Row, rowKey } from "../store/rows/row.ts";
import type { Refusal } from "../store/rows/store.ts";
import type { KnownIds } from "./dedupe/duplicate-memory.ts";
import { type FoldedUnder, readFoldName, skippedThen } from "./fold-name.ts";
import { type FoldedPart, foldAll } from "./part.ts";

/** What may stand in the store of a part that was written under other definitions before. */
export interface OutdatedRows {
  /** Rows that they made and that are not made any more, with `count` 0. */
  readonly rows: readonly Row[];
  /**
   * Rows at most that nobody can name: what other code made of the part, or definitions that the ledger no longer has, and
   * one for each record that ends the process now and did not then.
   */
  readonly unknown: number;
}

/** `memoryUnder` is what the part remembers under some definitions. */
export async function outdatedRows(
  open: OpenPart,
  part: FoldedPart,
  current: Definitions,
  ledger: Pick<Ledger, "definitions">,
  memoryUnder: (definitions: Definitions) => Promise<KnownIds>,
): Promise<OutdatedRows> {
  const made = new Set(part.rows.map(rowKey));
  const outdated = new Map<string, Row>();
  const killers = new Set<string>();
  let unknown = 0;
  const now = readFoldName(open.definitions.at(-1) ?? "");
  for (const name of new Set(open.definitions.slice(0, -1))) {
    const earlier = readFoldName(name);
    for (const sequenceNumber of killersSince(earlier, now)) killers.add(sequenceNumber);
    const definitions = await ledger.definitions(earlier.hash);
    if (definitions?.foldVersion !== current.foldVersion) {
      // Rows that this code makes too are replaced all the same. To wait for the other code would block the shard for ever.
      unknown += rowsMax(open, name, definitions ?? current);
      continue;
    }
    const memory = await memoryUnder(definitions);
    for (const row of foldAll(part.records, definitions, memory, skippedThen(earlier, now), part.shardKeys).rows) {
      const numbers = row.numbers === undefined ? undefined : { sum: 0, min: 0, max: 0 };
      if (!made.has(rowKey(row))) outdated.set(rowKey(row), { ...row, count: 0, numbers });
    }
  }
  return { rows: [...outdated.values()], unknown: unknown + killers.size };
}

/** What the part was opened with is known of the first that it was folded under; else an event is in a row of each metric. */
const rowsMax = ({ events, rows, definitions }: OpenPart, name: string, { metrics }: Definitions): number =>
  name === definitions[0] && rows !== undefined ? rows : events * metrics.length;

function killersSince(earlier: FoldedUnder, now: FoldedUnder): string[] {
  const before = new Set(earlier.skipped.map(({ sequenceNumber }) => sequenceNumber));
  return now.skipped.flatMap(({ sequenceNumber, kills }) =>
    kills && !before.has(sequenceNumber) ? [sequenceNumber] : [],
  );
}

/** Rows that the store takes no more, and may have taken before: at an attempt without an answer, or of who made the promise. */
export const mayBeStored = (refusals: readonly Refusal[], isPromise: boolean): number =>
  refusals.filter(({ reason, mayBeStored = false }) => reason === "late" && (isPromise || mayBeStored)).length;
