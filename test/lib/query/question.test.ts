import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { definitionsOf } from "../../../lib/config/definitions.ts";
import { count, defineConfig, page, sum, track } from "../../../lib/config.ts";
import { readQuestion } from "../../../lib/query/question.ts";
import { QuestionProblem } from "../../../lib/query/url-question.ts";
import { dimensionValue } from "../../../lib/roll-up/fold/dimension.ts";
import { metricSql } from "../../../lib/store/rows/metric-sql.ts";
import type { MetricQuestion } from "../../../lib/store/rows/store.ts";
import { anyText } from "../any-text.ts";

const definitions = definitionsOf(
  defineConfig({
    metrics: {
      page_views: { on: page(), measure: count(), by: { path: "context.page.path", country: "context.geo.country" } },
      revenue: { on: track("Order Completed"), measure: sum("properties.revenue") },
    },
  }),
);
const nowMs = Date.UTC(2026, 0, 31, 12, 30, 30, 500);
const ask = (query: string, metric = "page_views"): MetricQuestion =>
  readQuestion(metric, new URLSearchParams(query), definitions, nowMs);

/** The problem of a question; anything else is thrown on. */
function problemOf(query: string, metric?: string): QuestionProblem {
  try {
    ask(query, metric);
  } catch (error) {
    if (error instanceof QuestionProblem) return error;
    throw error;
  }
  throw new Error(`Expected a problem with ${query}, got none`);
}

describe("a question", () => {
  it("asks, when it says nothing, for the last hour by the minute, a thousand rows, in order of time", () => {
    expect(ask("")).toEqual({
      metric: "page_views",
      def: definitions.metrics[0]?.def,
      measure: "count",
      fromMs: Date.UTC(2026, 0, 31, 11, 30),
      toMs: Date.UTC(2026, 0, 31, 12, 31),
      every: "1m",
      by: [],
      where: [],
      order: { column: "time", descending: false },
      limit: 1_000,
    });
    expect(ask("", "revenue").measure).toBe("sum");
  });

  it("takes from down and to up to a whole minute, and leaves a whole minute as it is", () => {
    const at = (query: string): [number, number] => [ask(query).fromMs, ask(query).toMs];
    expect(at("from=2026-01-31T09:00:59.999Z&to=2026-01-31T09:01:00.001Z")).toEqual([
      Date.UTC(2026, 0, 31, 9, 0),
      Date.UTC(2026, 0, 31, 9, 2),
    ]);
    expect(at("from=2026-01-30&to=2026-01-31")).toEqual([Date.UTC(2026, 0, 30), Date.UTC(2026, 0, 31)]);
    expect(at("from=-90s&to=-31s")).toEqual([Date.UTC(2026, 0, 31, 12, 29), Date.UTC(2026, 0, 31, 12, 30)]);
    expect(at("from=2026-01-31T10:00:00%2B01:00")[0]).toBe(Date.UTC(2026, 0, 31, 9));
  });

  it("asks for buckets of every width there is, or for one", () => {
    for (const every of ["1m", "5m", "15m", "1h", "1d"]) expect(ask(`every=${every}`).every).toBe(every);
    expect(ask("every=all").every).toBeUndefined();
  });

  it("asks for dimensions in the order it names them", () => {
    expect(ask("by=path,country").by).toEqual(["path", "country"]);
    expect(ask("by=country,path").by).toEqual(["country", "path"]);
    expect(ask("by=").by).toEqual([]);
  });

  it("asks for values with colons, commas and anything else in them, as often as it likes", () => {
    const query = new URLSearchParams([
      ["where", "path:/a:b,c&d=e'\"%20😀"],
      ["where", "country:"],
      ["where", "country:DE:"],
    ]);
    expect(ask(query.toString()).where).toEqual([
      ["path", "/a:b,c&d=e'\"%20😀"],
      ["country", "(none)"],
      ["country", "DE:"],
    ]);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (value) => {
        const { where } = ask(new URLSearchParams({ where: `path:${value}` }).toString());
        expect(where).toEqual([["path", dimensionValue(value, 1_000)]]);
      }),
    );
  });

  it.each([
    ["%00", "\ufffd"],
    ["a%00b%1Bc%C2%85", "a\ufffdb\ufffdc\ufffd"],
    ["%0A", "\ufffd"],
    ["%ED%A0%80", "\ufffd\ufffd\ufffd"],
    ["", "(none)"],
    ["(none)", "(none)"],
  ])("asks for the group that an event with the value is in: %s", (given, group) => {
    expect(ask(`where=path:${given}`).where).toEqual([["path", group]]);
  });

  it("asks for rows in either order of time or value, one to ten thousand", () => {
    expect(ask("order=-value").order).toEqual({ column: "value", descending: true });
    expect(ask("order=value").order).toEqual({ column: "value", descending: false });
    expect(ask("order=-time").order).toEqual({ column: "time", descending: true });
    expect(ask("limit=1").limit).toBe(1);
    expect(ask("limit=10000").limit).toBe(10_000);
  });
});

