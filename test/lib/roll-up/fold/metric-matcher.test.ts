import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import type { Config, Metric, Selection } from "../../../../lib/config/shape.ts";
import { count, page, screen, track } from "../../../../lib/config.ts";
import { isProblem } from "../../../../lib/problem.ts";
import { metricMatcher } from "../../../../lib/roll-up/fold/metric-matcher.ts";
import { type Event, readEvent } from "../../../../lib/stream/event/event.ts";

function eventOf(message: unknown): Event {
  const event = readEvent(JSON.stringify(message), 0);
  if (isProblem(event)) throw new Error(`Expected an event, got ${event.detail}`);
  return event;
}

/** The names of the selections that an event is in. */
function selectedBy(selections: Readonly<Record<string, Selection>>, message: unknown): string[] {
  const metrics: [string, Metric][] = Object.entries(selections).map(([name, on]) => [name, { on, measure: count() }]);
  const config: Config = { metrics: Object.fromEntries(metrics) };
  const event = eventOf(message);
  return metricMatcher(definitionsOf(config))(event)
    .filter(({ matches }) => matches === undefined || matches(event))
    .map(({ definition }) => definition.name);
}

describe("the metrics that look at an event", () => {
  it("are those of its type and any of their names, or of no name", () => {
    const type = fc.constantFrom("track" as const, "page" as const, "screen" as const);
    const name = fc.constantFrom("A", "B", "C", "constructor");
    const selection = fc.record({ type, names: fc.uniqueArray(name, { maxLength: 3 }), where: fc.constant({}) });
    fc.assert(
      fc.property(
        fc.array(selection, { minLength: 1, maxLength: 6 }),
        type,
        name,
        (selections, eventType, eventName) => {
          const named = Object.fromEntries(selections.map((one, index) => [`m${index}`, one]));
          const expected = Object.entries(named)
            .filter(([, on]) => on.type === eventType && (on.names.length === 0 || on.names.includes(eventName)))
            .map(([metric]) => metric);
          const message = { type: eventType, [eventType === "track" ? "event" : "name"]: eventName };
          expect(selectedBy(named, message)).toEqual(expected);
        },
      ),
    );
  });

  it("are those of no name for a page that has none", () => {
    const selections = { all: page(), home: page("Home"), screens: screen() };
    expect(selectedBy(selections, { type: "page" })).toEqual(["all"]);
    expect(selectedBy(selections, { type: "page", name: "Home" })).toEqual(["all", "home"]);
    expect(selectedBy(selections, { type: "alias" })).toEqual([]);
  });

  it("are those whose every condition holds", () => {
    const selections = {
      both: track([], { "properties.plan": "pro", "properties.seats": 2 }),
      plan: track([], { "properties.plan": "pro" }),
      trial: track("Sold", { "properties.trial": false }),
    };
    const of = (properties: unknown) => selectedBy(selections, { type: "track", event: "Sold", properties });
    expect(of({ plan: "pro", seats: 2 })).toEqual(["both", "plan"]);
    expect(of({ plan: "pro", seats: 3 })).toEqual(["plan"]);
    expect(of({ plan: "free", seats: 2 })).toEqual([]);
    expect(of({ trial: false })).toEqual(["trial"]);
    expect(of(undefined)).toEqual([]);
  });

  it("take a number for a number, a text for a text and a boolean for a boolean", () => {
    const selections = {
      number: track([], { "properties.value": 1 }),
      text: track([], { "properties.value": "1" }),
      yes: track([], { "properties.value": true }),
    };
    const of = (value: unknown) => selectedBy(selections, { type: "track", event: "Sold", properties: { value } });
    expect([1, "1", true, [1], null].map(of)).toEqual([["number"], ["text"], ["yes"], [], []]);
  });

  it("tell whole numbers apart that a double cannot, given as strings in a condition", () => {
    const selections = { one: track([], { "properties.id": "2053013552326770905" }) };
    const of = (id: string) => {
      const event = readEvent(`{"type":"track","event":"Sold","properties":{"id":${id}}}`, 0);
      if (isProblem(event)) throw new Error(event.detail);
      const definitions = definitionsOf({ metrics: { one: { on: selections.one, measure: count() } } });
      return metricMatcher(definitions)(event).some(({ matches }) => matches?.(event));
    };
    expect(["2053013552326770905", '"2053013552326770905"', "2053013552326770906"].map(of)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("take a flat name for the path that it spells", () => {
    const selections = { pro: track([], { "properties.user.plan": "pro" }) };
    const of = (more: object) => selectedBy(selections, { type: "track", event: "Sold", ...more });
    expect(of({ properties: { "user.plan": "pro" } })).toEqual(["pro"]);
    expect(of({ "properties.user.plan": "pro" })).toEqual(["pro"]);
    expect(of({ properties: { user: { plan: "free" }, "user.plan": "pro" } })).toEqual([]);
  });
});
