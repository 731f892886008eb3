import { Metrics } from "@aws-lambda-powertools/metrics";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { reportRollUp } from "../../handlers/middleware/report-roll-up.ts";
import { DedupeWindowAlarm } from "../../infra/dedupe-window-alarm.ts";
import { names } from "../../lib/names.ts";
import type { RollUpReport } from "../../lib/roll-up/roll-up.ts";

/** What the roll-up's function prints for CloudWatch. */
async function printedFor(report: RollUpReport): Promise<Record<string, unknown>> {
  const metrics = new Metrics({ namespace: names.metricNamespace, serviceName: names.rollUp });
  await reportRollUp(metrics).after?.({ response: report } as never);
  return metrics.serializeMetrics() as unknown as Record<string, unknown>;
}

const report = (shortWindowsMs: readonly number[]): RollUpReport => ({
  parts: [],
  promisesKept: 0,
  conflicts: 0,
  strays: 0,
  shortWindowsMs,
});

test("the alarm looks at what the roll-up publishes: namespace, name and every dimension", async () => {
  const stack = new Stack(new App({ analyticsReporting: false }), "Test");
  new DedupeWindowAlarm(stack, "DedupeWindow");
  const alarms = Object.values(Template.fromStack(stack).findResources("AWS::CloudWatch::Alarm"));
  const [{ Namespace, MetricName, Dimensions }] = alarms.map(({ Properties }) => Properties) as [
    { Namespace: string; MetricName: string; Dimensions: { Name: string; Value: string }[] },
  ];
  const printed = await printedFor(report([30_000]));
  const { CloudWatchMetrics } = printed._aws as {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
  expect(CloudWatchMetrics).toHaveLength(1);
  expect(CloudWatchMetrics[0]?.Namespace).toBe(Namespace);
  expect(CloudWatchMetrics[0]?.Dimensions).toEqual([Dimensions.map(({ Name }) => Name)]);
  for (const { Name, Value } of Dimensions) expect(printed[Name]).toBe(Value);
  expect(CloudWatchMetrics[0]?.Metrics).toContainEqual({ Name: MetricName, Unit: "Count" });
  expect(CloudWatchMetrics[0]?.Metrics).toContainEqual({ Name: "DedupeWindow", Unit: "Seconds" });
});

test("a window that is short is published with how far it reached, a whole one as a zero", async () => {
  expect(await printedFor(report([95_000, 30_000]))).toMatchObject({ DedupeWindowShort: 2, DedupeWindow: 30 });
  const whole = await printedFor(report([]));
  expect(whole.DedupeWindowShort).toBe(0);
  expect(whole).not.toHaveProperty("DedupeWindow");
});
