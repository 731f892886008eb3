import fc from "fast-check";
import { expect, test } from "vitest";
import { logLines } from "../../../local/lambda/log-lines.ts";

test("output comes as the same lines however it was cut into chunks", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", "ü", "🙂", "\n") }), fc.array(fc.nat(40)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const found: string[] = [];
      const lines = logLines((line) => found.push(line));
      let from = 0;
      for (const to of [...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]) {
        lines.write(bytes.subarray(from, to));
        from = to;
      }
      lines.end();
      const expected = text.split("\n");
      if (expected.at(-1) === "") expected.pop();
      expect(found).toEqual(expected);
    }),
  );
});

test("a line without end is cut, and never held whole", () => {
  const found: number[] = [];
  const lines = logLines((line) => found.push(line.length));
  for (let n = 0; n < 10; n++) lines.write(Buffer.alloc(100_000, "x"));
  lines.end();
  expect(Math.max(...found)).toBe(256 * 1024);
  expect(found.reduce((sum, length) => sum + length)).toBe(1_000_000);
});
