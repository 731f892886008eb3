import type { _Record, RejectedRecord, WriteRecordsCommandInput } from "@aws-sdk/client-timestream-write";
import { RejectedRecordsException, ValidationException } from "@aws-sdk/client-timestream-write";
import type { StoreSwitches } from "./store-switches.ts";

/** A row as it stands in the table. */
export interface StoredRow {
  readonly metric: string;
  readonly timeMs: number;
  readonly dimensions: ReadonlyMap<string, string>;
  readonly measures: ReadonlyMap<string, number>;
  /** Of the measures: two writes of one version must not differ. */
  readonly text: string;
  readonly version: number;
  readonly writtenMs: number;
  /** What stood there before. */
  readonly before: StoredRow | undefined;
}

/** The shop whose rows are never taken, where the table refuses some. */
export const refusedShop = "forbidden";
/** Timestream takes nothing that is further ahead (developer guide, "Quotas"). */
const aheadMsMax = 15 * 60_000;

/**
 * A table of Timestream for LiveAnalytics as WriteRecords has it: a record is known by measure name, time and dimensions;
 * a higher version replaces it, a lower one is rejected, and so is another value under the same version; what is not
 * rejected is written beside what is (API reference, WriteRecords and RejectedRecord).
 */
export class TimestreamTable {
  readonly rows = new Map<string, StoredRow>();
  /** Keys of the rows that were refused for their age, whether or not they had been taken before. */
  readonly refusedForAge = new Set<string>();
  /** Parts with such rows. */
  readonly agedParts = new Set<string>();
  /** Rows that were refused because they had become too old. */
  movedOut = 0;
  readonly #now: () => number;
  readonly #switches: StoreSwitches;
  readonly #memoryStoreMs: number;
  readonly #oldestMs: number;
  readonly #wrong: (what: string) => void;

  /** `oldestMs`: what is before it is refused where the switches say so, as in a range that was opened a moment ago. */
  constructor(
    now: () => number,
    switches: StoreSwitches,
    { memoryStoreHours, oldestMs }: { memoryStoreHours: number; oldestMs: number },
    wrong: (what: string) => void,
  ) {
    this.#now = now;
    this.#switches = switches;
    this.#memoryStoreMs = memoryStoreHours * 3_600_000;
    this.#oldestMs = oldestMs;
    this.#wrong = wrong;
  }

  /** Throws as the service does. */
  write({ CommonAttributes: common = {}, Records: records = [] }: WriteRecordsCommandInput): { Total: number } {
    const rows = records.map((record) => ({ ...rowOf(record, common), writtenMs: this.#now(), before: undefined }));
    if (this.#switches.refuses === "request" && rows.some((row) => row.dimensions.get("shop") === refusedShop)) {
      throw new ValidationException({ message: "a record is not valid", Message: "", $metadata: {} });
    }
    const rejected = rows.flatMap((row, RecordIndex): RejectedRecord[] => {
      const reason = this.#refuse(row) ?? this.#put(row);
      return reason === undefined ? [] : [{ RecordIndex, ...reason }];
    });
    if (rejected.length > 0) {
      throw new RejectedRecordsException({ message: "some rejected", RejectedRecords: rejected, $metadata: {} });
    }
    return { Total: rows.length };
  }

  /** What a query may be answered with that does not see the writes since then. */
  *asOf(ms: number): Generator<StoredRow> {
    for (const row of this.rows.values()) {
      let seen: StoredRow | undefined = row;
      while (seen !== undefined && seen.writtenMs > ms) seen = seen.before;
      if (seen !== undefined) yield seen;
    }
  }

  #refuse(row: StoredRow): RejectedRecord | undefined {
    const { refuses } = this.#switches;
    const { timeMs, dimensions } = row;
    const ageMs = this.#now() - timeMs;
    if (ageMs > this.#memoryStoreMs || -ageMs > aheadMsMax || this.isRefusedFor(timeMs)) {
      this.refusedForAge.add(storedKey(row));
      this.agedParts.add(dimensions.get("part") ?? "");
      if (ageMs > this.#memoryStoreMs) this.movedOut++;
      return { Reason: "The record timestamp is outside the time range of the memory store." };
    }
    if (refuses === "shop" && dimensions.get("shop") === refusedShop) return { Reason: "A dimension is not valid." };
    return undefined;
  }

  /** Whether rows of this time are refused for it, ever. */
  isRefusedFor(timeMs: number): boolean {
    return this.#switches.refuses === "old" && timeMs < this.#oldestMs;
  }

  #put(row: StoredRow): RejectedRecord | undefined {
    const key = storedKey(row);
    const known = this.rows.get(key);
    if (known === undefined || row.version > known.version) {
      this.rows.set(key, { ...row, before: known });
      return undefined;
    }
    if (row.version < known.version) {
      const Reason = `The record version ${row.version} is lower than the existing version ${known.version}. A higher version is required to update the measure value.`;
      return { Reason, ExistingVersion: known.version };
    }
    if (row.text !== known.text) {
      this.#wrong(`two writes of version ${row.version} of one row differ: ${known.text} and ${row.text}`);
    } else if (this.#switches.identicalReplay === "accepted") return undefined;
    const Reason =
      "A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value.";
    return this.#switches.existingVersion === "told" ? { Reason, ExistingVersion: known.version } : { Reason };
  }
}

/** What a row is known by. */
export const storedKey = ({
  metric,
  timeMs,
  dimensions,
}: Pick<StoredRow, "metric" | "timeMs" | "dimensions">): string =>
  [metric, timeMs, ...[...dimensions].flat()].join("\u0000");

/** Dimensions in the order in which a row has them. */
export const sortedDimensions = (dimensions: Iterable<readonly [string, string]>): ReadonlyMap<string, string> =>
  new Map([...dimensions].sort(([a], [b]) => (a < b ? -1 : 1)));

function rowOf(record: _Record, common: _Record): Omit<StoredRow, "writtenMs" | "before"> {
  const measures = new Map((record.MeasureValues ?? []).map(({ Name = "", Value }) => [Name, Number(Value)]));
  const dimensions = [...(common.Dimensions ?? []), ...(record.Dimensions ?? [])];
  return {
    metric: common.MeasureName ?? "",
    timeMs: Number(record.Time),
    dimensions: sortedDimensions(dimensions.map(({ Name = "", Value = "" }): [string, string] => [Name, Value])),
    measures,
    text: JSON.stringify([...measures]),
    version: Number(common.Version),
  };
}
