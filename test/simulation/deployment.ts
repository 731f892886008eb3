import { count, defineConfig, page, sum, track } from "../../lib/config.ts";
import { type Definitions, definitionsOf } from "../../lib/definitions.ts";

const hourMs = 3_600_000;
const usual = { allowedLateness: "1h", dedupeWindow: "1h", foldVersion: 1 } as const;
const sold = track("Sold");
const all = { on: track(), measure: count() };
const price = sum("properties.price");
const shop = { shop: "properties.shop" };

/** Metrics that are deployed in turn. The totals of `all` are the same under each of them. */
const metrics = {
  first: { sales: { on: sold, measure: price, by: shop }, all },
  /** A dimension more. */
  bySize: { sales: { on: sold, measure: price, by: { ...shop, size: "properties.size" } }, all },
  /** A metric more. */
  withPages: { sales: { on: sold, measure: price, by: shop }, all, pages: { on: page(), measure: count(), by: shop } },
  /** A narrower selection. */
  onlySmall: { sales: { on: track("Sold", { "properties.size": "z0" }), measure: price, by: shop }, all },
  /** A metric less. */
  withoutSales: { all },
  /** Another measure under the same name. */
  counted: { sales: { on: sold, measure: count(), by: shop }, all },
} as const;

/** Settings that are deployed in turn, with the first metrics. */
const settings = {
  shortMemory: { dedupeWindow: "30m" },
  longMemory: { dedupeWindow: "2h" },
  strict: { allowedLateness: "30m" },
  patient: { allowedLateness: "2h" },
  /** Other code that folds; that it makes the same rows nobody may rely on. */
  refolded: { foldVersion: 2 },
} as const;

export type DeploymentName = keyof typeof metrics | keyof typeof settings;

/** Those that differ in their metrics, and those that differ in their settings. */
export const metricNames = Object.keys(metrics) as (keyof typeof metrics)[];
export const settingNames = Object.keys(settings) as (keyof typeof settings)[];
export const deploymentNames: readonly DeploymentName[] = [...metricNames, ...settingNames];

/** The longest there is. */
export const allowedLatenessMs = 2 * hourMs;

/** Within which copies of a message are known whatever of these is deployed, and beyond which none is. */
export function dedupeWindows(names: readonly DeploymentName[]): { readonly leastMs: number; readonly mostMs: number } {
  return {
    leastMs: names.includes("shortMemory") ? hourMs / 2 : hourMs,
    mostMs: names.includes("longMemory") ? 2 * hourMs : hourMs,
  };
}

const made = new Map<string, Definitions>();
const names = new Map<Definitions, DeploymentName>();

/** What the definitions were made of. */
export const deployedName = (definitions: Definitions): DeploymentName | undefined => names.get(definitions);

/** The definitions of a deployment; `groupsPerBucket` is the cap on groups. */
export function definitionsFor(name: DeploymentName, groupsPerBucket: number): Definitions {
  const key = `${name} ${groupsPerBucket}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const { foldVersion, ...common } = { ...usual, ...(settings as Partial<Record<DeploymentName, object>>)[name] };
  const own = name in metrics ? metrics[name as keyof typeof metrics] : metrics.first;
  const definitions = definitionsOf(
    defineConfig({ ...common, metrics: own, limits: { groupsPerBucket } }),
    foldVersion,
  );
  made.set(key, definitions);
  names.set(definitions, name);
  return definitions;
}
