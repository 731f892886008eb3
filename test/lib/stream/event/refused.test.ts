import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isProblem } from "../../../../lib/problem.ts";
import { readEvent } from "../../../../lib/stream/event/event.ts";
import { refusedReasons } from "../../../../lib/stream/event/refused.ts";

const page = { type: "page", messageId: "m-1" };
const read = (millrace: unknown) => readEvent(JSON.stringify({ ...page, millrace }), 0);

describe("an event that the collector refused", () => {
  test.each(refusedReasons)("for %s is a problem with that reason and its detail", (reason) => {
    const detail = "properties.revenue: expected number (type)";
    expect(read({ refused: { reason, detail } })).toEqual({ reason, detail });
  });

  test("is one whatever else is wrong with it", () => {
    const text = JSON.stringify({ type: 5, millrace: { refused: { reason: "plan", detail: "d" } } });
    expect(readEvent(text, 0)).toEqual({ reason: "plan", detail: "d" });
  });

  test("has a short detail", () => {
    expect(read({ refused: { reason: "plan", detail: "x".repeat(5_000) } })).toEqual({
      reason: "plan",
      detail: "x".repeat(500),
    });
  });

  test.each([
    ["another reason", { refused: { reason: "late", detail: "d" } }],
    ["no detail", { refused: { reason: "plan" } }],
    ["a reason that is a number", { refused: { reason: 1, detail: "d" } }],
    ["a text", { refused: "plan" }],
    ["nothing", { refused: null }],
    ["only violations", { violations: [{ path: "a", rule: "type", expected: "number" }] }],
    ["a name of the language's own", { refused: { reason: "toString", detail: "d" } }],
  ])("is counted where its note has %s", (_, note) => {
    expect(read(note)).toMatchObject({ type: "page", messageId: "m-1" });
  });

  test("is read without failing, whatever its note is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (note) => {
        const event = read(note);
        if (isProblem(event)) expect(refusedReasons).toContain(event.reason);
      }),
    );
  });
});
