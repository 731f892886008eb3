import { readFoldName } from "../../lib/roll-up/fold-name.ts";
import type { CommittedPart, OpenPart } from "../../lib/store/ledger/ledger.ts";
import { type StoredRow, storedKey, type TimestreamTable } from "./timestream-table.ts";

/**
 * The rows of parts that say that they may have too many. What a part says is not believed: it must have its own rows, no
 * more others than it says, and a reason to have any.
 */
export class DoubtfulRows {
  readonly #table: TimestreamTable;
  readonly #capped: boolean;
  /** How many events each row of a part is to have, by part and row. */
  readonly #expected = new Map<string, Map<string, number>>();
  #byPart: Map<string, StoredRow[]> | undefined;

  /** `capped`: which group an event is in is not known. */
  constructor(table: TimestreamTable, capped: boolean) {
    this.#table = table;
    this.#capped = capped;
  }

  /** An event of the part is in this row. */
  expect(part: string, row: string): void {
    const rows = this.#expected.get(part) ?? new Map<string, number>();
    this.#expected.set(part, rows.set(row, (rows.get(row) ?? 0) + 1));
  }

  /** What is wrong with a part that says that it has rows too many; undefined for one that does not. */
  wrong(part: CommittedPart | OpenPart): string | undefined {
    if (!("doubled" in part) || part.doubled === 0 || part.lost !== undefined) return undefined;
    const { id, doubled, definitions } = part;
    const isAged = this.#table.agedParts.has(id);
    if (definitions.length === 1 && !isAged)
      return `part ${id} says that it has ${doubled} rows too many for no reason`;
    if (this.#capped) return undefined;
    const rows = new Map(this.#rowsOf(id).map((row) => [storedKey(row), row]));
    for (const [key, count] of this.#expected.get(id) ?? []) {
      const row = rows.get(key);
      const found = row?.version === definitions.length ? (row.measures.get("count") ?? 0) : 0;
      if (found !== count && !this.#table.refusedForAge.has(key))
        return `part ${id} has a row of ${found} events instead of ${count}: ${key.replaceAll("\u0000", " ")}`;
      if (found === count) rows.delete(key);
    }
    // A record that ends the process counts as one, whatever rows it may have left.
    const kills = readFoldName(definitions.at(-1) ?? "").skipped.some((record) => record.kills);
    if (kills || rows.size <= doubled) return undefined;
    return `part ${id} has ${rows.size} rows too many, and ${doubled} by the ledger`;
  }

  #rowsOf(part: string): readonly StoredRow[] {
    this.#byPart ??= Map.groupBy(
      [...this.#table.rows.values()].filter(({ measures }) => (measures.get("count") ?? 0) > 0),
      ({ dimensions }) => dimensions.get("part") ?? "",
    );
    return this.#byPart.get(part) ?? [];
  }
}
