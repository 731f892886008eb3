import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOneObject } from "../../../lib/stream/json-text.ts";
import { anyText, anyUnit } from "../any-text.ts";

const object = fc.dictionary(anyText, fc.jsonValue({ stringUnit: anyUnit }));

describe("a text that is one object", () => {
  it("is known however its lines are broken", () => {
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 1, 2, "\t"), fc.boolean(), (value, indent, returns) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(isOneObject(returns ? text.replaceAll("\n", "\r\n") : text)).toBe(true);
      }),
    );
  });

  it("is not two objects, nor one cut short with others behind it", () => {
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 5 }), fc.nat(), (values, place) => {
        const [first = "", ...rest] = values.map((value) => JSON.stringify(value));
        const cut = first.slice(0, place % first.length);
        expect(isOneObject([cut, first, ...rest].join("\n"))).toBe(false);
        expect(isOneObject([first, ...rest, first].join("\n"))).toBe(false);
      }),
    );
  });

  it.each([[""], ["x"], ["{"], ["}"], ['{"'], ['{"a\n"}'], ["{}x"], ["x{}"], ["{}}"], ["1"], ['"{}"']])(
    "is not %j",
    (text) => {
      expect(isOneObject(text)).toBe(false);
    },
  );
});
