import { describe, expect, test } from "vitest";
import * as z from "zod";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import { privacyRulesOf } from "../../../../lib/config/settings.ts";
import type { PlannedEvents } from "../../../../lib/config/shape.ts";
import { trackingPlanOf } from "../../../../lib/config/tracking-plan/compile-at-start.ts";
import { count, defineConfig, track } from "../../../../lib/config.ts";
import { Forecast, mayBeHidden } from "../../../../lib/recovery/resend/forecast.ts";

const rules = { remove: ["properties.buyer"], hash: ["properties.email", "properties.items.email"] };

test.each([
  ["properties.email", "format", true],
  ["properties.buyer", "required", true],
  ["properties.buyer.name", "type", true],
  ["properties.items.3.email", "format", true],
  ["properties", "anyOf", true],
  ["properties.items.0", "oneOf", true],
  ["properties", "additionalProperties", false],
  ["properties.revenue", "type", false],
  ["properties.items.3.price", "type", false],
  ["properties.emails", "type", false],
  ["properties.revenue", "anyOf", false],
])("a violation at %s of %s may come of the privacy rules: %s", (path, rule, expected) => {
  expect(mayBeHidden({ path, rule, expected: "" }, rules)).toBe(expected);
});

describe("the forecast of a replay", () => {
  const schema = z.object({ revenue: z.number(), email: z.email(), buyer: z.string() });
  const trackingPlan: PlannedEvents = { mode: "enforce", events: { Sold: schema } };
  const config = defineConfig({
    metrics: { sales: { on: track("Sold"), measure: count() } },
    privacy: rules,
    trackingPlan,
  });
  const forecast = new Forecast({
    definitions: definitionsOf(config),
    plan: trackingPlanOf(config),
    privacy: privacyRulesOf(config),
    storeReachMs: 3_600_000,
  });
  const of = (properties: object, detail = "") => {
    const event = { type: "track", event: "Sold", messageId: "1", userId: "ann", properties };
    return forecast.of([event], [detail], Date.UTC(2026, 0, 31));
  };

  test("does not hold against an event that its values were hashed or removed after the plan had seen them", () => {
    expect(of({ revenue: 1, email: "9f86d081884c7d65" })).toEqual([undefined]);
  });

  test("refuses what is wrong with the others", () => {
    const detail = "properties.revenue: expected number (type)";
    expect(of({ revenue: "1", email: "9f86d081884c7d65" })).toEqual([{ reason: "plan", detail }]);
  });

  test("refuses one for a hidden value that was wrong before it was hidden, and none that has a right one now", () => {
    const detail = "properties.email: expected email (format)";
    const hidden = { revenue: 1, email: "9f86d081884c7d65" };
    expect(of(hidden, detail)).toEqual([{ reason: "plan", detail: expect.stringContaining(detail) }]);
    expect(of({ ...hidden, buyer: "ann", email: "ann@shop.example" }, detail)).toEqual([undefined]);
  });
});
