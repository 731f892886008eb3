import type { Clock } from "../clock.ts";
import type { MetricSink } from "../cloudwatch/metrics.ts";
import type { InvokeOutcome } from "../lambda/invoke-outcome.ts";
import type { Checkpoints } from "./checkpoint.ts";
import type { Destination } from "./failure/on-failure.ts";
import type { StreamReader } from "./reading/stream-reader.ts";

/** Everything outside the engine: it keeps no time, does no I/O and draws no chance of its own. */
export interface MappingEnvironment {
  readonly clock: Clock;
  readonly reader: StreamReader;
  /** Calls the function with an event. A rejection counts as a throttle: the function did not run. */
  readonly invoke: (functionArn: string, payload: string) => Promise<InvokeOutcome>;
  readonly destination: Destination;
  readonly checkpoints: Checkpoints;
  readonly metrics: MetricSink;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  /** Told, in one line, of what went wrong around the engine and is tried again. */
  readonly problem?: (text: string) => void;
}
