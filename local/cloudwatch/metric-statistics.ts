import { metricOf, periodMsOf, rangeOf, statisticOf, unitOf } from "./asked-metric.ts";
import type { CloudWatchParts } from "./cloudwatch-parts.ts";
import { CloudWatchFailure, notHere } from "./failure.ts";
import { type Fields, list, textList } from "./field.ts";
import { statistics } from "./statistic.ts";

const datapointsMax = 1_440;

/** GetMetricStatistics (CloudWatch API reference); what was before the hours that are kept has no data points. */
export function getMetricStatistics({ metrics }: CloudWatchParts, request: Fields): object {
  if (list(request, "ExtendedStatistics", 10).length > 0) {
    throw notHere("ExtendedStatistics", `ask for Statistics: ${Object.keys(statistics).join(", ")}`);
  }
  const metric = metricOf(request);
  const { fromMs, toMs } = rangeOf(request);
  const periodMs = periodMsOf(request);
  const names = textList(request, "Statistics", 5).map(statisticOf);
  if (names.length === 0) {
    throw new CloudWatchFailure("MissingRequiredParameterException", "The parameter Statistics is required");
  }
  const asked = Math.ceil((toMs - fromMs) / periodMs);
  if (asked > datapointsMax) {
    throw new CloudWatchFailure(
      "InvalidParameterCombinationException",
      `You have requested up to ${asked} datapoints, which exceeds the limit of ${datapointsMax}`,
    );
  }
  const unit = unitOf(request);
  const kept = metrics.unit(metric);
  const found = unit === undefined || unit === kept ? metrics.datapoints(metric, fromMs, toMs, periodMs) : [];
  return {
    Label: metric.name,
    Datapoints: found.map(([startMs, each]) => ({
      Timestamp: startMs / 1_000,
      Unit: kept,
      ...Object.fromEntries(names.map((name) => [name, statistics[name]?.(each)])),
    })),
  };
}
