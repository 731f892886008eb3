import type { MetricStatistics } from "./metrics.ts";

/** The plain statistics of CloudWatch by name; a period without samples has none. */
export const statistics: Readonly<Record<string, (found: MetricStatistics) => number | undefined>> = {
  Maximum: ({ max }) => max,
  Minimum: ({ min }) => min,
  Average: ({ average }) => average,
  Sum: ({ sum, samples }) => (samples === 0 ? undefined : sum),
  SampleCount: ({ samples }) => (samples === 0 ? undefined : samples),
};
