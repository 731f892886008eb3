import { describe, expect, it } from "vitest";
import { amountsOf } from "../../../dashboard/card/amounts.ts";
import { bucketInWords, cardText, caveat, chartInWords } from "../../../dashboard/card/card-text.ts";
import { defaultBy, type MetricAnswers, metricPath, metricViewOf } from "../../../dashboard/card/metric-view.ts";
import { select } from "../../../dashboard/card/selection.ts";
import { ClockFace } from "../../../dashboard/page/clock-face.ts";
import { rangeOf } from "../../../dashboard/page/range.ts";
import { definitionsOf } from "../../../lib/config/definitions.ts";
import { count, defineConfig, track } from "../../../lib/config.ts";
import type { Answer, AnswerRow, MetricSummary } from "../../../lib/query/answer.ts";
import { readQuestion } from "../../../lib/query/question.ts";
import { minuteMs, noonMs, row } from "../answer-rows.ts";

const orders: MetricSummary = { name: "orders", measure: "count", dimensions: ["country"] };
const revenue: MetricSummary = { name: "revenue", measure: "sum", dimensions: ["country", "currency"] };
const clock = new ClockFace("UTC", "en-GB");
const nowMs = noonMs;
const thisMinute = Math.floor(nowMs / minuteMs) * minuteMs;

const answer = ({ name, measure }: MetricSummary, rows: readonly AnswerRow[]): Answer => ({
  metric: name,
  measure,
  from: new Date(thisMinute - 30 * minuteMs).toISOString(),
  to: new Date(thisMinute + minuteMs).toISOString(),
  every: "1m",
  rows,
});
const answers = (
  metric: MetricSummary,
  by: string | null,
  rows: readonly AnswerRow[],
  whole?: Answer,
): MetricAnswers => ({
  range: rangeOf("30m"),
  by,
  parts: answer(metric, rows),
  whole,
  nowMs,
});
const money = (timeMs: number, currency: string, value: number): AnswerRow => ({
  time: new Date(timeMs).toISOString(),
  currency,
  value,
});

describe("the question of a card", () => {
  it("is one that the API takes, for every range, with and without a dimension", () => {
    const config = defineConfig({
      metrics: {
        "a.metric-1": { on: track("Order Completed"), measure: count(), by: { country: "context.country" } },
      },
    });
    const definitions = definitionsOf(config);
    for (const key of ["30m", "3h", "24h"]) {
      for (const by of [null, "country"]) {
        const url = new URL(metricPath("a.metric-1", rangeOf(key), by), "http://localhost");
        const name = decodeURIComponent(url.pathname.split("/").at(-1) ?? "");
        const question = readQuestion(name, url.searchParams, definitions, nowMs);
        expect(question.by).toEqual(by === null ? [] : [by]);
        expect(question.every).toBe(rangeOf(key).every);
      }
    }
  });
});

