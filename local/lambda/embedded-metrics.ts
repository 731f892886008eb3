import { type MetricDatum, type MetricSink, type MetricUnit, metricUnits } from "../cloudwatch/metrics.ts";

/** Limits of the specification (CloudWatch user guide, "Specification: Embedded metric format"). */
const metricsMax = 100;
const dimensionsMax = 30;
const valuesMax = 100;

/**
 * Takes the metrics out of a log line in the embedded metric format, as CloudWatch Logs does; other lines are left
 * alone. What in a document is not to the specification is skipped.
 */
export function putEmbeddedMetrics(line: string, sink: MetricSink): void {
  if (!line.includes('"_aws"')) return;
  const document = parse(line.slice(Math.max(0, line.indexOf("{"))));
  const metadata = object(document?._aws);
  const atMs = metadata?.Timestamp;
  if (document === undefined || metadata === undefined || typeof atMs !== "number") return;
  for (const directive of list(metadata.CloudWatchMetrics).map(object)) {
    if (typeof directive?.Namespace !== "string") continue;
    const metrics = list(directive.Metrics).slice(0, metricsMax).map(object);
    for (const dimensions of dimensionSets(document, directive.Dimensions)) {
      for (const metric of metrics) {
        if (typeof metric?.Name !== "string") continue;
        const datum = { namespace: directive.Namespace, name: metric.Name, dimensions, unit: unit(metric.Unit), atMs };
        putValues(datum, document[metric.Name], sink);
      }
    }
  }
}

function putValues(datum: Omit<MetricDatum, "value">, values: unknown, sink: MetricSink): void {
  for (const value of Array.isArray(values) ? values.slice(0, valuesMax) : [values]) {
    if (typeof value === "number") sink.put({ ...datum, value });
  }
}

/** A set whose names are not all in the document as text is skipped; no sets at all mean one without dimensions. */
function dimensionSets(document: Record<string, unknown>, sets: unknown): Record<string, string>[] {
  if (sets === undefined) return [{}];
  const found: Record<string, string>[] = [];
  for (const names of list(sets)) {
    if (!Array.isArray(names) || names.length > dimensionsMax) continue;
    const entries = names.map((name) => [String(name), document[String(name)]] as const);
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === "string")) {
      found.push(Object.fromEntries(entries));
    }
  }
  return found;
}

function unit(name: unknown): MetricUnit {
  return metricUnits.find((each) => each === name) ?? "None";
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return object(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
