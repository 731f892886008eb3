import { type Row, rowKey } from "../../lib/store/rows/row.ts";
import type {
  PartRowStore,
  PartRows,
  PartRowsQuestion,
  Refusal,
  RowStore,
  Written,
} from "../../lib/store/rows/store.ts";

/** A store in memory that keeps versions as Timestream does: higher replaces, equal or lower changes nothing. */
export class MemoryStore implements RowStore, PartRowStore {
  readonly rows = new Map<string, { row: Row; part: string; version: number }>();
  /** Rows it refuses, as a store does whose retention is over. */
  refuse: (row: Row) => Omit<Refusal, "row"> | undefined = () => undefined;

  async write(part: string, version: number, rows: readonly Row[]): Promise<Written> {
    const refusals: Refusal[] = [];
    let existing = 0;
    for (const row of rows) {
      const refusal = this.refuse(row);
      const key = `${part}\u0000${rowKey(row)}`;
      const known = this.rows.get(key)?.version ?? 0;
      if (refusal !== undefined) refusals.push({ row, ...refusal });
      else if (known === version) existing++;
      else if (known < version) this.rows.set(key, { row, part, version });
    }
    return { refusals, existing };
  }

  async *rowsOfParts({ fromMs, toMs, parts }: PartRowsQuestion): AsyncGenerator<PartRows> {
    const found = new Map<string, PartRows>();
    for (const { part, row } of this.rows.values()) {
      const { bucketMs } = row;
      if (row.count === 0 || bucketMs < fromMs || bucketMs >= toMs || parts?.includes(part) === false) continue;
      const { rows = 0, count = 0, sum = 0, firstBucketMs = bucketMs, lastBucketMs = bucketMs } = found.get(part) ?? {};
      found.set(part, {
        part,
        rows: rows + 1,
        count: count + row.count,
        sum: sum + Math.abs(row.numbers?.sum ?? 0),
        firstBucketMs: Math.min(firstBucketMs, bucketMs),
        lastBucketMs: Math.max(lastBucketMs, bucketMs),
      });
    }
    yield* found.values();
  }

  /** The rows of a part with events. */
  rowsOf(part: string): Row[] {
    return [...this.rows.values()]
      .filter((stored) => stored.part === part && stored.row.count > 0)
      .map(({ row }) => row);
  }

  /** Totals by metric, bucket and dimension values: the sum over all parts. */
  totals(): Map<string, { count: number; sum: number }> {
    const totals = new Map<string, { count: number; sum: number }>();
    for (const { row } of this.rows.values()) {
      if (row.count === 0) continue;
      const key = [row.metric, row.bucketMs, ...row.dimensions.map(([, value]) => value)].join("|");
      const total = totals.get(key) ?? { count: 0, sum: 0 };
      totals.set(key, { count: total.count + row.count, sum: total.sum + (row.numbers?.sum ?? 0) });
    }
    return totals;
  }
}
