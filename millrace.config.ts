import { count, defineConfig, page, sum, track } from "./lib/config.ts";

export default defineConfig({
  metrics: {
    page_views: { on: page(), measure: count(), by: { path: "context.page.path", country: "context.geo.country" } },
    product_views: { on: track("Product Viewed"), measure: count(), by: { category: "properties.category" } },
    orders: { on: track("Order Completed"), measure: count(), by: { country: "context.geo.country" } },
    revenue: {
      on: track("Order Completed"),
      measure: sum("properties.revenue"),
      by: { currency: "properties.currency" },
    },
  },
  sources: {
    // Pages and apps: who reads them can read the key.
    web: {},
    // Servers: no browser may send with this key.
    server: { allowedOrigins: [] },
  },
});
