import { Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { names } from "../../lib/names.ts";

/**
 * One series for all who measure how far the roll-up is behind, with the stream's name where others have that of a function:
 * an alarm over it takes the largest. One metric for each shard would cost 0.30 dollars a month each.
 */
const metrics = new Metrics({ namespace: names.metricNamespace, serviceName: names.stream });

/** Publishes at once how long a record waits to be counted, in milliseconds: the process may come to its end any time. */
export function publishLag(lagMs: number): void {
  metrics.singleMetric().addMetric(names.shardLag, MetricUnit.Milliseconds, lagMs);
}
