import { type Definitions, definitionsOf } from "../../lib/config/definitions.ts";
import { count, defineConfig, page, sum, track } from "../../lib/config.ts";

const hourMs = 3_600_000;
/** The longest `dedupeWindow` that a configuration may have. */
const windowHoursMax = 7 * 24;
const usual = { allowedLateness: "1h", dedupeWindow: 1, foldVersion: 1 } as const;
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
  /** In windows of the run. */
  shortMemory: { dedupeWindow: 0.5 },
  longMemory: { dedupeWindow: 2 },
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

/** Hours within which a message is known again under the usual settings. */
type Windowed = { readonly windowHours: number };

const windowMs = ({ windowHours }: Windowed, times: number): number =>
  Math.min(windowHours * times, windowHoursMax) * hourMs;

/** Within which copies of a message are known whatever of these is deployed, and beyond which none is. */
export function dedupeWindows(
  names: readonly DeploymentName[],
  surroundings: Windowed,
): { readonly leastMs: number; readonly mostMs: number } {
  return {
    leastMs: windowMs(surroundings, names.includes("shortMemory") ? settings.shortMemory.dedupeWindow : 1),
    mostMs: windowMs(surroundings, names.includes("longMemory") ? settings.longMemory.dedupeWindow : 1),
  };
}

const made = new Map<string, Definitions>();
const names = new Map<Definitions, DeploymentName>();

/** What the definitions were made of. */
export const deployedName = (definitions: Definitions): DeploymentName | undefined => names.get(definitions);

/** The definitions of a deployment; `groupsPerBucket` is the cap on groups. */
export function definitionsFor(
  name: DeploymentName,
  { groupsPerBucket, windowHours }: Windowed & { readonly groupsPerBucket: number },
): Definitions {
  const key = `${name} ${groupsPerBucket} ${windowHours}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const own = (settings as Partial<Record<DeploymentName, object>>)[name];
  const { foldVersion, dedupeWindow: times, ...common } = { ...usual, ...own };
  const dedupeWindow = `${windowMs({ windowHours }, times) / 60_000}m` as const;
  const measured = name in metrics ? metrics[name as keyof typeof metrics] : metrics.first;
  const definitions = definitionsOf(
    defineConfig({ ...common, dedupeWindow, metrics: measured, limits: { groupsPerBucket } }),
    foldVersion,
  );
  made.set(key, definitions);
  names.set(definitions, name);
  return definitions;
}