describe("a question that cannot be answered says which field of it, why, and the status", () => {
  it.each<[query: string, field: string, detail: RegExp]>([
    ["since=-1h", "query", /expected one of from, to, every, by, where, limit, order, got "since"/],
    ["__proto__=1", "query", /got "__proto__"/],
    ["from=-1h&from=-2h", "from", /expected it once, got it more often/],
    ["by=path&by=country", "by", /expected it once/],
    ["from=yesterday", "from", /expected an ISO 8601 time, .* got "yesterday"/],
    ["from=", "from", /got ""/],
    ["from=-999999999d", "from", /expected an ISO 8601/],
    ["to=2026-01-31T9:30", "to", /expected an ISO 8601 time/],
    ["to=9999-12-31", "to", /expected an ISO 8601/],
    ["from=now&to=-1h", "to", /expected a time after from/],
    ["from=2026-01-31&to=2026-01-31", "to", /expected a time after from/],
    ["every=2m", "every", /expected one of 1m, 5m, 15m, 1h, 1d, all, got "2m"/],
    ["every=constructor", "every", /expected one of/],
    ["every=", "every", /got ""/],
    ["by=colour", "by", /expected one of country, path, got "colour"/],
    ["by=path,", "by", /expected one of country, path, got ""/],
    ["by=path,path", "by", /expected each dimension once/],
    ["by=path, country", "by", /got " country"/],
    ["by=part", "by", /expected one of country, path/],
    ["where=path", "where", /expected "dimension:value"/],
    ["where=", "where", /expected "dimension:value"/],
    ["where=:x", "where", /expected one of country, path, got ""/],
    ["where=part:1", "where", /expected one of country, path, got "part"/],
    [new Array(201).fill("where=path:x").join("&"), "where", /at most 200 conditions, got 201/],
    [`where=path:${"x".repeat(1_025)}`, "where", /at most 1024 characters/],
    ["order=path", "order", /expected one of time, -time, value, -value, got "path"/],
    ["order=--time", "order", /got "--time"/],
    ["order=-", "order", /got "-"/],
    ["limit=0", "limit", /expected a whole number from 1 to 10000, got "0"/],
    ["limit=10001", "limit", /got "10001"/],
    ["limit=1e3", "limit", /got "1e3"/],
    ["limit=-5", "limit", /got "-5"/],
    ["limit=5.5", "limit", /got "5.5"/],
    ["limit=", "limit", /got ""/],
    [`limit=${"9".repeat(400)}`, "limit", /got "9{20}"$/],
  ])("%s", (query, field, detail) => {
    const problem = problemOf(query);
    expect(problem).toMatchObject({ status: 400, field, message: expect.stringMatching(detail) });
    expect(problem.message.startsWith(`${field}: `)).toBe(true);
    expect(problem.message.length).toBeLessThan(300);
  });

  it("with 404 where there is no such metric", () => {
    for (const metric of ["", "PAGE_VIEWS", "__proto__", "constructor", "x".repeat(5_000)]) {
      const problem = problemOf("", metric);
      expect(problem).toMatchObject({ status: 404, field: "metric" });
      expect(problem.message).toContain("expected one of page_views, revenue, got ");
      expect(problem.message.length).toBeLessThan(300);
    }
  });

  it("for a metric without dimensions too", () => {
    expect(problemOf("by=path", "revenue").message).toBe('by: expected one of no dimension, got "path"');
  });

  it("and is never anything but a question that has its SQL and its times, or a problem", () => {
    const field = fc.constantFrom("from", "to", "every", "by", "where", "limit", "order", "x");
    const value = fc.oneof(
      anyText,
      fc.constantFrom("-1h", "now", "2026-01-31", "1d", "path", "path:x", "-value", "5", "-999999999d", "0001-01-01"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(field, value), { maxLength: 5 }), (pairs) => {
        let question: MetricQuestion;
        try {
          question = readQuestion("page_views", new URLSearchParams(pairs), definitions, nowMs);
        } catch (error) {
          expect(error).toBeInstanceOf(QuestionProblem);
          return;
        }
        expect(metricSql(question, "d", "t")).toContain("SELECT");
        expect(new Date(question.fromMs).toISOString() < new Date(question.toMs).toISOString()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
