import { describe, expect, it } from "vitest";
import { ColourSlots } from "../../../dashboard/card/colour-slots.ts";

describe("the colours of values", () => {
  it("stay with their values when the order changes", () => {
    const slots = new ColourSlots(3);
    const before = slots.assign(["DE", "US", "FR"]);
    const after = slots.assign(["FR", "DE", "US"]);
    for (const value of ["DE", "US", "FR"]) expect(after.get(value)).toBe(before.get(value));
  });

  it("go to a newcomer when a value is gone", () => {
    const slots = new ColourSlots(2);
    slots.assign(["DE", "US"]);
    expect(slots.assign(["US", "FR"])).toEqual(
      new Map([
        ["US", 1],
        ["FR", 0],
      ]),
    );
  });

  it("are never shared, and more values than colours are refused", () => {
    const slots = new ColourSlots(2);
    expect(new Set(slots.assign(["DE", "US"]).values()).size).toBe(2);
    expect(() => slots.assign(["DE", "US", "FR"])).toThrow("Expected at most 2 values, got 3");
  });
});
