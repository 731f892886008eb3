import { describe, expect, test } from "vitest";
import type { MetricDatum } from "../../../local/cloudwatch/metrics.ts";
import { putEmbeddedMetrics } from "../../../local/lambda/embedded-metrics.ts";

function metricsOf(line: string): MetricDatum[] {
  const found: MetricDatum[] = [];
  putEmbeddedMetrics(line, { put: (datum) => found.push(datum) });
  return found;
}

const document = (directive: object, rest: object) =>
  JSON.stringify({ _aws: { Timestamp: 1_700_000_000_000, CloudWatchMetrics: [directive] }, ...rest });

describe("a log line in the embedded metric format", () => {
  test("gives each metric once for each set of dimensions, and each value of a list", () => {
    const line = document(
      { Namespace: "Shop", Dimensions: [["till"], []], Metrics: [{ Name: "sold", Unit: "Count" }, { Name: "took" }] },
      { till: "3", sold: [1, 2], took: 5.5 },
    );
    const atMs = 1_700_000_000_000;
    const of = (dimensions: Record<string, string>) => [
      { namespace: "Shop", name: "sold", dimensions, unit: "Count", value: 1, atMs },
      { namespace: "Shop", name: "sold", dimensions, unit: "Count", value: 2, atMs },
      { namespace: "Shop", name: "took", dimensions, unit: "None", value: 5.5, atMs },
    ];
    expect(metricsOf(line)).toEqual([...of({ till: "3" }), ...of({})]);
  });

  test("is found behind the prefix that Lambda's text format puts before it", () => {
    const line = document({ Namespace: "Shop", Metrics: [{ Name: "sold" }] }, { sold: 1 });
    expect(metricsOf(`2026-01-01T00:00:00.000Z\tb2a3\tINFO\t${line}`)).toHaveLength(1);
  });

  test.each([
    ["is no JSON", '{"_aws": '],
    ["is about something else", '{"level":"INFO","message":"hello"}'],
    ["has no time", '{"_aws":{"CloudWatchMetrics":[{"Namespace":"N","Metrics":[{"Name":"m"}]}]},"m":1}'],
    ["has no value", document({ Namespace: "N", Metrics: [{ Name: "m" }] }, {})],
    ["has a text for a value", document({ Namespace: "N", Metrics: [{ Name: "m" }] }, { m: "1" })],
    ["lacks a dimension", document({ Namespace: "N", Dimensions: [["d"]], Metrics: [{ Name: "m" }] }, { m: 1 })],
    ["has no namespace", document({ Metrics: [{ Name: "m" }] }, { m: 1 })],
    ["has something odd everywhere", document({ Namespace: "N", Dimensions: 5, Metrics: "m" }, { m: 1 })],
  ])("gives nothing if it %s", (_what, line) => {
    expect(metricsOf(line)).toEqual([]);
  });
});
