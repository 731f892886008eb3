import { count, defineConfig, sum, track } from "../../lib/config.ts";

/** What the end-to-end tests count in the recording: everything, by minute, event and category. */
export default defineConfig({
  metrics: {
    events: { on: track(), measure: count(), by: { event: "event", category: "properties.category" } },
    prices: { on: track(), measure: sum("properties.price"), by: { event: "event", category: "properties.category" } },
    revenue: {
      on: track("Order Completed"),
      measure: sum("properties.revenue"),
      by: { category: "properties.category" },
    },
  },
  stream: { shards: 2 },
  rollUp: { batchingWindow: "1s" },
});
