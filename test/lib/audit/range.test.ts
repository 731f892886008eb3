import { describe, expect, test } from "vitest";
import { type AuditEvent, readAuditEvent } from "../../../lib/audit/range.ts";

const nowMs = Date.UTC(2026, 0, 20, 12, 34, 56);
const read = (event: AuditEvent) => {
  const { fromMs, toMs, rows } = readAuditEvent(event, nowMs);
  return [new Date(fromMs).toISOString(), new Date(toMs).toISOString(), rows];
};

describe("the range of an audit", () => {
  test("is the hour until 15 minutes ago, by itself", () => {
    expect(read({})).toEqual(["2026-01-20T11:19:00.000Z", "2026-01-20T12:19:00.000Z", "sample"]);
  });

  test("is what is asked, as a question about a metric says it", () => {
    expect(read({ from: "2026-01-10", to: "-1d", rows: "all" })).toEqual([
      "2026-01-10T00:00:00.000Z",
      "2026-01-19T12:34:56.000Z",
      "all",
    ]);
  });

  test.each([
    [{ rows: "some" }, "rows: expected one of none, sample, all"],
    [{ from: "yesterday" }, "from: expected an ISO 8601 time"],
    [{ from: 5 as unknown as string }, "from: expected an ISO 8601 time"],
    [{ to: "2026-01-21" }, "to: expected a time that has come"],
    [{ from: "-1h", to: "-2h" }, "to: expected a time after from"],
    [{ from: "-15d" }, "from: expected a time of the last 14 days"],
  ])("is refused where it is %j", (event, message) => {
    expect(() => readAuditEvent(event, nowMs)).toThrow(message);
  });
});
