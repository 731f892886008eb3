import { describe, expect, it } from "vitest";
import { definitionsOf } from "../../../lib/config/definitions.ts";
import { answerQuestion, metricSummaries } from "../../../lib/query/answer.ts";
import type { Openness, OpenRange } from "../../../lib/query/open-parts.ts";
import type { MetricAnswer, MetricQuestion, MetricStore } from "../../../lib/store/rows/store.ts";
import { config } from "../roll-up/fold/shop.ts";

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

const opennessOf = (...open: OpenRange[]): Openness => ({ during: async (ask) => [await ask(), open] });
const openness = opennessOf();
const minute = (from: number, to: number): OpenRange => ({
  fromMs: question.fromMs + from * 60_000,
  toMs: question.fromMs + to * 60_000,
});

describe("an answer", () => {
  it("says what was asked, in ISO times, and has a row for each that was found", async () => {
    const store = new Rows([
      [0, "DE", 3],
      [1, "__proto__", 4],
    ]);
    expect(await answerQuestion(question, { store, openness })).toEqual({
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

  const at = (clock: string): number => Date.parse(`2026-01-31T${clock}:00.000Z`);
  it.each<
    [every: MetricQuestion["every"], from: string, to: string, buckets: readonly string[], cut: readonly string[]]
  >([
    ["1h", "18:30", "20:10", ["18:00", "19:00", "20:00"], ["18:00", "20:00"]],
    ["1h", "18:00", "20:00", ["18:00", "19:00"], []],
    ["1h", "18:01", "18:59", ["18:00"], ["18:00"]],
    ["1h", "18:00", "18:59", ["18:00"], ["18:00"]],
    ["1h", "18:59", "20:00", ["18:00", "19:00"], ["18:00"]],
    ["15m", "18:10", "18:50", ["18:00", "18:15", "18:45"], ["18:00", "18:45"]],
    ["5m", "18:10", "18:51", ["18:10", "18:50"], ["18:50"]],
    ["1m", "18:10", "18:12", ["18:10", "18:11"], []],
    ["1d", "00:00", "24:00", ["00:00"], []],
    ["1d", "00:01", "24:00", ["00:00"], ["00:00"]],
    ["1d", "00:00", "23:59", ["00:00"], ["00:00"]],
    [undefined, "18:30", "20:10", ["18:30"], []],
  ])("marks the buckets of %s that %s to %s cuts", async (every, from, to, buckets, cut) => {
    const store: MetricStore = {
      answer: async () => buckets.map((time) => ({ timeMs: at(time), values: [], value: 1 })),
    };
    const asked = { ...question, every, fromMs: at(from), toMs: at(to), by: [], limit: 100 };
    const { rows } = await answerQuestion(asked, { store, openness });
    expect(rows.map(({ time }) => time)).toEqual(buckets.map((time) => new Date(at(time)).toISOString()));
    expect(rows.filter((row) => row.partial).map(({ time }) => time.slice(11, 16))).toEqual(cut);
    expect(rows.every((row) => row.partial === true || !("partial" in row))).toBe(true);
  });

  it("says where there is more than was asked for, and asks for no more than it takes to know", async () => {
    const store = new Rows([
      [0, "DE", 3],
      [1, "DE", 4],
      [2, "DE", 5],
      [3, "DE", 6],
    ]);
    const answer = await answerQuestion(question, { store, openness });
    expect(answer.rows).toHaveLength(2);
    expect(answer.truncated).toBe(true);
    expect(store.limits).toEqual([3]);
    expect(await answerQuestion({ ...question, limit: 4 }, { store, openness })).not.toHaveProperty("truncated");
  });

  it("is of all the time where no bucket is asked for", async () => {
    expect((await answerQuestion({ ...question, every: undefined }, { store: new Rows([]), openness })).every).toBe(
      "all",
    );
  });
});

describe("what is being written as it is asked for", () => {
  const store = new Rows([
    [0, "DE", 3],
    [15, "DE", 4],
  ]);
  const openOf = async (every: MetricQuestion["every"], ...ranges: OpenRange[]) => {
    const { open, rows } = await answerQuestion({ ...question, every }, { store, openness: opennessOf(...ranges) });
    return [open?.map(({ from, to }) => `${from.slice(11, 16)}-${to.slice(11, 16)}`), rows.map((row) => row.open)];
  };

  it("is said of the rows of its buckets, and of its buckets that have no row", async () => {
    expect(await openOf("1m", minute(15, 17))).toEqual([["11:15-11:17"], [undefined, true]]);
    expect(await openOf("15m", minute(15, 17))).toEqual([["11:15-11:30"], [undefined, true]]);
    expect(await openOf("5m", minute(1, 2), minute(6, 7), minute(40, 41))).toEqual([
      ["11:00-11:10", "11:40-11:45"],
      [true, undefined],
    ]);
  });

  it("is not said of what was not asked for, and not at all where nothing is open", async () => {
    expect(await openOf("1m", minute(-5, 0), minute(60, 70))).toEqual([undefined, [undefined, undefined]]);
    expect(await openOf("1m", minute(-5, 1), minute(59, 70))).toEqual([
      ["11:00-11:01", "11:59-12:00"],
      [true, undefined],
    ]);
  });

  it("is said of everything where everything is one bucket", async () => {
    expect((await openOf(undefined, minute(30, 31)))[0]).toEqual(["11:00-12:00"]);
    expect((await openOf(undefined, minute(60, 61)))[0]).toBeUndefined();
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
