import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRawNumber, parseJson, parseJsonToWrite } from "../../../../lib/stream/event/json.ts";
import { anyText } from "../../any-text.ts";

const digits = fc.stringMatching(/^-?[1-9]\d{14,22}$/);
const number = fc.oneof(
  digits,
  fc.constantFrom("1e999", "-1E+400", "1e22", "123456789012345678.5", "0.1", "-0", "12345678901234567e-3"),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
/** Texts that look like large numbers. */
const text = fc.oneof(
  anyText,
  fc
    .array(fc.constantFrom(":", ",", "[", " ", '"', "\\", "]", "}", "2053013552326770905", "1e999"))
    .map((parts) => parts.join("")),
);
/** A value of JSON as text, with any numbers, names and space. */
const jsonText = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    number,
    text.map((each) => JSON.stringify(each)),
    fc.constantFrom("null", "true"),
    tie("list"),
    tie("object"),
  ),
  list: fc.array(tie("value"), { maxLength: 4 }).map((each) => `[${each.join(", ")}]`),
  object: fc
    .array(fc.tuple(fc.oneof(text, fc.constantFrom("__proto__", "rawJSON", "1")), tie("value")), { maxLength: 4 })
    .map((each) => `{${each.map(([name, value]) => `${JSON.stringify(name)} :${value}`).join(",")}}`),
})).value;

/** The naive way: a reviver that is told the source. */
function naive(source: string): unknown {
  const reviver = (_name: string, value: unknown, { source: own = "" }: { source?: string } = {}): unknown => {
    const isLossy =
      typeof value === "number" && (!Number.isFinite(value) || (!Number.isSafeInteger(value) && /^-?\d+$/.test(own)));
    return isLossy ? (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(own) : value;
  };
  return JSON.parse(source, reviver as (name: string, value: unknown) => unknown);
}

describe("JSON that is read to be written again", () => {
  it("has the digits of every whole number and every number past the largest double", () => {
    fc.assert(
      fc.property(jsonText, (source) => {
        const inList = `[${source}]`;
        expect(JSON.stringify(parseJsonToWrite(inList))).toBe(JSON.stringify(naive(inList)));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("JSON that is read", () => {
  it.each<[number: string, kept: string | number]>([
    ["2053013552326770905", "2053013552326770905"],
    ["-2053013552326770906", "-2053013552326770906"],
    ["9007199254740992", "9007199254740992"],
    ["9007199254740991", 9_007_199_254_740_991],
    ["-9007199254740991", -9_007_199_254_740_991],
    ["100000000000000000000000", "100000000000000000000000"],
    ["1e22", 1e22],
    ["2053013552326770905.5", Number("2053013552326770905.5")],
    ["5", 5],
  ])("%s is kept as %j, wherever it is", (source, kept) => {
    for (const [before, after] of [
      ['{"a":', "}"],
      ['{"a": ', "}"],
      ['{"b":"2053013552326770999","a":\n', '\n,"c":[1, 2]}'],
      ['{"b":": 2053013552326770999 ,","a":', "}"],
      ['{"__proto__":{},"a":', "}"],
    ]) {
      const { a } = parseJson(`${before}${source}${after}`) as { a: unknown };
      expect(isRawNumber(a) ? a.rawJSON : a).toBe(kept);
    }
    const [inList] = parseJson(`[${source}, "x"]`) as unknown[];
    expect(isRawNumber(inList) ? inList.rawJSON : inList).toBe(kept);
  });

  it("may be as deep as a record is long", () => {
    const deep = `{"a":2053013552326770905,"b":${"[".repeat(16_000)}2053013552326770906${"]".repeat(16_000)}}`;
    const { a } = parseJson(deep) as { a: unknown };
    expect(isRawNumber(a) && a.rawJSON).toBe("2053013552326770905");
  });

  it("is refused where JSON.parse refuses it", () => {
    for (const source of ["", "{", "[1,]", "NaN", "[01234567890123456789]", '{"a":12345678901234567890'])
      expect(() => parseJson(source)).toThrow(SyntaxError);
  });
});
