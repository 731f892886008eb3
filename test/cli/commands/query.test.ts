import { expect, test } from "vitest";
import { queryFormats } from "../../../cli/commands/query.ts";
import type { Answer, AnswerRow } from "../../../lib/query/answer.ts";

const answerOf = (...rows: AnswerRow[]): Answer => ({
  metric: "orders",
  measure: "count",
  from: "2026-03-03T12:00:00.000Z",
  to: "2026-03-03T12:02:00.000Z",
  every: "1m",
  rows,
});
const rows: AnswerRow[] = [
  { time: "2026-03-03T12:00:00.000Z", country: "DE", value: 12 },
  { time: "2026-03-03T12:01:00.000Z", country: "DE", value: 3, open: true },
];

test("a table marks the rows that are being written, and says what the mark means", () => {
  expect(queryFormats.table?.(answerOf(...rows))).toBe(
    [
      "time                      country  value",
      "2026-03-03T12:00:00.000Z  DE          12",
      "2026-03-03T12:01:00.000Z  DE           3  *",
      "* A part of these events is being written as you read: ask again for the whole number.",
      "",
    ].join("\n"),
  );
});

test("a CSV file has a column for it, also where only a later row is open", () => {
  expect(queryFormats.csv?.(answerOf(...rows))).toBe(
    ["time,country,value,open", "2026-03-03T12:00:00.000Z,DE,12,", "2026-03-03T12:01:00.000Z,DE,3,true", ""].join(
      "\r\n",
    ),
  );
});

test("where nothing is open, neither has anything of it; without buckets there is no time", () => {
  const settled = answerOf({ time: "2026-03-03T12:00:00.000Z", value: 12 });
  expect(queryFormats.table?.(settled)).toBe("time                      value\n2026-03-03T12:00:00.000Z     12\n");
  expect(queryFormats.csv?.({ ...settled, every: "all" })).toBe("value\r\n12\r\n");
  const open = answerOf({ time: "2026-03-03T12:00:00.000Z", value: 12, open: true });
  expect(queryFormats.csv?.({ ...open, every: "all" })).toBe("value,open\r\n12,true\r\n");
});

test("a bucket that the range cuts has a mark of its own, and both where it is open too", () => {
  const [first = rows[0], second = rows[1]] = rows;
  if (first === undefined || second === undefined) throw new Error("Expected two rows");
  const cut: Answer = answerOf({ ...first, partial: true }, { ...second, partial: true });
  expect(queryFormats.table?.(cut)).toBe(
    [
      "time                      country  value",
      "2026-03-03T12:00:00.000Z  DE          12  ~",
      "2026-03-03T12:01:00.000Z  DE           3  *~",
      "* A part of these events is being written as you read: ask again for the whole number.",
      "~ The range begins or ends within this bucket: it may have more events than these.",
      "",
    ].join("\n"),
  );
  expect(queryFormats.csv?.(cut)).toBe(
    [
      "time,country,value,open,partial",
      "2026-03-03T12:00:00.000Z,DE,12,,true",
      "2026-03-03T12:01:00.000Z,DE,3,true,true",
      "",
    ].join("\r\n"),
  );
});

test("an answer without rows has the columns that were asked for", () => {
  expect(queryFormats.csv?.(answerOf(), ["country", "path"])).toBe("time,country,path,value\r\n");
  expect(queryFormats.table?.(answerOf(), ["country"])).toBe("time  country  value\n");
  expect(queryFormats.csv?.({ ...answerOf(), every: "all" }, ["country"])).toBe("country,value\r\n");
});
