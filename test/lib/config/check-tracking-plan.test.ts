import { describe, expect, it } from "vitest";
import * as z from "zod";
import { problemsOf, withMetric } from "./problems.ts";

const withPlan = (trackingPlan: unknown) => ({ ...withMetric({}), trackingPlan });
const plan = { mode: "enforce", events: { Sold: { type: "object" } } };

describe("a tracking plan", () => {
  it("takes JSON Schema and schemas of libraries, by event and by type", () => {
    const events = { Sold: { type: "object" }, Viewed: z.object({ sku: z.string() }) };
    const types = { page: {}, screen: {}, identify: z.object({}), group: {} };
    expect(problemsOf(withPlan({ mode: "observe", events, types, unplanned: "refuse" }))).toEqual([]);
    expect(problemsOf(withPlan({ mode: "enforce" }))).toEqual([]);
  });

  const named = (name: string) => withPlan({ ...plan, events: { [name]: {} } });
  const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`e${at}`, {}]));
  it.each<[title: string, config: unknown, path: string, expected: RegExp, received: string]>([
    ["that is none", withPlan("strict"), "trackingPlan", /mode and events/, '"strict"'],
    ["without a mode", withPlan({ events: {} }), "trackingPlan.mode", /"enforce" or "observe"/, "nothing"],
    ["of an unknown mode", withPlan({ ...plan, mode: "warn" }), "trackingPlan.mode", /"observe"/, '"warn"'],
    ["with an unknown key", withPlan({ ...plan, event: {} }), "trackingPlan.event", /mode, events, types/, '"event"'],
    ["that drops", withPlan({ ...plan, unplanned: "drop" }), "trackingPlan.unplanned", /"refuse"/, '"drop"'],
    ["with a list of events", withPlan({ ...plan, events: [] }), "trackingPlan.events", /by the name/, "[]"],
    ["with a list of types", withPlan({ ...plan, types: [] }), "trackingPlan.types", /by the type/, "[]"],
    [
      "of an unknown type",
      withPlan({ ...plan, types: { alias: {} } }),
      "trackingPlan.types.alias",
      /page, s/,
      '"alias"',
    ],
    ["with an empty name", named(""), "trackingPlan.events.", /1 to 256 bytes/, '""'],
    ["with a long name", named("ü".repeat(129)), expect.any(String), /1 to 256 bytes/, expect.any(String)],
    ["with 1,001 events", withPlan({ ...plan, events: many }), "trackingPlan.events", /at most 1000/, "1001"],
    [
      "with a schema that is none",
      withPlan({ ...plan, events: { Sold: "number" } }),
      "trackingPlan.events.Sold",
      /a JSON Schema/,
      '"number"',
    ],
    [
      "with a schema of a library that cannot say it as JSON Schema",
      withPlan({ ...plan, events: { Sold: { "~standard": { vendor: "old", version: 1 } } } }),
      "trackingPlan.events.Sold",
      /Standard JSON Schema/,
      '"a schema of old without it"',
    ],
  ])("%s is refused", (_title, config, path, expected, received) => {
    expect(problemsOf(config)).toEqual([{ path, expected: expect.stringMatching(expected), received }]);
  });
});
