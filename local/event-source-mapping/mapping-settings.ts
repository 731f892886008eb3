import { ensureNoneUnknown, flag, integer, SettingsError, text, unsupported } from "./mapping-property.ts";

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
  readonly onFailure?: { readonly kind: "s3"; readonly bucket: string };
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

function failureDestination(config: unknown): MappingSettings["onFailure"] {
  const arn = read(read(config, "OnFailure"), "Destination");
  if (arn === undefined) {
    if (config !== undefined) throw new SettingsError("DestinationConfig", "an OnFailure.Destination", config);
    return undefined;
  }
  const bucket = typeof arn === "string" ? /^arn:[\w-]+:s3:::([a-z0-9][a-z0-9.-]+)$/.exec(arn)?.[1] : undefined;
  if (bucket === undefined) {
    throw new SettingsError(
      "DestinationConfig.OnFailure.Destination",
      "the ARN of an S3 bucket (SQS and SNS carry no records)",
      arn,
    );
  }
  return { kind: "s3", bucket };
}

function eventCount(config: unknown): boolean {
  if (config === undefined) return false;
  const metrics = read(config, "Metrics");
  if (!Array.isArray(metrics) || metrics.some((metric) => metric !== "EventCount")) {
    throw new SettingsError("MetricsConfig.Metrics", "EventCount only, for a Kinesis stream", metrics);
  }
  return metrics.length > 0;
}

function read(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
