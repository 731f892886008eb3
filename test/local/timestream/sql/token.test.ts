import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identifier, literal } from "../../../../local/timestream/sql/quoting.ts";
import { type Token, tokenize } from "../../../../local/timestream/sql/token.ts";

const text = fc.string({ unit: "binary" }).filter((one) => !one.includes("\0"));
const separator = fc.constantFrom(" ", "\n", "\t", " -- comment with 'quotes' and \"more\n", "/* 'a' */", " /* -- */ ");
const piece = fc.oneof(
  text.map(literal),
  text.map(identifier),
  fc.constantFrom("select", "Time", "_x9", "measure_value", "1", "1.5", ".5", "1e5", "2.5E-3", "15m", "1.5h", "500ms"),
  fc.constantFrom(
    "(",
    ")",
    ",",
    ".",
    "<>",
    "!=",
    "<=",
    ">=",
    "||",
    "::",
    "+",
    "-",
    "*",
    "/",
    "%",
    "<",
    ">",
    "=",
    "[",
    "]",
  ),
);

describe("Tokens", () => {
  test("are the pieces a query was put together from, whatever the comments and white space between", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, separator)), (pieces) => {
        const tokens = tokenize(pieces.flat().join(""));
        expect(tokens.map(({ text }) => text)).toEqual(pieces.map(([text]) => text));
      }),
    );
  });

  test("of strings and quoted names hold the very text that was quoted", () => {
    fc.assert(
      fc.property(text, (text) => {
        const [string, name] = tokenize(`${literal(text)} ${identifier(text)}`) as [Token, Token];
        expect([string.kind, string.value, name.kind, name.value]).toEqual(["string", text, "quoted", text]);
      }),
    );
  });

  test("any text gives tokens or a ValidationException", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        try {
          for (const token of tokenize(text))
            expect(text.slice(token.at, token.at + token.text.length)).toBe(token.text);
        } catch (error) {
          expect(error).toMatchObject({
            type: "ValidationException",
            message: expect.stringMatching(/^line \d+:\d+: /),
          });
        }
      }),
    );
  });

  test.each([
    ["15m", "duration"],
    ["1.5h", "duration"],
    ["21hour", "duration"],
    ["1e5", "number"],
    ["1E-5", "number"],
    ["2.", "number"],
    ["e5", "word"],
  ])("%s is a %s", (text, kind) => {
    expect(tokenize(text)).toMatchObject([{ kind, text }]);
  });

  test("an error tells line and column", () => {
    expect(() => tokenize("SELECT 1,\n  #")).toThrow('line 2:3: unexpected "#"');
  });
});
