import { describe, expect, test } from "vitest";
import { readExpression } from "../../../local/cloudwatch/expression.ts";

const values = new Map([
  ["a", 6],
  ["b", 2],
  ["none", undefined],
]);

describe("metric math", () => {
  test.each<[text: string, value: number | undefined]>([
    ["a", 6],
    ["1.5", 1.5],
    ["a - b - 1", 3],
    ["a + b * 3", 12],
    ["(a + b) * 3", 24],
    ["a / b / 3", 1],
    ["a > b", 1],
    ["a <= b", 0],
    ["a == 6 AND b != 2", 0],
    ["a == 5 OR b == 2", 1],
    ["IF(a > 5, b, 0)", 2],
    ["IF(a > 7, b, 0)", 0],
    ["MAX([a, b, 9])", 9],
    ["MIN([a,b])", 2],
    ["none", undefined],
    ["none + a", undefined],
    ["IF(none, 1, 2)", undefined],
    ["FILL(none, 4)", 4],
    ["FILL(a, 4)", 6],
    ["MAX([none, b])", 2],
    ["MAX([none])", undefined],
    ["IF(FILL(none, 0) > 0 AND FILL(a, 0) < 1, 1, 0)", 0],
  ])("%s is %s", (text, value) => {
    expect(readExpression(text).evaluate(values)).toBe(value);
  });

  test("names the metrics that it is over", () => {
    expect([...readExpression("MAX([FILL(a, 0), b])").ids]).toEqual(["a", "b"]);
  });

  test.each([
    ["", "its end"],
    ["a b", "got b"],
    ["a +", "its end"],
    ["(a", "its end"],
    ["MAX([a)", "got )"],
    ["RATE(a)", "got RATE"],
    ["toString(a)", "got ("],
    ["SEARCH('x')", "'x'"],
    ["a % 2", "% 2"],
  ])("that does not run here says so: %j", (text, message) => {
    expect(() => readExpression(text)).toThrow(message);
  });
});
