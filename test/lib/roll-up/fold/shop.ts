import { type Definitions, definitionsOf } from "../../../../lib/config/definitions.ts";
import { count, defineConfig, page, sum, track } from "../../../../lib/config.ts";
import { PartFold } from "../../../../lib/roll-up/fold/part-fold.ts";
import type { Row } from "../../../../lib/store/rows/row.ts";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";

export const config = defineConfig({
  metrics: {
    page_views: { on: page(), measure: count(), by: { path: "context.page.path", country: "context.geo.country" } },
    orders: { on: track("Order Completed"), measure: count(), by: { country: "context.geo.country" } },
    revenue: {
      on: track("Order Completed"),
      measure: sum("properties.revenue"),
      by: { currency: "properties.currency" },
    },
    refunds: { on: track(["Order Refunded", "Order Cancelled"]), measure: sum("properties.revenue") },
    paid: { on: track([], { "properties.plan": "pro" }), measure: count() },
  },
  allowedLateness: "2h",
  limits: { groupsPerBucket: 100, dimensionBytes: 64 },
});
export const definitions: Definitions = definitionsOf(config);

/** When every record of a test arrives unless it says otherwise: on a minute. */
export const arrivalMs = Date.UTC(2026, 0, 31, 12);
const isoAt = (agoMs: number): string => new Date(arrivalMs - agoMs).toISOString();

/** An order of a minute ago, with changes. */
export function order(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { type: "track", event: "Order Completed", timestamp: isoAt(60_000), properties: { revenue: 1 }, ...changes };
}

/** A record as it comes from the stream; its data is text, bytes, or events, one a line. */
export function record(data: string | Buffer | readonly unknown[], sequence = 1): StreamRecord {
  const text = Array.isArray(data) ? data.map((event) => JSON.stringify(event)).join("\n") : (data as string | Buffer);
  return { sequenceNumber: String(sequence), partitionKey: "person", arrivalMs, data: Buffer.from(text) };
}

/** A fold of these records, from the start. */
export function folded(records: readonly StreamRecord[], by: Definitions = definitions): PartFold {
  const fold = new PartFold(by);
  for (const one of records) fold.add(one);
  return fold;
}

/** The rows of a metric. */
export const rowsOf = (fold: PartFold, metric: string): Row[] => fold.rows().filter((row) => row.metric === metric);
/** The events in all rows of a metric. */
export const countOf = (fold: PartFold, metric: string): number =>
  rowsOf(fold, metric).reduce((total, row) => total + row.count, 0);
