import { describe, expect, test } from "vitest";
import { MetricStore } from "../../../local/cloudwatch/metrics.ts";

const minute = 60_000;
const at = (n: number) => Date.UTC(2026, 0, 1) + n * minute;
const datum = (value: number, atMs: number, dimensions: Record<string, string> = {}) =>
  ({ namespace: "N", name: "m", dimensions, value, unit: "Count", atMs }) as const;

describe("a metric store", () => {
  test("gives the statistics of the minutes asked for, and only of the same dimensions in any order", () => {
    const store = new MetricStore();
    for (const value of [1, 5, 3]) store.put(datum(value, at(1) + value, { a: "1", b: "2" }));
    store.put(datum(100, at(2), { a: "1", b: "2" }));
    store.put(datum(7, at(1), { a: "1" }));
    expect(store.statistics("N", "m", { b: "2", a: "1" }, at(1), at(2))).toEqual({
      max: 5,
      min: 1,
      sum: 9,
      average: 3,
      samples: 3,
    });
  });

  test("tells nothing where there was nothing: no data is not zero", () => {
    const none = { max: undefined, min: undefined, sum: 0, average: undefined, samples: 0 };
    expect(new MetricStore().statistics("N", "m", {}, at(0), at(9))).toEqual(none);
  });

  test("keeps four hours, drops what is older or not a number, and counts what it dropped", () => {
    const store = new MetricStore();
    for (let n = 0; n < 400; n++) store.put(datum(1, at(n)));
    expect(store.statistics("N", "m", {}, at(0), at(400)).samples).toBe(240);
    store.put(datum(1, at(100)));
    store.put(datum(Number.NaN, at(399)));
    expect(store.dropped).toBe(2);
  });

  test("keeps so many series and no more, and has room again when old ones are forgotten", () => {
    const store = new MetricStore({ seriesMax: 2 });
    for (const name of ["a", "b", "c"]) store.put(datum(1, at(0), { name }));
    expect(store.dropped).toBe(1);
    store.put(datum(1, at(260), { name: "c" }));
    expect(store.dropped).toBe(1);
  });
});
