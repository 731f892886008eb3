import type { AlarmMetric, AlarmSettings } from "./alarm.ts";
import type { WatchedAlarm } from "./alarm-watch.ts";
import type { CloudWatchParts } from "./cloudwatch-parts.ts";
import { CloudWatchFailure, notHere } from "./failure.ts";
import { type Fields, oneOf, optionalText, textList, wholeNumber } from "./field.ts";

const namesMax = 100;
const recordsMax = 100;
const recordsDefault = 50;

/**
 * DescribeAlarms (CloudWatch API reference): alarms over a metric, by name, as they were when the laptop last looked. A
 * page's token is the name of its last alarm.
 */
export function describeAlarms(parts: CloudWatchParts, request: Fields): object {
  for (const name of ["ActionPrefix", "ChildrenOfAlarmName", "ParentsOfAlarmName"]) {
    if (optionalText(request, name) !== undefined) throw notHere(name, "alarms here have no actions and no children");
  }
  const types = textList(request, "AlarmTypes", 10);
  const isAsked = types.length === 0 || types.includes("MetricAlarm");
  const names = textList(request, "AlarmNames", namesMax);
  const prefix = optionalText(request, "AlarmNamePrefix");
  if (names.length > 0 && prefix !== undefined) {
    throw new CloudWatchFailure(
      "InvalidParameterCombinationException",
      "Expected AlarmNames or AlarmNamePrefix, got both",
    );
  }
  const given = optionalText(request, "StateValue");
  const state = given === undefined ? undefined : oneOf(given, "StateValue", ["OK", "ALARM", "INSUFFICIENT_DATA"]);
  const after = optionalText(request, "NextToken") ?? "";
  const most = wholeNumber(request, "MaxRecords", 1, recordsMax, recordsDefault);
  const found = parts.alarms.alarms.filter(
    ({ settings: { name }, state: is }) =>
      isAsked &&
      (names.length === 0 || names.includes(name)) &&
      (prefix === undefined || name.startsWith(prefix)) &&
      (state === undefined || state === is) &&
      name > after,
  );
  const page = found.slice(0, most);
  return {
    MetricAlarms: page.map((alarm) => described(alarm, parts)),
    CompositeAlarms: [],
    ...(found.length > page.length ? { NextToken: page.at(-1)?.settings.name } : {}),
  };
}

const namedMetric = ({ namespace, metric, dimensions }: AlarmMetric) => ({
  Namespace: namespace,
  MetricName: metric,
  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
});

function describedMetric({ of, periodSeconds: Period }: AlarmSettings): object {
  if (!("text" in of)) return { ...namedMetric(of), Statistic: of.statistic, Period };
  const metrics = Object.entries(of.metrics).map(([Id, metric]) => ({
    Id,
    MetricStat: { Metric: namedMetric(metric), Period, Stat: metric.statistic },
    ReturnData: false,
  }));
  return { Metrics: [{ Id: "expression", Expression: of.text, ReturnData: true }, ...metrics] };
}

function described({ settings, state, reason, changedMs }: WatchedAlarm, { region, accountId }: CloudWatchParts) {
  return {
    AlarmName: settings.name,
    AlarmArn: `arn:aws:cloudwatch:${region}:${accountId}:alarm:${settings.name}`,
    AlarmDescription: settings.description,
    ActionsEnabled: false,
    StateValue: state,
    StateReason: reason,
    StateUpdatedTimestamp: changedMs / 1_000,
    ...describedMetric(settings),
    EvaluationPeriods: settings.evaluationPeriods,
    DatapointsToAlarm: settings.datapointsToAlarm,
    Threshold: settings.threshold,
    ComparisonOperator: settings.comparison,
    TreatMissingData: settings.treatMissingData,
  };
}
