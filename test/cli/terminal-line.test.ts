import { expect, test } from "vitest";
import { terminalLine, terminalText } from "../../cli/terminal-line.ts";

test("a line has nothing that a terminal obeys, and nothing that turns it around", () => {
  expect(terminalLine("a\u001b[31m\u009bb\u007f\nc\u202ed\u2066e ü €")).toBe(
    "a\ufffd[31m\ufffdb\ufffd\ufffdc\ufffdd\ufffde ü €",
  );
});

test("a text keeps its lines", () => {
  expect(terminalText('{\n "a": "\u001b"\n}')).toBe('{\n "a": "\ufffd"\n}');
});
