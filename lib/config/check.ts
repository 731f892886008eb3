import { timestreamLimits } from "../limits.ts";
import { shown } from "../problem.ts";
import { eventTypes } from "../stream/event/event.ts";
import { durationMs } from "../time.ts";
import { checkKeys, checkPath, isObject, type Problem } from "./check-fields.ts";
import { checkTrackingPlan } from "./check-tracking-plan.ts";
import { ConfigError, type ConfigProblem } from "./error.ts";
import { memoryStoreHoursMin, settingsOf } from "./settings.ts";
import type { Config, Metric } from "./shape.ts";
import { checkCollector, checkPrivacy, checkSources } from "./sources.ts";

const bytes = (text: string): number => Buffer.byteLength(text);

/** Columns that every row has, and names that Timestream or an answer of the query API uses. */
const takenAliases = new Set(
  ["part", "def", "count", "sum", "min", "max", "sketch", "time", "value", "measure_name", "measure_value"].concat(
    ...["open", "partial", "ts_non_existent_col"],
  ),
);
/** Dimensions of a row that are ours: `part` and `def`. */
const ownDimensions = 2;
/** Bytes of a row beside its metric's name and dimensions: `part`, `def`, the time, the version and five measures. */
const rowOverheadBytes = 220;

const configKeys = ["metrics", "allowedLateness", "dedupeWindow", "stream", "rollUp", "store", "limits"].concat(
  ...["concurrency", "sources", "collector", "privacy", "trackingPlan"],
);

