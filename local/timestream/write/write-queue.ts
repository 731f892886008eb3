import { BOUNDS } from "../bounds.ts";
import { rowsTable, type Table } from "../catalog/table.ts";
import { ServiceFailure } from "../failure.ts";
import type { Turn } from "../turn.ts";
import { type MergeContext, mergeGroup, type WriteOutcome } from "./merge.ts";
import type { NewRecord } from "./record.ts";
import { expiryMs } from "./time-window.ts";

interface Waiting {
  readonly table: Table;
  readonly records: readonly NewRecord[];
  resolve(outcome: WriteOutcome): void;
  reject(error: unknown): void;
}

export interface WriteQueueOptions extends MergeContext {
  readonly turn: Turn;
  readonly now: () => number;
}

/**
 * Group commit: what arrives while one group is being written forms the next. A request is answered after the commit
 * of its group, so what has been answered can be read.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /** Writes the records of one request; the outcome tells which were rejected. */
  write(table: Table, records: readonly NewRecord[]): Promise<WriteOutcome> {
    if (this.#waiting.length >= BOUNDS.waitingWrites) {
      throw new ServiceFailure("ThrottlingException", `More than ${BOUNDS.waitingWrites} write requests are waiting.`);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ table, records, resolve, reject });
      this.#schedule();
    });
  }

  /** Returns when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#scheduled) await this.#options.turn.take(async () => undefined);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#options.turn.take(() => this.#writeGroup());
  }

  async #writeGroup(): Promise<void> {
    const group = this.#takeGroup();
    this.#scheduled = false;
    if (this.#waiting.length > 0) this.#schedule();
    const [first] = group;
    if (!first) return;
    try {
      if (first.table.dropped) {
        throw new ServiceFailure("ResourceNotFoundException", `The table ${first.table.name} does not exist.`);
      }
      const requests = group.map((waiting) => waiting.records);
      const outcomes = await mergeGroup(this.#options, first.table, requests);
      for (const [at, waiting] of group.entries()) waiting.resolve(outcomes[at] as WriteOutcome);
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
      return;
    }
    // Nobody waits for the rows to go; the next group will, if this takes long.
    await this.#trim(first.table).catch(() => undefined);
  }

  /** The requests, oldest first, that go to the same table as the oldest. */
  #takeGroup(): Waiting[] {
    const table = this.#waiting[0]?.table;
    const group: Waiting[] = [];
    const rest: Waiting[] = [];
    let records = 0;
    for (const waiting of this.#waiting) {
      const fits = waiting.table === table && records + waiting.records.length <= BOUNDS.groupRecords;
      if (fits) records += waiting.records.length;
      (fits ? group : rest).push(waiting);
    }
    this.#waiting = rest;
    return group;
  }

  /** Deletes what has left both stores, now and then (developer guide, "Storage": data expires from the magnetic store). */
  async #trim(table: Table): Promise<void> {
    const nowMs = this.#options.now();
    if (Math.abs(nowMs - table.trimmedMs) < BOUNDS.trimEveryMs) return;
    table.trimmedMs = nowMs;
    const fromMs = Math.floor(expiryMs(table.properties, nowMs));
    if (fromMs <= 0) return;
    await this.#options.writer.run(`DELETE FROM ${rowsTable(table)} WHERE time < make_timestamp_ns(${fromMs}000000)`);
  }
}
