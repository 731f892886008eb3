import { metricOf, periodMsOf, rangeOf, statisticOf, unitOf } from "./asked-metric.ts";
import type { CloudWatchParts } from "./cloudwatch-parts.ts";
import { CloudWatchFailure, invalid, notHere } from "./failure.ts";
import { type Fields, fieldsOf, list, oneOf, optionalText, text, wholeNumber } from "./field.ts";
import { keptMs, type SeriesName } from "./metrics.ts";
import { statistics } from "./statistic.ts";

const queriesMax = 500;
const datapointsMax = 100_800;

interface MetricQuery {
  readonly id: string;
  readonly label: string;
  readonly metric: SeriesName;
  readonly periodMs: number;
  readonly statistic: string;
  readonly unit: string | undefined;
  readonly returned: boolean;
}

/**
 * GetMetricData with `MetricStat` queries (CloudWatch API reference). It has one page: 500 queries over the hours that
 * are kept are fewer values than a page may have.
 */
export function getMetricData({ metrics, startedMs, now }: CloudWatchParts, request: Fields): object {
  const { fromMs, toMs } = rangeOf(request);
  const queries = list(request, "MetricDataQueries", queriesMax).map((each, at) =>
    queryOf(fieldsOf(each, `MetricDataQueries[${at}]`)),
  );
  if (!queries.some(({ returned }) => returned)) {
    throw invalid("Expected MetricDataQueries to have one that returns data, got none");
  }
  if (new Set(queries.map(({ id }) => id)).size < queries.length) throw invalid("Expected each Id once");
  const order = optionalText(request, "ScanBy") ?? "TimestampDescending";
  const ascending = oneOf(order, "ScanBy", ["TimestampAscending", "TimestampDescending"]) === "TimestampAscending";
  if (optionalText(request, "NextToken") !== undefined) {
    throw new CloudWatchFailure("InvalidNextToken", "Expected no NextToken: an answer here has one page");
  }
  const results = queries.filter(({ returned }) => returned).map((query) => resultOf(query));
  const values = results.reduce((total, { Values }) => total + Values.length, 0);
  const most = wholeNumber(request, "MaxDatapoints", 1, datapointsMax, datapointsMax);
  if (values > most)
    throw notHere(`Paging by MaxDatapoints ${most}`, `the answer has ${values}, ask for a shorter time`);
  return { MetricDataResults: results, Messages: keptMessages(fromMs, Math.max(startedMs, now() - keptMs)) };

  function resultOf({ id, label, metric, periodMs, statistic, unit }: MetricQuery) {
    const isOfUnit = unit === undefined || unit === metrics.unit(metric);
    const found = isOfUnit ? metrics.datapoints(metric, fromMs, toMs, periodMs) : [];
    if (!ascending) found.reverse();
    return {
      Id: id,
      Label: label,
      Timestamps: found.map(([startMs]) => startMs / 1_000),
      Values: found.map(([, each]) => statistics[statistic]?.(each) ?? 0),
      StatusCode: "Complete",
    };
  }
}

/** CloudWatch keeps minutes for 15 days: an answer from less must not pass for one of all. */
function keptMessages(fromMs: number, keptFromMs: number): object[] {
  if (fromMs >= keptFromMs) return [];
  const since = new Date(keptFromMs).toISOString();
  const Value = `This laptop keeps the metrics of its last run, and four hours of them: nothing before ${since} is here`;
  return [{ Code: "NotKept", Value }];
}

function queryOf(query: Fields): MetricQuery {
  const id = text(query, "Id");
  if (!/^[a-z][a-zA-Z0-9_]{0,254}$/.test(id)) {
    throw invalid(`Expected Id to be of letters, digits and _, beginning with a small letter, got ${id.slice(0, 80)}`);
  }
  const expression = optionalText(query, "Expression");
  if (expression !== undefined) {
    throw notHere(`The expression of ${id}, ${expression.slice(0, 80)},`, "ask for a metric with MetricStat");
  }
  if (optionalText(query, "AccountId") !== undefined) throw notHere(`The AccountId of ${id}`, "leave it out");
  const stat = fieldsOf(query.MetricStat, "MetricStat");
  const metric = metricOf(fieldsOf(stat.Metric, "MetricStat.Metric"));
  return {
    id,
    label: optionalText(query, "Label") ?? metric.name,
    metric,
    periodMs: periodMsOf(stat),
    statistic: statisticOf(text(stat, "Stat")),
    unit: unitOf(stat),
    returned: query.ReturnData !== false,
  };
}
