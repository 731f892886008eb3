import type { PlannedEvents } from "../../../lib/config.ts";
import type { PlannedSchema } from "../../../lib/tracking-plan/planned-schema.ts";

/** A plan of one event, `Sold`. */
export const planOf = (schema: PlannedSchema, more: Partial<PlannedEvents> = {}): PlannedEvents => ({
  mode: "enforce",
  events: { Sold: schema },
  ...more,
});

/** A `Sold` with properties. */
export const sold = (properties: unknown) => ({ type: "track", event: "Sold", messageId: "1", properties });