/** Throws ConfigError with everything that is wrong. */
export function checkConfig(config: unknown): asserts config is Config {
  const problems: ConfigProblem[] = [];
  const problem: Problem = (path, expected, value) => {
    problems.push({ path, expected, received: shown(value) });
  };
  if (!isObject(config)) throw new ConfigError([{ path: "config", expected: "an object", received: shown(config) }]);
  checkKeys(config, "", configKeys, problem);
  checkSettings(config, problem);
  if (config.sources !== undefined) checkSources(config.sources, problem);
  if (config.collector !== undefined) checkCollector(config.collector, problem);
  if (config.privacy !== undefined) checkPrivacy(config.privacy, problem);
  if (config.trackingPlan !== undefined) checkTrackingPlan(config.trackingPlan, problem);
  if (!isObject(config.metrics) || Object.keys(config.metrics).length === 0) {
    problem("metrics", "at least one metric by name", config.metrics);
  } else {
    for (const [name, metric] of Object.entries(config.metrics)) checkMetric(name, metric, problem);
    if (problems.length === 0) checkTable(config as unknown as Config, problem);
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

/** What each setting may be: a test, and the words for it. */
const integerBetween = (low: number, high: number) => (value: unknown) =>
  typeof value === "number" && Number.isInteger(value) && value >= low && value <= high;
const durationBetween = (low: string, high: string) => (value: unknown) => {
  const ms = typeof value === "string" ? durationMs(value) : undefined;
  return ms !== undefined && ms >= (durationMs(low) ?? 0) && ms <= (durationMs(high) ?? 0);
};
const settingRules: Record<string, Record<string, [(value: unknown) => boolean, string]>> = {
  stream: {
    shards: [(v) => v === "on-demand" || integerBetween(1, 10_000)(v), 'a whole number from 1 to 10000 or "on-demand"'],
    retention: [
      (v) => durationBetween("24h", "365d")(v) && (durationMs(String(v)) ?? 1) % 3_600_000 === 0,
      'whole hours from "24h" to "365d"',
    ],
  },
  rollUp: {
    batchSize: [integerBetween(1, 10_000), "a whole number from 1 to 10000"],
    batchingWindow: [durationBetween("1s", "300s"), 'a duration from "1s" to "300s"'],
  },
  store: {
    memoryRetention: [
      (v) => durationBetween("26h", "365d")(v) && (durationMs(String(v)) ?? 1) % 3_600_000 === 0,
      'whole hours from "26h" to "365d"',
    ],
  },
  concurrency: Object.fromEntries(
    ["collect", "query", "rollUp"].map((name) => [
      name,
      [integerBetween(1, 100_000), "a whole number from 1 to 100000"],
    ]),
  ),
  limits: {
    groupsPerBucket: [integerBetween(1, 10_000), "a whole number from 1 to 10000"],
    dimensionBytes: [integerBetween(16, 1_024), "a whole number from 16 to 1024"],
  },
};

function checkSettings(config: Record<string, unknown>, problem: Problem): void {
  if (config.dedupeWindow !== undefined && !durationBetween("1m", "7d")(config.dedupeWindow)) {
    problem("dedupeWindow", 'a duration from "1m" to "7d"', config.dedupeWindow);
  }
  const lateness = config.allowedLateness;
  if (lateness !== undefined && !durationBetween("1m", "360d")(lateness)) {
    problem("allowedLateness", 'a duration from "1m" to "360d"', lateness);
  }
  for (const [section, rules] of Object.entries(settingRules)) {
    const given = config[section];
    const isNone = section === "concurrency" && given === "unreserved";
    if (given === undefined || isNone) continue;
    if (!isObject(given)) {
      problem(section, section === "concurrency" ? 'an object or "unreserved"' : "an object", given);
      continue;
    }
    checkKeys(given, `${section}.`, Object.keys(rules), problem);
    for (const [key, [test, expected]] of Object.entries(rules)) {
      if (given[key] !== undefined && !test(given[key])) problem(`${section}.${key}`, expected, given[key]);
    }
  }
}

function checkMetric(name: string, metric: unknown, problem: Problem): void {
  const path = `metrics.${name}`;
  // The name stands in URLs and is a measure name of Timestream.
  if (!/^[A-Za-z][A-Za-z0-9_.-]*$/.test(name) || bytes(name) > 128 || name.startsWith("ts_")) {
    problem(path, "a name of up to 128 letters, digits, '_', '-', '.', that starts with a letter and not ts_", name);
  }
  if (!isObject(metric)) return problem(path, "an object with on, measure and by", metric);
  checkKeys(metric, `${path}.`, ["on", "measure", "by"], problem);
  checkSelection(metric.on, `${path}.on`, problem);
  checkMeasure(metric.measure, `${path}.measure`, problem);
  if (metric.by !== undefined) checkDimensions(metric.by, `${path}.by`, problem);
}

function checkSelection(on: unknown, path: string, problem: Problem): void {
  const known: readonly unknown[] = eventTypes;
  if (!isObject(on) || !known.includes(on.type)) {
    return problem(path, 'a selection such as page() or track("Order Completed")', on);
  }
  checkKeys(on, `${path}.`, ["type", "names", "where"], problem);
  if (!Array.isArray(on.names) || on.names.some((name) => typeof name !== "string" || name === "")) {
    problem(`${path}.names`, "event names", on.names);
  }
  if (!isObject(on.where)) return problem(`${path}.where`, "an object of path: value", on.where);
  for (const [where, value] of Object.entries(on.where)) {
    checkPath(where, `${path}.where`, problem);
    const isScalar = typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
    if (!isScalar) problem(`${path}.where.${where}`, "a string, a finite number or a boolean", value);
    // The digits that were written here are gone.
    else if (Number.isInteger(value) && !Number.isSafeInteger(value))
      problem(`${path}.where.${where}`, "a whole number from 2^53 on as a string", value);
  }
}

function checkMeasure(measure: unknown, path: string, problem: Problem): void {
  if (isObject(measure) && measure.kind === "count") return checkKeys(measure, `${path}.`, ["kind"], problem);
  if (isObject(measure) && measure.kind === "sum") {
    checkKeys(measure, `${path}.`, ["kind", "of"], problem);
    return checkPath(measure.of, path, problem);
  }
  problem(path, 'count() or sum("properties.revenue")', measure);
}

function checkDimensions(by: unknown, path: string, problem: Problem): void {
  if (!isObject(by)) return problem(path, "an object of alias: path", by);
  for (const [alias, where] of Object.entries(by)) {
    const reserved = takenAliases.has(alias.toLowerCase()) || /^(ts_|measure_name)/i.test(alias);
    const nameFits = /^[A-Za-z_][A-Za-z0-9_]*$/.test(alias) && bytes(alias) <= timestreamLimits.dimensionNameBytesMax;
    if (reserved)
      problem(`${path}.${alias}`, "an alias that Timestream and the query API do not use themselves", alias);
    else if (!nameFits) problem(`${path}.${alias}`, "an alias of up to 60 letters, digits and '_'", alias);
    checkPath(where, `${path}.${alias}`, problem);
  }
}

/** What only shows when all metrics are looked at together: they share one table. */
function checkTable(config: Config, problem: Problem): void {
  const settings = settingsOf(config);
  const metrics: [string, Metric][] = Object.entries(config.metrics);
  if (metrics.length > 1_000) problem("metrics", "at most 1000 metrics", metrics.length);
  const aliases = new Map<string, string>();
  for (const [name, metric] of metrics) {
    const own = Object.keys(metric.by ?? {});
    const rowBytes =
      rowOverheadBytes + bytes(name) + own.reduce((sum, alias) => sum + bytes(alias) + settings.dimensionBytesMax, 0);
    if (rowBytes > timestreamLimits.recordBytesMax) {
      const expected = `rows of at most ${timestreamLimits.recordBytesMax} bytes (fewer dimensions, or a smaller limits.dimensionBytes)`;
      problem(`metrics.${name}.by`, expected, `${own.length} dimensions, ${rowBytes} bytes`);
    }
    for (const alias of own) {
      const other = aliases.get(alias.toLowerCase()) ?? alias;
      if (other !== alias) problem(`metrics.${name}.by.${alias}`, `the same capitals as "${other}" elsewhere`, alias);
      aliases.set(alias.toLowerCase(), alias);
    }
  }
  const aliasesMax = timestreamLimits.dimensionsPerTableMax - ownDimensions;
  if (aliases.size > aliasesMax) problem("metrics", `at most ${aliasesMax} different aliases in all`, aliases.size);
  const hours = memoryStoreHoursMin(settings);
  if (hours > timestreamLimits.memoryStoreHoursMax) {
    const expected = `allowedLateness and stream.retention of at most ${timestreamLimits.memoryStoreHoursMax} hours together`;
    problem("stream.retention", expected, hours);
  }
  if (config.store?.memoryRetention !== undefined && settings.memoryRetentionHours < hours) {
    const expected = `at least the ${hours} hours of stream.retention, allowedLateness and an hour together`;
    problem("store.memoryRetention", expected, config.store.memoryRetention);
  }
}
