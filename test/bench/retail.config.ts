import { count, defineConfig, sum, track } from "../../lib/config.ts";

/** Five metrics for the recording of a gift shop's three months, whose oldest event is 91 days old when it ends now. */
export default defineConfig({
  allowedLateness: "100d",
  // The last batch of a replay waits so long for more; the default of 5 s would be half of what is measured.
  rollUp: { batchingWindow: "1s" },
  metrics: {
    events: { on: track(), measure: count(), by: { event: "event" } },
    orders: { on: track("Order Completed"), measure: count(), by: { country: "context.geo.country" } },
    revenue: {
      on: track("Order Completed"),
      measure: sum("properties.revenue"),
      by: { country: "context.geo.country" },
    },
    cancelled: {
      on: track("Order Cancelled"),
      measure: sum("properties.revenue"),
      by: { country: "context.geo.country" },
    },
    corrections: { on: track("Stock Corrected"), measure: count() },
  },
});
