import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choicesOf, fragmentOf } from "../../../dashboard/page/address.ts";
import { type Range, ranges } from "../../../dashboard/page/range.ts";

describe("the address", () => {
  it("keeps the reader's choices", () => {
    const choices = fc.record({
      range: fc.constantFrom<Range>(...ranges),
      by: fc
        .array(fc.tuple(fc.string(), fc.option(fc.string({ minLength: 1 }))), { maxLength: 4 })
        .map((entries) => new Map(entries)),
    });
    fc.assert(
      fc.property(choices, (chosen) => {
        expect(choicesOf(fragmentOf(chosen))).toEqual(chosen);
      }),
    );
  });

  it("stands for half an hour and the metrics' own dimensions where it says nothing or nonsense", () => {
    for (const fragment of ["", "#", "#range=1000y&x=y", "#%E0%A4%A"]) {
      const { range, by } = choicesOf(fragment);
      expect(range.key).toBe("30m");
      expect(by.size).toBe(0);
    }
  });
});