describe("a card", () => {
  const rows = [
    row(thisMinute - 9 * minuteMs, "DE", 40),
    row(thisMinute - 2 * minuteMs, "US", 10),
    row(thisMinute - minuteMs, "DE", 5),
    row(thisMinute, "DE", 2),
    row(thisMinute, "US", 1),
  ];
  const view = metricViewOf(answers(orders, "country", rows), 0, 5);

  it("shows the total, the last full minute and the one so far", () => {
    expect(cardText(orders, view, select(view, undefined), clock)).toEqual({
      measure: "events per minute",
      total: "58",
      span: "last 30 min",
      "last-time": "full 11:59",
      last: "5",
      "now-time": "12:00 so far",
      now: "3",
    });
  });

  it("shows one value alone, as a part of the whole", () => {
    const selection = select(view, "value:US");
    expect(selection.shown.map(({ value }) => value)).toEqual(["US"]);
    expect(cardText(orders, view, selection, clock)).toMatchObject({
      total: "11",
      span: "US of 58, last 30 min",
      now: "1",
    });
  });

  it("shows everything again when the chosen value is no longer among the largest", () => {
    expect(select(view, "value:FR").shown).toHaveLength(2);
  });

  it("takes for full what no shard is behind of, and says so of each bucket", () => {
    const behind = metricViewOf(answers(orders, "country", rows), 5 * minuteMs, 5);
    const selection = select(behind, undefined);
    expect(cardText(orders, behind, selection, clock)["last-time"]).toBe("full 11:54");
    expect(bucketInWords(orders, behind, selection, 28, clock)).toBe("11:58–11:59: 10 so far");
    expect(bucketInWords(orders, behind, selection, 21, clock)).toBe("11:51–11:52: 40");
    const far = metricViewOf(answers(orders, "country", rows), 86_400_000, 5);
    expect(cardText(orders, far, select(far, undefined), clock)).toMatchObject({
      "last-time": "full",
      last: "none yet",
    });
  });

  it("does not take for full what a part is being written into, and says so of that bucket", () => {
    const open = [{ from: new Date(thisMinute - 2 * minuteMs).toISOString(), to: new Date(thisMinute).toISOString() }];
    const found = answers(orders, "country", rows);
    const written = metricViewOf({ ...found, parts: { ...found.parts, open } }, 0, 5);
    const selection = select(written, undefined);
    expect(cardText(orders, written, selection, clock)).toMatchObject({ "last-time": "full 11:57", last: "0" });
    expect(bucketInWords(orders, written, selection, 28, clock)).toBe("11:58–11:59: 10 so far, being written");
    expect(bucketInWords(orders, written, selection, 27, clock)).toBe("11:57–11:58: 0");
    const whole = { ...answer(orders, rows), open };
    expect([...metricViewOf({ ...found, whole }, 0, 5).timeline.open]).toEqual([28, 29]);
  });

  it("says the chart in words", () => {
    expect(chartInWords(orders, view, select(view, undefined), clock)).toBe(
      `orders, events per minute, last 30 min: 58 in all, most 40 at 11:51, mean ${amountsOf("count").mean(55 / 30)}`,
    );
    const empty = metricViewOf(answers(orders, null, []), 0, 5);
    expect(chartInWords(orders, empty, select(empty, undefined), clock)).toBe(
      "orders, events per minute, last 30 min: 0 in all",
    );
  });

  it("keeps the total exact where rows were cut, and says that the rest has small values in it", () => {
    const whole = answer(orders, [{ time: new Date(thisMinute).toISOString(), value: 100 }]);
    const cut = metricViewOf(answers(orders, "country", [row(thisMinute, "DE", 60)], whole), 0, 5);
    expect(cut.total).toBe(100);
    expect(cut.series.map(({ kind, total }) => [kind, total])).toEqual([
      ["value", 60],
      ["rest", 40],
    ]);
    expect(caveat(orders, cut)).toContain("small ones are in the rest");
    expect(caveat(orders, view)).toBe("");
  });
});

describe("a sum of money", () => {
  const rows = [money(thisMinute, "EUR", 30), money(thisMinute, "USD", 20.5), money(thisMinute - minuteMs, "USD", 11)];
  const view = metricViewOf(answers(revenue, "currency", rows), 0, 5);

  it("is shown by currency at first, whatever the other dimensions", () => {
    expect(defaultBy(revenue)).toBe("currency");
    expect(defaultBy(orders)).toBe("country");
    expect(defaultBy({ ...orders, dimensions: [] })).toBeNull();
  });

  it("is shown one currency at a time", () => {
    const [dollars, euros] = [amountsOf("sum", "USD"), amountsOf("sum", "EUR")];
    const text = cardText(revenue, view, select(view, undefined), clock);
    expect(text).toMatchObject({ total: dollars.full(31.5), now: dollars.full(20.5), span: "last 30 min" });
    expect(cardText(revenue, view, select(view, "value:EUR"), clock)).toMatchObject({ total: euros.full(30) });
  });

  it("says that currencies are mixed where another dimension is chosen", () => {
    const mixed = metricViewOf(answers(revenue, "country", []), 0, 5);
    expect(caveat(revenue, mixed)).toContain("All currencies");
    expect(caveat(revenue, view)).toBe("");
  });
});
