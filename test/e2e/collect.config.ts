import { count, defineConfig, group, identify, page, screen, sum, track } from "../../lib/config.ts";

export default defineConfig({
  metrics: {
    page_views: { on: page(), measure: count(), by: { source: "source" } },
    screens: { on: screen(), measure: count(), by: { source: "source" } },
    groups: { on: group(), measure: count(), by: { source: "source" } },
    shipped: { on: track("Order Shipped"), measure: count(), by: { source: "source" } },
    identified: { on: identify(), measure: count(), by: { source: "source" } },
    clicks: { on: track("Clicked"), measure: count(), by: { source: "source" } },
    searches: { on: track("Searched"), measure: count(), by: { source: "source" } },
    deliveries: { on: track("example.parcel.delivered"), measure: count(), by: { place: "properties.place" } },
    uploads: { on: track("Uploaded"), measure: count() },
    packed: { on: track("Packed"), measure: count() },
    refunds: { on: track("Refund Made"), measure: count() },
    orders: { on: track("Order Completed"), measure: count(), by: { source: "source" } },
    revenue: {
      on: track("Order Completed"),
      measure: sum("properties.revenue"),
      by: { currency: "properties.currency" },
    },
  },
  rollUp: { batchingWindow: "1s" },
  sources: {
    web: { allowedOrigins: ["https://shop.example"] },
    site: { allowedOrigins: ["http://shop.example"] },
    rudder: { allowedOrigins: ["http://shop.example"] },
    server: { laptopKey: "server-key" },
    rudder_node: { laptopKey: "rudder-node-key" },
    rudder_plain: { laptopKey: "rudder-plain-key" },
  },
  trackingPlan: {
    mode: "enforce",
    events: {
      "Refund Made": { type: "object", properties: { revenue: { type: "number" } }, required: ["revenue"] },
      "Order Completed": {
        type: "object",
        properties: { revenue: { type: "number" }, currency: { type: "string" } },
        required: ["revenue"],
      },
    },
  },
});
