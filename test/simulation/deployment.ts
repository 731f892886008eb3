import { count, defineConfig, page, sum, track } from "../../lib/config.ts";
import { type Definitions, definitionsOf } from "../../lib/definitions.ts";

/** Every config of the simulation has these: what a product team would not change from day to day. */
const common = { allowedLateness: "1h", dedupeWindow: "1h" } as const;
export const allowedLatenessMs = 3_600_000;
const sold = track("Sold");
const all = { on: track(), measure: count() };
const price = sum("properties.price");
const shop = { shop: "properties.shop" };

/** What is deployed in turn. The totals of `all` are the same under each of them. */
export const deployments = {
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

export type DeploymentName = keyof typeof deployments;

export const deploymentNames = Object.keys(deployments) as DeploymentName[];

const made = new Map<string, Definitions>();
const names = new Map<Definitions, DeploymentName>();

/** What the definitions were made of. */
export const deployedName = (definitions: Definitions): DeploymentName | undefined => names.get(definitions);

/** The definitions of a deployment; `groupsPerBucket` is the cap on groups. */
export function definitionsFor(name: DeploymentName, groupsPerBucket: number): Definitions {
  const key = `${name} ${groupsPerBucket}`;
  const definitions =
    made.get(key) ??
    definitionsOf(defineConfig({ ...common, metrics: deployments[name], limits: { groupsPerBucket } }));
  made.set(key, definitions);
  names.set(definitions, name);
  return definitions;
}
