import { invalid, notHere } from "./failure.ts";
import { type Fields, fieldsOf, list, oneOf, optionalText, text, timeMs, wholeNumber } from "./field.ts";
import { type MetricUnit, metricUnits, type SeriesName, slotMs } from "./metrics.ts";
import { statistics } from "./statistic.ts";

const dimensionsMax = 30;
const periodSecondsMax = 86_400;

/** The metric that a structure of a request names: `Namespace`, `MetricName` and `Dimensions`. */
export function metricOf(fields: Fields): SeriesName {
  const dimensions = list(fields, "Dimensions", dimensionsMax).map((each) => fieldsOf(each, "Dimensions"));
  return {
    namespace: text(fields, "Namespace"),
    name: text(fields, "MetricName"),
    dimensions: Object.fromEntries(dimensions.map((one) => [text(one, "Name"), text(one, "Value")])),
  };
}

/** `Period` in milliseconds. What is kept here are minutes. */
export function periodMsOf(fields: Fields): number {
  const seconds = wholeNumber(fields, "Period", 1, periodSecondsMax);
  if (seconds < 60) throw notHere(`A Period of ${seconds} s`, "it keeps minutes; ask for a multiple of 60");
  if (seconds % 60 !== 0) throw invalid(`Expected Period to be a multiple of 60, got ${seconds}`);
  return seconds * 1_000;
}

/** A plain statistic; throws for percentiles and their like, which need what minutes do not keep. */
export function statisticOf(name: string): string {
  if (Object.hasOwn(statistics, name)) return name;
  throw notHere(`The statistic ${name.slice(0, 40)}`, `ask for one of ${Object.keys(statistics).join(", ")}`);
}

export function unitOf(fields: Fields): MetricUnit | undefined {
  const unit = optionalText(fields, "Unit");
  return unit === undefined ? undefined : oneOf(unit, "Unit", metricUnits);
}

/** From `StartTime`, rounded down to a whole minute, up to but without `EndTime` (CloudWatch API reference, GetMetricData). */
export function rangeOf(fields: Fields): { readonly fromMs: number; readonly toMs: number } {
  const [startMs, toMs] = [timeMs(fields, "StartTime"), timeMs(fields, "EndTime")];
  if (startMs >= toMs) throw invalid("Expected StartTime to be before EndTime, got one that is not");
  return { fromMs: Math.floor(startMs / slotMs) * slotMs, toMs };
}
