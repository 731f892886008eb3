import { existsSync } from "node:fs";
import { openRecording } from "../../cli/recording/recording.ts";
import { stamp } from "../../cli/recording/stamp.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { count, defineConfig, identify, page, sum, track } from "../../lib/config.ts";
import { rees46File } from "../e2e/rees46-count.ts";

/** When records arrive, give or take: in the hours of the recording. */
export const arrivalMs = Date.UTC(2019, 9, 1, 2, 30);
/** How far behind it. */
export const arrivalSpreadMs = 3_600_000;
export const allowedLatenessMs = 2 * 3_600_000;
/** Of these nothing is mutated: each one must count, whatever stands beside it. */
export const sentinelName = "Sentinel";

/** Metrics of every kind, with limits so low that mutated events meet them. */
export const definitions = definitionsOf(
  defineConfig({
    metrics: {
      all: { on: track(), measure: count() },
      sold: { on: track("Sold"), measure: sum("properties.price"), by: { shop: "properties.shop" } },
      views: { on: track("Product Viewed"), measure: count(), by: { category: "properties.category" } },
      revenue: {
        on: track(["Order Completed", "Product Added"]),
        measure: sum("properties.revenue"),
        by: { brand: "properties.brand", category: "properties.category" },
      },
      pages: { on: page(), measure: count(), by: { path: "context.page.path", country: "context.geo.country" } },
      people: { on: identify(), measure: sum("traits.a.b.c.d"), by: { plan: "traits.plan" } },
      paid: { on: track([], { "properties.plan": "pro" }), measure: sum("properties.price") },
      sentinels: { on: track(sentinelName), measure: sum("properties.n") },
    },
    allowedLateness: "2h",
    limits: { groupsPerBucket: 12, dimensionBytes: 48 },
  }),
);

const recordedMax = 2_000;

/** Texts of real events, the first of the recording; none where it is not there. */
export async function recordedTexts(): Promise<string[]> {
  if (!existsSync(rees46File)) return [];
  const texts: string[] = [];
  for await (const events of await openRecording(rees46File)) {
    for (const event of events) texts.push(JSON.stringify(stamp(event, { shiftMs: 0, run: "" })));
    if (texts.length >= recordedMax) break;
  }
  return texts.slice(0, recordedMax);
}
