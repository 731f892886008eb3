import type { Config } from "../shape.ts";
import { compilePlan } from "./compile.ts";
import { CompiledPlan } from "./compiled-plan.ts";
import type { TrackingPlan } from "./tracking-plan.ts";

/**
 * The tracking plan of a configuration; undefined where it has none. Compiles it first: where a bundle is made, a module
 * with the schemas already compiled takes the place of this one (`#tracking-plan`). Throws ConfigError.
 */
export function trackingPlanOf({ trackingPlan }: Config): TrackingPlan | undefined {
  return trackingPlan === undefined ? undefined : new CompiledPlan(trackingPlan, compilePlan(trackingPlan));
}
