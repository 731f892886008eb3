import { describe, expect, expectTypeOf, it } from "vitest";
import type { Config, Metric } from "../../lib/config/shape.ts";
import { count, defineConfig, group, identify, page, screen, sum, track } from "../../lib/config.ts";
import type { eventTypes } from "../../lib/stream/event/event.ts";
import { metric, problemsOf, withMetric } from "./config/problems.ts";

describe("a configuration that is accepted", () => {
  it("is one with page views, orders and revenue, and comes back as it was given", () => {
    const config = {
      metrics: {
        page_views: { on: page(), measure: count(), by: { path: "context.page.path", country: "context.geo.country" } },
        orders: { on: track("Order Completed"), measure: count(), by: { country: "context.geo.country" } },
        revenue: { on: track("Order Completed"), measure: sum("properties.revenue"), by: { currency: "properties.c" } },
      },
    } as const;
    expect(defineConfig(config)).toBe(config);
  });

  it("uses every kind of selection, several names and conditions", () => {
    const metrics = {
      a: { on: track(["A", "B"], { "properties.plan": "pro", "properties.seats": 2 }), measure: count() },
      b: { on: track([], { "context.library.version": "1" }), measure: sum("properties.price"), by: {} },
      c: { on: screen("Home"), measure: count() },
      d: { on: identify({ "traits.paying": true }), measure: count() },
      e: { on: group(), measure: count() },
      f: { on: { type: "alias", names: [], where: {} }, measure: count() },
    } as const;
    expect(problemsOf({ metrics })).toEqual([]);
  });

  it("stands at any edge of the settings", () => {
    const smallest = {
      ...withMetric({}),
      allowedLateness: "1m",
      stream: { shards: 1, retention: "24h" },
      rollUp: { batchSize: 1, batchingWindow: "1s" },
      limits: { groupsPerBucket: 1, dimensionBytes: 16 },
    };
    const largest = {
      ...withMetric({}),
      stream: { shards: 10_000, retention: "8741h" },
      allowedLateness: "24h",
      rollUp: { batchSize: 10_000, batchingWindow: "5m" },
      limits: { groupsPerBucket: 10_000, dimensionBytes: 1_024 },
    };
    expect(problemsOf(smallest)).toEqual([]);
    expect(problemsOf(largest)).toEqual([]);
    expect(problemsOf({ ...withMetric({}), stream: { shards: "on-demand" } })).toEqual([]);
  });

  it("keeps the names of its metrics and their aliases in its type", () => {
    const config = defineConfig({
      metrics: { sales: { on: page(), measure: count(), by: { shop: "properties.shop" } } },
    });
    expectTypeOf(config.metrics).toHaveProperty("sales");
    expectTypeOf(config.metrics.sales.by.shop).toEqualTypeOf<"properties.shop">();
    expectTypeOf(config).toExtend<Config>();
  });

  it("cannot be written with what the types know to be wrong", () => {
    const wrong: unknown[] = [
      // @ts-expect-error a metric needs a measure
      { metrics: { a: { on: page() } } } satisfies Config,
      // @ts-expect-error hours are "24h"
      { metrics: { a: metric }, allowedLateness: 24 } satisfies Config,
      // @ts-expect-error there is no such setting
      { metrics: { a: metric }, latenessAllowed: "24h" } satisfies Config,
      // @ts-expect-error nor such a unit
      { metrics: { a: metric }, allowedLateness: "3w" } satisfies Config,
    ];
    for (const config of wrong) expect(problemsOf(config)).toHaveLength(1);
    expectTypeOf<Metric["on"]["type"]>().toEqualTypeOf<(typeof eventTypes)[number]>();
  });
});
