import type { TimestreamQueryClient } from "@aws-sdk/client-timestream-query";
import type { TimestreamWriteClient } from "@aws-sdk/client-timestream-write";
import { describe, expect, test } from "vitest";
import type { MetricQuestion, PartRowsQuestion } from "../../../../lib/store/rows/store.ts";
import { TimestreamStore } from "../../../../lib/store/rows/timestream.ts";

const question: MetricQuestion = {
  ...{ metric: "sales", def: "d1", measure: "count", fromMs: 0, toMs: 60_000, every: "1m", by: ["shop"], where: [] },
  ...{ order: { column: "time", descending: false }, limit: 100 },
};
const ofParts: PartRowsQuestion = { fromMs: 0, toMs: 60_000, parts: undefined };

/** A store that is answered page by page, and the tokens that it asked with; an error is thrown. */
function answeredWith(...pages: readonly (object | Error)[]) {
  const tokens: (string | undefined)[] = [];
  const send = async ({ input }: { input: { NextToken?: string } }): Promise<object | undefined> => {
    const page = pages[tokens.push(input.NextToken) - 1];
    if (page instanceof Error) throw page;
    return page;
  };
  const clients = { write: {} as TimestreamWriteClient, query: { send } as unknown as TimestreamQueryClient };
  return { store: new TimestreamStore(clients, { database: "d", table: "t" }), tokens };
}

const rowOf = (...values: (string | undefined)[]) => ({
  Data: values.map((ScalarValue) => (ScalarValue === undefined ? { NullValue: true } : { ScalarValue })),
});
const failure = (name: string, message: string): Error => Object.assign(new Error(message), { name });

describe("an answer of several pages", () => {
  test("is read to its end, pages without rows in between", async () => {
    const { store, tokens } = answeredWith(
      { NextToken: "a" },
      { Rows: [rowOf("0", "Bremen", "3")], NextToken: "b" },
      { Rows: [], NextToken: "c" },
      { Rows: [rowOf("60000", "Ulm", "4")] },
    );
    expect(await store.answer(question)).toEqual([
      { timeMs: 0, values: ["Bremen"], value: 3 },
      { timeMs: 60_000, values: ["Ulm"], value: 4 },
    ]);
    expect(tokens).toEqual([undefined, "a", "b", "c"]);
  });

  test("tells of parts in the same way", async () => {
    const { store } = answeredWith(
      { Rows: [rowOf("p1", "2", "5", "0", "60000")], NextToken: "a" },
      { Rows: [rowOf("p2", "1", "1", "0", "0", "2.5")] },
    );
    expect(await Array.fromAsync(store.rowsOfParts(ofParts))).toEqual([
      { part: "p1", rows: 2, count: 5, firstBucketMs: 0, lastBucketMs: 60_000 },
      { part: "p2", rows: 1, count: 1, firstBucketMs: 0, lastBucketMs: 0, sum: 2.5 },
    ]);
  });
});

test("a question about no part is not asked", async () => {
  const { store, tokens } = answeredWith();
  expect(await Array.fromAsync(store.rowsOfParts({ ...ofParts, parts: [] }))).toEqual([]);
  expect(tokens).toEqual([]);
});

test.each([
  ["ValidationException", "line 1:8: Column 'sum' does not exist"],
  ["ValidationException", "line 1:8: Column 'shop' cannot be resolved"],
])("a column that no row has yet is none of an answer: %s, %s", async (name, message) => {
  const { store } = answeredWith(failure(name, message));
  expect(await store.answer(question)).toEqual([]);
});

test.each<[string, Error]>([
  ["a question that is wrong in another way", failure("ValidationException", "line 1:8: mismatched input")],
  ["a fault that speaks of a column", failure("InternalServerException", "column 'a' does not exist")],
  ["a fault", failure("ThrottlingException", "Rate exceeded")],
])("%s is an error, and no empty answer", async (_, error) => {
  const { store } = answeredWith(error);
  await expect(store.answer(question)).rejects.toBe(error);
});
