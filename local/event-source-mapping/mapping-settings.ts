import { type FailureDestination, failureDestination } from "./failure/failure-destination.ts";
import { ensureNoneUnknown, flag, integer, member, SettingsError, text, unsupported } from "./mapping-property.ts";

/** An AWS::Lambda::EventSourceMapping of a Kinesis stream, checked. */
export interface MappingSettings {
  readonly uuid: string;
  readonly functionArn: string;
  readonly streamArn: string;
  readonly batchSize: number;
  readonly maximumBatchingWindowSeconds: number;
  readonly startingPosition:
    | { readonly kind: "trim-horizon" }
    | { readonly kind: "latest" }
    | { readonly kind: "at-timestamp"; readonly ms: number };
  /** -1 for no limit. */
  readonly maximumRetryAttempts: number;
  /** -1 for no limit. */
  readonly maximumRecordAgeSeconds: number;
  readonly bisectBatchOnFunctionError: boolean;
  /** ReportBatchItemFailures: whether a response may say which records failed. */
  readonly reportBatchItemFailures: boolean;
  readonly onFailure?: FailureDestination;
  /** Whether the EventCount group of metrics is on. */
  readonly eventCountMetrics: boolean;
  readonly enabled: boolean;
}

/** What is the mapping's own, beside its properties. */
export interface MappingIdentity {
  readonly uuid: string;
  readonly functionArn: string;
}

const ageSecondsMin = 60;
const ageSecondsMax = 604_800;

/**
 * Reads the properties of an AWS::Lambda::EventSourceMapping, resolved. Defaults and ranges are Lambda's (Lambda
 * developer guide, "Parameters for Kinesis"). Throws a SettingsError that names the property: one out of range, one it
 * does not know, or one that Lambda would act on and this engine does not.
 */
export function mappingSettings(
  properties: Readonly<Record<string, unknown>>,
  identity: MappingIdentity,
): MappingSettings {
  ensureNoneUnknown(properties);
  unsupported(properties);
  const age = integer(properties, "MaximumRecordAgeInSeconds", -1, ageSecondsMax, -1);
  if (age !== -1 && age < ageSecondsMin) {
    throw new SettingsError("MaximumRecordAgeInSeconds", `-1 or ${ageSecondsMin} to ${ageSecondsMax}`, age);
  }
  const onFailure = failureDestination(properties.DestinationConfig);
  return {
    uuid: identity.uuid,
    functionArn: identity.functionArn,
    streamArn: kinesisStream(properties),
    batchSize: integer(properties, "BatchSize", 1, 10_000, 100),
    maximumBatchingWindowSeconds: integer(properties, "MaximumBatchingWindowInSeconds", 0, 300, 0),
    startingPosition: startingPosition(properties),
    maximumRetryAttempts: integer(properties, "MaximumRetryAttempts", -1, 10_000, -1),
    maximumRecordAgeSeconds: age,
    bisectBatchOnFunctionError: flag(properties, "BisectBatchOnFunctionError", false),
    reportBatchItemFailures: reportsFailures(properties.FunctionResponseTypes),
    ...(onFailure === undefined ? {} : { onFailure }),
    eventCountMetrics: eventCount(properties.MetricsConfig),
    enabled: flag(properties, "Enabled", true),
  };
}

function kinesisStream(properties: Readonly<Record<string, unknown>>): string {
  const arn = text(properties, "EventSourceArn");
  if (!/^arn:[\w-]+:kinesis:[\w-]+:\d{12}:stream\/[\w.-]+$/.test(arn)) {
    throw new SettingsError(
      "EventSourceArn",
      "the ARN of a Kinesis stream (and not of an enhanced fan-out consumer)",
      arn,
    );
  }
  return arn;
}

function startingPosition(properties: Readonly<Record<string, unknown>>): MappingSettings["startingPosition"] {
  const position = text(properties, "StartingPosition");
  const timestamp = properties.StartingPositionTimestamp;
  if (position === "AT_TIMESTAMP") {
    if (typeof timestamp !== "number" || !(timestamp >= 0)) {
      throw new SettingsError(
        "StartingPositionTimestamp",
        "Unix time in seconds, as StartingPosition is AT_TIMESTAMP",
        timestamp,
      );
    }
    return { kind: "at-timestamp", ms: timestamp * 1000 };
  }
  if (timestamp !== undefined) {
    throw new SettingsError("StartingPositionTimestamp", "nothing unless StartingPosition is AT_TIMESTAMP", timestamp);
  }
  if (position === "TRIM_HORIZON") return { kind: "trim-horizon" };
  if (position === "LATEST") return { kind: "latest" };
  throw new SettingsError("StartingPosition", "TRIM_HORIZON, LATEST or AT_TIMESTAMP", position);
}

function reportsFailures(types: unknown): boolean {
  if (types === undefined) return false;
  if (!Array.isArray(types) || types.some((type) => type !== "ReportBatchItemFailures")) {
    throw new SettingsError("FunctionResponseTypes", "ReportBatchItemFailures only", types);
  }
  return types.length > 0;
}

function eventCount(config: unknown): boolean {
  if (config === undefined) return false;
  const metrics = member(config, "Metrics");
  if (!Array.isArray(metrics) || metrics.some((metric) => metric !== "EventCount")) {
    throw new SettingsError("MetricsConfig.Metrics", "EventCount only, for a Kinesis stream", metrics);
  }
  return metrics.length > 0;
}
