import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitJsonArray } from "../../../lib/stream/json-text.ts";
import { anyUnit } from "../any-text.ts";

/** JSON text of any value, with whitespace of any kind around its tokens and every kind of character in its strings. */
const jsonText = fc
  .tuple(fc.json({ stringUnit: anyUnit, depthSize: "medium" }), fc.constantFrom(undefined, 1, "\t"))
  .map(([text, indent]) => JSON.stringify(JSON.parse(text), undefined, indent));
const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);

describe("a JSON array that is cut into its elements", () => {
  it("has the elements that JSON.parse finds, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(space, jsonText, space)), space, (elements, end) => {
        const text = `[${elements.map((element) => element.join("")).join(",")}${end}]${end}`;
        const found = splitJsonArray(text, 1_000);
        expect(found?.map((element) => JSON.parse(element))).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it("keeps every element but the broken one", () => {
    const broken = fc.constantFrom("", "{a:1}", "nul", '{"a":}', "{'a':1}", "1 2", '"\\x"', "{]", "NaN");
    fc.assert(
      fc.property(fc.array(jsonText), broken, fc.array(jsonText, { minLength: 1 }), (before, wrong, after) => {
        const found = splitJsonArray(`[${[...before, wrong, ...after].join(",")}]`, 1_000);
        expect(found).toEqual([...before, wrong, ...after]);
      }),
    );
  });

  it.each([["["], ["[]]"], ["[[]"], ['["]'], ['["\\"]'], ["[}]"], ["[1],[2]"], ["[{}"], ["{}]"], [""], ["[1]x"]])(
    "is not made of %j",
    (text) => {
      expect(splitJsonArray(text, 10)).toBeUndefined();
    },
  );

  it("is empty for brackets with nothing between, and not for a comma", () => {
    expect(splitJsonArray("[ \n ]", 10)).toEqual([]);
    expect(splitJsonArray("[,]", 10)).toEqual(["", ""]);
    expect(splitJsonArray("[1,]", 10)).toEqual(["1", ""]);
  });

  it("is looked at no further than one element past the most there may be", () => {
    expect(splitJsonArray(`[${"1,".repeat(1_000)}1]`, 10)).toHaveLength(11);
  });

  it("is cut in time that grows with its length only, also where it is all quotes and backslashes", () => {
    const length = 2 ** 20;
    expect(splitJsonArray(`["${"\\\\".repeat(length)}"]`, 10)).toHaveLength(1);
    expect(splitJsonArray(`["${'\\"'.repeat(length)}"]`, 10)).toHaveLength(1);
    expect(splitJsonArray(`[${'""'.repeat(length)}]`, 10)).toHaveLength(1);
    expect(splitJsonArray(`[${"[".repeat(length)}]`, 10)).toBeUndefined();
  });
});
