import type { PlannedSchema } from "../../../../lib/config/planned-schema.ts";
import type { PlannedEvents } from "../../../../lib/config/shape.ts";
import { trackingPlanOf } from "../../../../lib/config/tracking-plan/compile-at-start.ts";
import type { TrackingPlan } from "../../../../lib/config/tracking-plan/tracking-plan.ts";
import type { Violation } from "../../../../lib/stream/event/refused.ts";
import { withMetric } from "../problems.ts";

/** A plan of one event, `Sold`. */
export const planOf = (schema: PlannedSchema, more: Partial<PlannedEvents> = {}): PlannedEvents => ({
  mode: "enforce",
  events: { Sold: schema },
  ...more,
});

/** A `Sold` with properties. */
export const sold = (properties: unknown) => ({ type: "track", event: "Sold", messageId: "1", properties });

/** A plan, compiled. */
export function compiled(trackingPlan: PlannedEvents): TrackingPlan {
  const plan = trackingPlanOf({ ...withMetric({}), trackingPlan });
  if (plan === undefined) throw new Error("Expected a plan, got none");
  return plan;
}

/** What a plan of one schema has against these properties. */
export const violationsOf = (schema: PlannedSchema, properties: unknown): readonly Violation[] =>
  compiled(planOf(schema)).check(sold(properties));
