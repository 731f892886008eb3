import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { definitionsOf, type MetricDefinition } from "../../../lib/config/definitions.ts";
import type { Config, Selection } from "../../../lib/config/shape.ts";
import { count, page, sum, track } from "../../../lib/config.ts";

const base = {
  metrics: {
    orders: { on: track("Sold", { "properties.plan": "pro", "properties.test": false }), measure: count() },
    revenue: {
      on: track("Sold"),
      measure: sum("properties.revenue"),
      by: { shop: "properties.shop", city: "context.city" },
    },
  },
} satisfies Config;
const withRevenue = (changes: object): Config => ({
  metrics: { ...base.metrics, revenue: { ...base.metrics.revenue, ...changes } },
});
const defOf = (config: Config, name: string): string | undefined =>
  definitionsOf(config).metrics.find((metric: MetricDefinition) => metric.name === name)?.def;

/** Changes of one metric, each of which makes other rows. */
const changes: [string, object][] = [
  ["another name of event", { on: track("Bought") }],
  ["another type of event", { on: page("Sold") }],
  ["one more name", { on: track(["Sold", "Bought"]) }],
  ["a condition", { on: track("Sold", { "properties.plan": "pro" }) }],
  ["a condition on a number instead of its text", { on: track("Sold", { "properties.plan": 1 }) }],
  ["a condition on text instead of the number", { on: track("Sold", { "properties.plan": "1" }) }],
  ["another measure", { measure: count() }],
  ["a sum of something else", { measure: sum("properties.total") }],
  ["one dimension less", { by: { shop: "properties.shop" } }],
  ["a dimension of another path", { by: { shop: "properties.store", city: "context.city" } }],
  ["a dimension of another name", { by: { store: "properties.shop", city: "context.city" } }],
  ["dimensions that have changed places", { by: { city: "properties.shop", shop: "context.city" } }],
  ["no dimensions", { by: {} }],
];

describe("the hash of definitions", () => {
  it("differs between any two that make other rows", () => {
    const configs: Config[] = [
      base,
      ...changes.map(([, change]) => withRevenue(change)),
      { ...base, allowedLateness: "25h" },
      { ...base, limits: { groupsPerBucket: 999 } },
      { ...base, limits: { dimensionBytes: 255 } },
      { metrics: { orders: base.metrics.orders } },
      { metrics: { ...base.metrics, turnover: base.metrics.revenue } },
      { metrics: { orders: base.metrics.revenue, revenue: base.metrics.orders } },
    ];
    const hashes = configs.map((config) => definitionsOf(config).hash);
    expect(new Set(hashes).size).toBe(configs.length);
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{12}$/);
  });

  it("stays when only what runs around the fold changes", () => {
    const { hash } = definitionsOf(base);
    expect(definitionsOf({ ...base, stream: { shards: 4, retention: "48h" } }).hash).toBe(hash);
    expect(definitionsOf({ ...base, rollUp: { batchSize: 10, batchingWindow: "60s" } }).hash).toBe(hash);
    expect(definitionsOf({ ...base, allowedLateness: "1440m", limits: { dimensionBytes: 256 } }).hash).toBe(hash);
    const sources = { web: { allowedOrigins: ["https://shop.example"] } };
    const privacy = { remove: ["context.ip"], hash: ["userId"] };
    const trackingPlan = { mode: "enforce", events: { Sold: { type: "object" } } } as const;
    expect(definitionsOf({ ...base, sources, privacy, trackingPlan })).toEqual(definitionsOf(base));
  });

  it("does not depend on the order in which keys are written", () => {
    const shuffled = <T extends object>(value: T) =>
      fc.shuffledSubarray(Object.entries(value), { minLength: Object.keys(value).length }).map(Object.fromEntries);
    const { on, measure, by } = base.metrics.revenue;
    const where = { a: 1, b: "2", c: true, 10: "x", 9: "y" };
    const configs = fc
      .record({ by: shuffled(by), where: shuffled(where), where2: shuffled(where) })
      .chain((parts) => shuffled({ on: { ...on, where: parts.where }, measure, by: parts.by }))
      .chain((revenue) => shuffled({ ...base.metrics, revenue }))
      .map((metrics) => ({ metrics }) as unknown as Config);
    const expected = definitionsOf(withRevenue({ on: { ...on, where } }));
    fc.assert(fc.property(configs, (config) => void expect(definitionsOf(config)).toEqual(expected)));
  });

  it("is the same after a way through JSON, as the ledger keeps definitions", () => {
    const definitions = definitionsOf(base);
    expect(JSON.parse(JSON.stringify(definitions))).toEqual(definitions);
  });
});

describe("the short hash of a metric", () => {
  it.each(changes)("changes with %s", (_title, change) => {
    expect(defOf(withRevenue(change), "revenue")).not.toBe(defOf(base, "revenue"));
  });

  it("stays when the metric's name, other metrics or settings change", () => {
    const def = defOf(base, "revenue");
    expect(defOf({ metrics: { turnover: base.metrics.revenue } }, "turnover")).toBe(def);
    expect(
      defOf({ ...base, allowedLateness: "2h", limits: { dimensionBytes: 64, groupsPerBucket: 5 } }, "revenue"),
    ).toBe(def);
    expect(defOf(withRevenue({ by: { city: "context.city", shop: "properties.shop" } }), "revenue")).toBe(def);
  });

  it("is the same for no dimensions and none said", () => {
    const on: Selection = page();
    expect(defOf({ metrics: { a: { on, measure: count() } } }, "a")).toBe(
      defOf({ metrics: { a: { on, measure: count(), by: {} } } }, "a"),
    );
  });
});
