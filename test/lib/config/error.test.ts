import { describe, expect, it } from "vitest";
import { shown } from "../../../lib/problem.ts";

describe("a value in an error", () => {
  it("is shown in 80 characters, and no character is cut in two", () => {
    expect(shown("x".repeat(200))).toHaveLength(80);
    expect(shown(`${"x".repeat(75)}${"\u{1f600}".repeat(9)}`).isWellFormed()).toBe(true);
  });

  it("is told apart from a text that says the same", () => {
    expect([undefined, "nothing", null, "5", 5, Number.NEGATIVE_INFINITY, 10n].map(shown)).toEqual([
      "nothing",
      '"nothing"',
      "null",
      '"5"',
      "5",
      "-Infinity",
      "10",
    ]);
  });

  it("is shown whatever it is: functions, symbols, circles, ten thousand brackets", () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const deep: unknown = JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`);
    expect([() => 1, Symbol("s"), circle, deep].map(shown)).toEqual([
      "a function",
      "Symbol(s)",
      "a value too deep to show",
      "a value too deep to show",
    ]);
  });
});
