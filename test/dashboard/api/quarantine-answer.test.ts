import { describe, expect, test } from "vitest";
import { ApiFailure } from "../../../dashboard/api/api-failure.ts";
import {
  contentInWords,
  quarantineSummary,
  readContent,
  readQuarantine,
} from "../../../dashboard/api/quarantine-answer.ts";

const entry = {
  id: "2026-01-31T1200.shardId-000000000000.ab.5.0",
  reason: "plan",
  detail: "properties.revenue: expected number (type)",
  event: "Order Completed",
  source: null,
  messageId: null,
  arrival: "2026-01-31T12:00:00.000Z",
  timestamp: null,
  settled: true,
};
const answer = {
  events: 1,
  byReason: [{ value: "plan", events: 1 }],
  byEvent: [{ value: "Order Completed", events: 1 }],
  bySource: [{ value: null, events: 1 }],
  entries: [entry],
  complete: true,
};

describe("the answer about quarantine", () => {
  test("is read as it is, whatever else it has", () => {
    expect(readQuarantine({ ...answer, bucket: "b", next: "n" })).toEqual(answer);
  });

  test.each([
    ["no object", 5],
    ["no entries", { ...answer, entries: undefined }],
    ["an entry without a time", { ...answer, entries: [{ ...entry, arrival: "soon" }] }],
    ["a count that is none", { ...answer, byReason: [{ value: "plan", events: "1" }] }],
  ])("that has %s is none", (_, body) => {
    expect(() => readQuarantine(body)).toThrow(ApiFailure);
  });

  test.each([
    [0, true, "nothing in 30 min"],
    [0, false, "nothing found yet in 30 min"],
    [1, true, "1 event in 30 min"],
    [1_200, true, "1,200 events in 30 min"],
    [1_200, false, "1,200 or more events in 30 min"],
  ])("%i events, complete %s: %s", (events, complete, words) => {
    expect(quarantineSummary({ events, complete }, "30 min")).toBe(words);
  });
});

describe("the content of an event", () => {
  test("is set out where it is JSON, and shown as it is where it is not", () => {
    expect(contentInWords(readContent({ text: '{"a":{"b":1}}', record: "" }))).toBe('{\n  "a": {\n    "b": 1\n  }\n}');
    expect(contentInWords(readContent({ text: '{"a"', record: "" }))).toBe('{"a"');
  });

  test("is cut where it is long, and no text is said to be none", () => {
    const long = contentInWords({ text: "x".repeat(40_000), recordBytes: 0 });
    expect(long).toMatch(/x\n… \(7232 more\)$/);
    expect(contentInWords(readContent({ text: null, record: "AAAA" }))).toContain("a record of 3 bytes");
  });
});
