type Properties = Readonly<Record<string, unknown>>;

/** A property of an event source mapping that cannot be used as it is. */
export class SettingsError extends Error {
  constructor(property: string, expected: string, received: unknown) {
    super(`AWS::Lambda::EventSourceMapping ${property}: expected ${expected}, got ${JSON.stringify(received)}`);
    this.name = "SettingsError";
  }
}

const read = [
  "BatchSize",
  "BisectBatchOnFunctionError",
  "DestinationConfig",
  "Enabled",
  "EventSourceArn",
  "FunctionName",
  "FunctionResponseTypes",
  "MaximumBatchingWindowInSeconds",
  "MaximumRecordAgeInSeconds",
  "MaximumRetryAttempts",
  "MetricsConfig",
  "StartingPosition",
  "StartingPositionTimestamp",
  // Without effect on what runs.
  "Tags",
];

/** What Lambda acts on and the engine does not, with the values that come to the same as nothing. */
const refused: Readonly<Record<string, readonly unknown[]>> = {
  AmazonManagedKafkaEventSourceConfig: [],
  DocumentDBEventSourceConfig: [],
  FilterCriteria: [],
  KmsKeyArn: [],
  LoggingConfig: [],
  ParallelizationFactor: [1],
  ProvisionedPollerConfig: [],
  Queues: [],
  ScalingConfig: [],
  SelfManagedEventSource: [],
  SelfManagedKafkaEventSourceConfig: [],
  SourceAccessConfigurations: [],
  Topics: [],
  TumblingWindowInSeconds: [0],
};

/** Throws if a property is neither used nor known. */
export function ensureNoneUnknown(properties: Properties): void {
  for (const [name, value] of Object.entries(properties)) {
    if (!read.includes(name) && !Object.hasOwn(refused, name)) {
      throw new SettingsError(name, "no such property", value);
    }
  }
}

/** Throws if a property asks for something the engine does not do. */
export function unsupported(properties: Properties): void {
  for (const [name, neutral] of Object.entries(refused)) {
    const value = properties[name];
    const empty = value === undefined || (Array.isArray(value) && value.length === 0) || neutral.includes(value);
    if (empty) continue;
    const expected = neutral.length === 0 ? "nothing" : `nothing or ${neutral.join(", ")}`;
    throw new SettingsError(name, `${expected}: the event source mapping engine does not do this`, value);
  }
}

export function text(properties: Properties, name: string): string {
  const value = properties[name];
  if (typeof value !== "string" || value === "") throw new SettingsError(name, "a text", value);
  return value;
}

/** Booleans and numbers may come as text: CloudFormation takes both. */
export function flag(properties: Properties, name: string, otherwise: boolean): boolean {
  const value = properties[name] ?? otherwise;
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new SettingsError(name, "true or false", value);
}

export function integer(properties: Properties, name: string, min: number, max: number, otherwise: number): number {
  const value = properties[name] ?? otherwise;
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < min || number > max) {
    throw new SettingsError(name, `a whole number from ${min} to ${max}`, value);
  }
  return number;
}

/** A member of an object; undefined where there is none, and where there is no object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
