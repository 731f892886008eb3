import {
  type Quarantine,
  type QuarantinePlace,
  quarantineLines,
  type Rejected,
} from "../../lib/store/quarantine/quarantine.ts";

/** What a part left in quarantine. */
export interface Kept {
  readonly late: number;
  readonly others: number;
  /** Events of the lines that a file would have. */
  readonly inLines: number;
}

/** A quarantine that makes the lines of its files, and keeps their counts. */
export class CountedQuarantine implements Quarantine {
  readonly parts = new Map<string, Kept>();

  async put(shard: string, { part, firstArrivalMs }: QuarantinePlace, rejected: readonly Rejected[]): Promise<void> {
    // Makes the name of a file; throws where there can be none.
    new Date(firstArrivalMs).toISOString();
    let inLines = 0;
    for (const line of quarantineLines(shard, rejected)) {
      JSON.stringify(line);
      for (const events of line.events) inLines += "whole" in events ? 1 : events.to - events.from + 1;
    }
    const late = rejected.filter(({ problem }) => problem.reason === "late").length;
    this.parts.set(part, { late, others: rejected.length - late, inLines });
  }
}
