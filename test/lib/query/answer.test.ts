import { describe, expect, it } from "vitest";
import { definitionsOf } from "../../../lib/definitions.ts";
import { answerQuestion, metricSummaries } from "../../../lib/query/answer.ts";
import type { MetricAnswer, MetricQuestion, MetricStore } from "../../../lib/store/store.ts";
import { config } from "../fold/shop.ts";

const question: MetricQuestion = {
  metric: "orders",
  def: "0123456789ab",
  measure: "count",
  fromMs: Date.UTC(2026, 0, 31, 11),
  toMs: Date.UTC(2026, 0, 31, 12),
  every: "1m",
  by: ["country"],
  where: [],
  order: { column: "time", descending: false },
  limit: 2,
};

/** A store that has these rows, and remembers how many it was asked for. */
class Rows implements MetricStore {
  readonly limits: number[] = [];
  readonly #rows: readonly MetricAnswer[];

  constructor(values: readonly (readonly [minute: number, country: string, value: number])[]) {
    this.#rows = values.map(([minute, country, value]) => ({
      timeMs: question.fromMs + minute * 60_000,
      values: [country],
      value,
    }));
  }

  async answer({ limit }: MetricQuestion): Promise<MetricAnswer[]> {
    this.limits.push(limit);
    return this.#rows.slice(0, limit);
  }
}

describe("an answer", () => {
  it("says what was asked, in ISO times, and has a row for each that was found", async () => {
    const store = new Rows([
      [0, "DE", 3],
      [1, "__proto__", 4],
    ]);
    expect(await answerQuestion(question, store)).toEqual({
      metric: "orders",
      measure: "count",
      from: "2026-01-31T11:00:00.000Z",
      to: "2026-01-31T12:00:00.000Z",
      every: "1m",
      rows: [
        { time: "2026-01-31T11:00:00.000Z", country: "DE", value: 3 },
        { time: "2026-01-31T11:01:00.000Z", country: "__proto__", value: 4 },
      ],
    });
  });

  it("says where there is more than was asked for, and asks for no more than it takes to know", async () => {
    const store = new Rows([
      [0, "DE", 3],
      [1, "DE", 4],
      [2, "DE", 5],
      [3, "DE", 6],
    ]);
    const answer = await answerQuestion(question, store);
    expect(answer.rows).toHaveLength(2);
    expect(answer.truncated).toBe(true);
    expect(store.limits).toEqual([3]);
    expect(await answerQuestion({ ...question, limit: 4 }, store)).not.toHaveProperty("truncated");
  });

  it("is of all the time where no bucket is asked for", async () => {
    expect((await answerQuestion({ ...question, every: undefined }, new Rows([]))).every).toBe("all");
  });
});

describe("the list of metrics", () => {
  it("has the name, the measure and the dimensions of each", () => {
    expect(metricSummaries(definitionsOf(config))).toContainEqual({
      name: "page_views",
      measure: "count",
      dimensions: ["country", "path"],
    });
  });
});
