import { count, defineConfig, page, sum, track } from "../../lib/config.ts";

/** A shop's metrics, as fresh as they can be. */
export default defineConfig({
  metrics: {
    page_views: { on: page(), measure: count(), by: { path: "context.page.path" } },
    revenue: {
      on: track("Order Completed"),
      measure: sum("properties.revenue"),
      by: { currency: "properties.currency" },
    },
  },
  rollUp: { batchingWindow: "1s" },
});
