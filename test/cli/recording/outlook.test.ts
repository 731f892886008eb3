import { describe, expect, it } from "vitest";
import { Outlook } from "../../../cli/recording/outlook.ts";
import { arrivalMs, definitions, order } from "../../lib/roll-up/fold/shop.ts";

/** What becomes of these events. */
function outlookOf(...events: readonly unknown[]): Outlook {
  const outlook = new Outlook(definitions);
  for (const [index, event] of events.entries()) outlook.add(`m${index}`, JSON.stringify(event), arrivalMs);
  return outlook;
}

describe("the outlook of a replay", () => {
  it.each<[title: string, event: unknown, summary: string, reason: RegExp | undefined]>([
    ["right", order(), "1 counted", undefined],
    ["without a type", order({ type: undefined }), "0 counted, 1 invalid", /^The first invalid: m0: type: expected/],
    ["without a name", order({ event: "" }), "0 counted, 1 invalid", /event: expected the name/],
    ["old", order({ timestamp: "2020-01-01T00:00:00Z" }), "0 counted, 1 late", /--shift-to-now/],
    ["of the future", order({ timestamp: "2099-01-01T00:00:00Z" }), "0 counted, 1 early", /^The first early: m0/],
    ["of much revenue", order({ properties: { revenue: "much" } }), "0 counted, 1 invalid", /properties\.revenue/],
    ["of no metric", order({ event: "Slept" }), "1 counted", /^1 of those counted are in no metric$/],
  ])("of an event that is %s", (_title, event, summary, reason) => {
    const outlook = outlookOf(event);
    expect(outlook.summary).toBe(summary);
    expect(outlook.reasons).toEqual(reason === undefined ? [] : [expect.stringMatching(reason)]);
  });

  it("has the number of each reason, and the first event of it", () => {
    const late = order({ timestamp: "2020-01-01T00:00:00Z" });
    const outlook = outlookOf(order(), late, order({ type: 1 }), late, order(), order({ type: 2 }), late);
    expect(outlook.summary).toBe("2 counted, 3 late, 2 invalid");
    expect(outlook.reasons.map((line) => line.slice(0, 21))).toEqual([
      "The first late: m1: e",
      "The first invalid: m2",
    ]);
  });
});
