import { describe, expect, test } from "vitest";
import { type AlarmMetric, type AlarmSettings, alarmState, checkAlarm } from "../../../local/cloudwatch/alarm.ts";
import { AlarmWatch } from "../../../local/cloudwatch/alarm-watch.ts";
import { MetricStore } from "../../../local/cloudwatch/metrics.ts";

const minuteMs = 60_000;
const at = (minute: number): number => Date.UTC(2026, 0, 1) + minute * minuteMs;
const lost: AlarmMetric = { namespace: "N", metric: "m", dimensions: { service: "s" }, statistic: "Sum" };
const settings: AlarmSettings = {
  name: "lost",
  description: "",
  of: lost,
  comparison: "GreaterThanThreshold",
  threshold: 0,
  periodSeconds: 300,
  evaluationPeriods: 3,
  datapointsToAlarm: 2,
  treatMissingData: "notBreaching",
};

function storeWith(values: Readonly<Record<number, number>>, dimensions: Record<string, string> = { service: "s" }) {
  const store = new MetricStore();
  for (const [minute, value] of Object.entries(values)) {
    store.put({ namespace: "N", name: "m", dimensions, value, unit: "Count", atMs: at(Number(minute)) });
  }
  return store;
}

describe("an alarm", () => {
  test("is at M of the last N whole periods that breach, and not for the one that is not over", () => {
    const state = (values: Readonly<Record<number, number>>) =>
      alarmState(settings, storeWith(values), at(0), at(15)).state;
    expect(state({ 0: 1, 10: 1 })).toBe("ALARM");
    expect(state({ 0: 1, 4: 1, 5: 0 })).toBe("OK");
    expect(state({ 0: 1, 15: 1 })).toBe("OK");
  });

  test("looks at a metric of exactly its dimensions", () => {
    const values = { 0: 1, 5: 1, 10: 1 };
    expect(alarmState(settings, storeWith(values, {}), at(0), at(15)).state).toBe("OK");
    const more = { service: "s", function_name: "f" };
    expect(alarmState(settings, storeWith(values, more), at(0), at(15)).state).toBe("OK");
  });

  test.each([
    ["breaching", "ALARM"],
    ["notBreaching", "OK"],
    ["missing", "INSUFFICIENT_DATA"],
  ] as const)(
    "without data, treated as %s, is %s; before it ran long enough, nothing is known",
    (treatMissingData, state) => {
      const alarm = { ...settings, treatMissingData };
      expect(alarmState(alarm, new MetricStore(), at(0), at(15)).state).toBe(state);
      expect(alarmState(alarm, new MetricStore(), at(9), at(15)).state).toBe("INSUFFICIENT_DATA");
    },
  );

  test("says why, in numbers", () => {
    expect(alarmState(settings, storeWith({ 0: 2, 10: 3 }), at(0), at(15)).reason).toBe(
      "2 of the last 3 periods of 300 s have data: 3, 2 (newest first); the alarm is at GreaterThanThreshold 0, missing data is treated as notBreaching",
    );
  });

  test("that asks for what is not known here is refused by the name of it", () => {
    expect(() => checkAlarm({ ...settings, of: { ...lost, statistic: "p99" } })).toThrow(
      "Statistic to be one of Maximum",
    );
    expect(() => checkAlarm({ ...settings, comparison: "toString" })).toThrow("ComparisonOperator");
  });
});

describe("an alarm over metric math", () => {
  const runs: AlarmMetric = { ...lost, metric: "runs" };
  const over = (text: string): AlarmSettings => ({ ...settings, of: { text, metrics: { lost, runs } } });
  const stateOf = (text: string, values: Readonly<Record<number, number>>) => {
    const store = storeWith(values);
    for (const minute of [5, 10])
      store.put({
        namespace: "N",
        name: "runs",
        dimensions: { service: "s" },
        value: 1,
        unit: "Count",
        atMs: at(minute),
      });
    return alarmState(over(text), store, at(0), at(15)).state;
  };

  test("compares its value of each period", () => {
    expect(stateOf("IF(FILL(runs, 0) > 0, FILL(lost, 1), 0)", {})).toBe("ALARM");
    expect(stateOf("IF(FILL(runs, 0) > 0, FILL(lost, 1), 0)", { 5: 0 })).toBe("OK");
    expect(stateOf("lost", {})).toBe("OK");
  });

  test("of what is not known here is refused by the name of it", () => {
    expect(() => checkAlarm(over("lost + other"))).toThrow("got other");
    expect(() => checkAlarm(over("ANOMALY_DETECTION_BAND(lost)"))).toThrow("got ANOMALY_DETECTION_BAND");
    expect(() =>
      checkAlarm({ ...settings, of: { text: "lost", metrics: { lost: { ...lost, statistic: "p99" } } } }),
    ).toThrow("Statistic");
  });
});

test("a change to ALARM and back is told once, with the time it happened", () => {
  const store = storeWith({ 0: 1, 5: 1 });
  const watch = new AlarmWatch(store, at(0));
  watch.add(settings);
  expect(watch.check(at(1))).toEqual([]);
  expect(watch.check(at(15)).map(({ state }) => state)).toEqual(["ALARM"]);
  expect(watch.check(at(16))).toEqual([]);
  expect(watch.alarms[0]).toMatchObject({ state: "ALARM", changedMs: at(15) });
  expect(watch.check(at(40)).map(({ state }) => state)).toEqual(["OK"]);
});
