import type { AnswerRow } from "../../lib/query/answer.ts";
import { otherValue } from "../../lib/store/rows/row.ts";
import { bucketIndex, type Timeline } from "./timeline.ts";

/** One colour of a chart: a value of the dimension, the rest of them, or everything. */
export interface Series {
  readonly kind: "value" | "rest" | "all";
  /** The dimension's value; empty for the rest and for everything. */
  readonly value: string;
  /** One number per bucket; 0 where the API has no row. */
  readonly amounts: readonly number[];
  readonly total: number;
}

/** Everything in one series. */
export function wholeOf(rows: readonly AnswerRow[], timeline: Timeline): Series {
  return finish("all", "", amountsOf(rows, timeline));
}

/**
 * The `topMax` largest values of a dimension, largest first, and the rest of them where there is one. With `whole` the
 * rest is what `whole` has beyond the top: for rows that a limit has cut. The group of events over a limit is no value of
 * its own: it belongs to the rest.
 */
export function topOf(
  rows: readonly AnswerRow[],
  dimension: string,
  timeline: Timeline,
  topMax: number,
  whole?: Series,
): Series[] {
  const groups = [...Map.groupBy(rows, (row) => String(row[dimension]))]
    .map(([value, ofValue]) => finish("value", value, amountsOf(ofValue, timeline)))
    .filter(({ amounts }) => amounts.some((amount) => amount !== 0));
  const named = groups.filter(({ value }) => value !== otherValue);
  named.sort((a, b) => b.total - a.total || (a.value < b.value ? -1 : 1));
  const top = named.slice(0, topMax);
  const left = [...named.slice(topMax), ...groups.filter(({ value }) => value === otherValue)];
  const rest = whole === undefined ? added(left, timeline) : beyond(whole, top);
  return rest.some((amount) => amount !== 0) ? [...top, finish("rest", "", rest)] : top;
}

function amountsOf(rows: readonly AnswerRow[], timeline: Timeline): number[] {
  const amounts = timeline.startsMs.map(() => 0);
  for (const { time, value } of rows) {
    const index = bucketIndex(timeline, Date.parse(time));
    if (index !== undefined) amounts[index] = (amounts[index] ?? 0) + value;
  }
  return amounts;
}

const added = (all: readonly Series[], { startsMs }: Timeline): number[] =>
  startsMs.map((_, index) => sum(all.map(({ amounts }) => amounts[index] ?? 0)));

/** Prices do not subtract exactly in binary: what is nothing but rounding is 0. */
const beyond = (whole: Series, top: readonly Series[]): number[] =>
  whole.amounts.map((amount, index) => {
    const rest = amount - sum(top.map(({ amounts }) => amounts[index] ?? 0));
    return Math.abs(rest) < 1e-9 * Math.abs(amount) ? 0 : rest;
  });

const finish = (kind: Series["kind"], value: string, amounts: readonly number[]): Series => ({
  kind,
  value,
  amounts,
  total: sum(amounts),
});

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
