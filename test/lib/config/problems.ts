import { checkConfig } from "../../../lib/config/check.ts";
import { ConfigError, type ConfigProblem } from "../../../lib/config/error.ts";
import type { Config, Metric } from "../../../lib/config/shape.ts";
import { count, track } from "../../../lib/config.ts";

/** What is wrong with a configuration; nothing where it is accepted. Anything but a ConfigError is thrown on. */
export function problemsOf(config: unknown): readonly ConfigProblem[] {
  try {
    checkConfig(config);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

/** The least that a metric may be. */
export const metric: Metric = { on: track("Sold"), measure: count() };
/** A configuration of one metric, with changes that may be wrong. */
export const withMetric = (changes: object, name = "m") =>
  ({ metrics: { [name]: { ...metric, ...changes } } }) as Config;
export const withBy = (by: unknown) => withMetric({ by });
