import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Row, rowKey } from "../../../../lib/store/rows/row.ts";

describe("the key of a row", () => {
  it("is the same for the same metric, definition, bucket and dimensions, and for no other", () => {
    const word = fc.constantFrom("a", "b", "ab", "(none)", "1");
    const rows = fc.record({
      metric: word,
      def: word,
      bucketMs: fc.constantFrom(0, 60_000),
      dimensions: fc.array(fc.tuple(word, word), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        expect(rowKey(a) === rowKey(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it.each<[string, Partial<Row>, Partial<Row>]>([
    ["name and definition", { metric: "ab", def: "c" }, { metric: "a", def: "bc" }],
    ["definition and bucket", { def: "d1", bucketMs: 23 }, { def: "d", bucketMs: 123 }],
    ["dimension and value", { dimensions: [["ab", "c"]] }, { dimensions: [["a", "bc"]] }],
    ["dimension and value, by a comma", { dimensions: [["a,b", "c"]] }, { dimensions: [["a", "b,c"]] }],
  ])("tells %s apart", (_, a, b) => {
    const row: Row = { metric: "m", def: "d", bucketMs: 0, dimensions: [], count: 1, numbers: undefined };
    expect(rowKey({ ...row, ...a })).not.toBe(rowKey({ ...row, ...b }));
  });

  it("does not depend on what was counted", () => {
    const row: Row = { metric: "m", def: "d", bucketMs: 0, dimensions: [], count: 1, numbers: undefined };
    expect(rowKey({ ...row, count: 0 } as Row)).toBe(rowKey(row));
  });
});
