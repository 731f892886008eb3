import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The recording, where it is there: beside the repository, not in it. */
export const rees46File = new URL("../../../shared/data/rees46_2019-10-01.csv.gz", import.meta.url).pathname;

const eventNames: Readonly<Record<string, string>> = {
  view: "Product Viewed",
  cart: "Product Added",
  purchase: "Order Completed",
};

/** One row of the recording, read without any of the product's code. */
export interface RecordedRow {
  readonly timeMs: number;
  readonly event: string;
  readonly category: string;
  readonly cents: number;
  readonly cells: Readonly<Record<string, string>>;
}

export function rees46Rows(): RecordedRow[] {
  const [head = "", ...lines] = gunzipSync(readFileSync(rees46File)).toString("utf8").trim().split("\n");
  const columns = head.trim().split(",");
  return lines.map((line) => {
    const values = line.trim().split(",");
    if (values.length !== columns.length) throw new Error(`Expected ${columns.length} columns, got "${line}"`);
    const cells = Object.fromEntries(columns.map((column, index) => [column, values[index] ?? ""]));
    const [date, time] = (cells.event_time ?? "").split(" ");
    return {
      timeMs: Date.parse(`${date}T${time}Z`),
      event: eventNames[cells.event_type ?? ""] ?? "",
      category: cells.category_code || "(none)",
      cents: Math.round(Number(cells.price) * 100),
      cells,
    };
  });
}

/** Count and value in cents of every minute x event x category, as text to compare. */
export function countByHand(rows: readonly RecordedRow[], shiftMs: number): Map<string, string> {
  const counts = new Map<string, { count: number; cents: number }>();
  for (const { timeMs, event, category, cents } of rows) {
    const minute = new Date(Math.floor((timeMs + shiftMs) / 60_000) * 60_000).toISOString();
    const key = `${minute} ${event} ${category}`;
    const before = counts.get(key) ?? { count: 0, cents: 0 };
    counts.set(key, { count: before.count + 1, cents: before.cents + cents });
  }
  return new Map([...counts].sort().map(([key, { count, cents }]) => [key, `${count} events, ${cents} cents`]));
}

/** Cents of the orders of every minute x category, as text to compare. */
export function revenueByHand(rows: readonly RecordedRow[], shiftMs: number): Map<string, string> {
  const totals = new Map<string, number>();
  for (const { timeMs, event, category, cents } of rows) {
    if (event !== "Order Completed") continue;
    const key = `${new Date(Math.floor((timeMs + shiftMs) / 60_000) * 60_000).toISOString()} ${category}`;
    totals.set(key, (totals.get(key) ?? 0) + cents);
  }
  return new Map([...totals].sort().map(([key, cents]) => [key, `${cents} cents`]));
}

/** What `millrace replay --shift-to-now` said it did. */
export const shiftOf = (errors: string): number => Number(/Shifted by (-?\d+) ms/.exec(errors)?.[1]);
