import {
  RejectedRecordsException,
  type TimestreamWriteClient,
  type WriteRecordsCommand,
  type WriteRecordsCommandInput,
} from "@aws-sdk/client-timestream-write";
import { type NewRecord, newRecord } from "../../local/timestream/write/record.ts";
import { readRecordFields } from "../../local/timestream/write/record-fields.ts";
import { timeWindow } from "../../local/timestream/write/time-window.ts";
import { definitions } from "./shop.ts";

const retention = { memoryRetentionHours: 30, magneticRetentionDays: 1, magneticStoreWrites: false, schema: undefined };

/**
 * A table that takes what the laptop's Timestream takes, by its own checks, and says what is wrong with what it would
 * not take: rows of counted events have no business being refused, unless it is told to refuse some.
 */
export class CheckedTable {
  readonly wrong: string[] = [];
  /** The sum of the rows' counts by part. */
  readonly counts = new Map<string, number>();
  /** Of the rows of each metric: all that they count, and their sums. */
  readonly totals = new Map<string, { count: number; sum: number }>();
  readonly inputs: WriteRecordsCommandInput[] = [];
  /** Requests until one fails. */
  failsIn: number | undefined;
  readonly #window;
  readonly #refuses: boolean;
  readonly #rows = new Map<string, string>();

  constructor(nowMs: number, refuses: boolean) {
    this.#window = timeWindow(retention as Parameters<typeof timeWindow>[0], nowMs);
    this.#refuses = refuses;
  }

  /** A client of it, as far as the store uses one. */
  get client(): TimestreamWriteClient {
    const send = async ({ input }: WriteRecordsCommand) => this.#write(input);
    return { send } as unknown as TimestreamWriteClient;
  }

  #write(input: WriteRecordsCommandInput): object {
    if (this.failsIn !== undefined && this.failsIn-- === 0) throw new Error("the store is down");
    const records = input.Records ?? [];
    if (records.length === 0 || records.length > 100) this.wrong.push(`a request of ${records.length} rows`);
    this.inputs.push(input);
    const common = readRecordFields(input.CommonAttributes, "CommonAttributes");
    const rejected = records.flatMap((record, index) => {
      const row = newRecord(common, readRecordFields(record, `Records[${index}]`), index, this.#window);
      if (typeof row === "string") {
        this.wrong.push(`row refused: ${row} ${JSON.stringify(record).slice(0, 300)}`);
        return [];
      }
      if (this.#isRefused(row)) return [{ RecordIndex: index, Reason: refusal(row) }];
      this.#put(row, JSON.stringify(record.MeasureValues));
      return [];
    });
    if (rejected.length > 0) {
      throw new RejectedRecordsException({ message: "rejected", RejectedRecords: rejected, $metadata: {} });
    }
    return {};
  }

  #isRefused({ measureName, dimensions, timeNs }: NewRecord): boolean {
    if (!this.#refuses || measureName === "sentinels") return false;
    const own = dimensions.filter(({ name }) => name !== "part" && name !== "def");
    return (own.reduce((sum, { value }) => sum + value.length, Number(timeNs / 60_000_000_000n)) & 3) === 0;
  }

  #put(row: NewRecord, text: string): void {
    const { measureName, dimensions, timeNs, measures } = row;
    const known = new Map(dimensions.map(({ name, value }) => [name, value]));
    const key = JSON.stringify([measureName, String(timeNs), ...dimensions.map(({ name, value }) => [name, value])]);
    const before = this.#rows.get(key);
    this.#rows.set(key, text);
    if (before !== undefined && before !== text) this.wrong.push(`two writes of a row differ: ${before} and ${text}`);
    const values = new Map(measures.map(({ column, value }) => [column, Number(value)]));
    this.#checkValues(measureName, known, values);
    if (before !== undefined) return;
    const part = known.get("part") ?? "";
    const count = values.get("count") ?? Number.NaN;
    this.counts.set(part, (this.counts.get(part) ?? 0) + count);
    const total = this.totals.get(measureName) ?? { count: 0, sum: 0 };
    this.totals.set(measureName, { count: total.count + count, sum: total.sum + (values.get("sum") ?? 0) });
  }

  #checkValues(metric: string, dimensions: ReadonlyMap<string, string>, values: ReadonlyMap<string, number>): void {
    const of = (name: string): number => values.get(name) ?? Number.NaN;
    const definition = definitions.metrics.find(({ name }) => name === metric);
    const names = definition?.measure.kind === "sum" ? ["count", "sum", "min", "max"] : ["count"];
    if ([...values.keys()].join() !== names.join()) this.wrong.push(`measures of ${metric}: ${[...values.keys()]}`);
    const wrong = names.filter((name) => !Number.isFinite(of(name)));
    if (wrong.length > 0) this.wrong.push(`${metric} has no finite ${wrong.join()}`);
    if (of("count") < 1 || !Number.isInteger(of("count"))) this.wrong.push(`${metric} counts ${of("count")}`);
    // A bucket's sum lies between so many of the smallest and so many of the largest, give or take what a double cannot hold.
    const slack = 1e-9 * of("count") * Math.max(Math.abs(of("min")), Math.abs(of("max")));
    const [low, high] = [of("count") * of("min") - slack, of("count") * of("max") + slack];
    if (names.length > 1 && !(of("sum") >= low && of("sum") <= high)) {
      this.wrong.push(`${metric} adds up to ${of("sum")}, expected ${low} to ${high}`);
    }
    const aliases = ["part", "def", ...(definition?.by.map(([alias]) => alias) ?? [])].sort().join();
    if ([...dimensions.keys()].sort().join() !== aliases)
      this.wrong.push(`dimensions of ${metric}: ${[...dimensions.keys()]}`);
    for (const value of dimensions.values()) {
      if (!value.isWellFormed() || value === "") this.wrong.push(`a dimension is ${JSON.stringify(value)}`);
    }
  }
}

const refusal = ({ timeNs }: NewRecord): string =>
  timeNs % 120_000_000_000n === 0n ? "The timestamp is outside the time range of the memory store" : "Not a good row";
