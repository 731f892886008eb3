/** One entry of RejectedRecords, as on the wire. */
export interface Rejection {
  readonly RecordIndex: number;
  readonly Reason: string;
  readonly ExistingVersion?: number;
}

/**
 * The live service's words where they are known (both version reasons and the memory store's time range); the others
 * are ours, since no list of reasons is published. Clients should go by ExistingVersion first.
 */
export const REASONS = {
  lowerVersion: (version: bigint, existing: bigint) =>
    `The record version ${version} is lower than the existing version ${existing}. A higher version is required to update the measure value.`,
  exists: () =>
    "A record already exists with the same time, dimensions, measure name, and record version. A higher record version must be specified in order to update the measure value. Specifying record version is supported by the latest SDKs.",
  outOfRange: (fromMs: number, toMs: number, store: string) =>
    `The record timestamp is outside the time range [${isoTime(fromMs)}, ${isoTime(toMs)}) of the ${store} store.`,
  reservedName: (name: string) =>
    `The name ${JSON.stringify(name)} is reserved: names must not be 'time', start with 'ts_', 'measure_name' or 'measure_value', or contain ':'.`,
  unusableName: (name: string) => `The name ${JSON.stringify(name)} contains a character that is not allowed.`,
  tooLarge: (what: string, bytes: number, max: number) =>
    `The ${what} of ${bytes} bytes exceeds the limit of ${max} bytes.`,
  tooMany: (what: string, max: number) => `The record would exceed the limit of ${max} ${what}.`,
  repeatedMeasure: (name: string) => `The measure ${JSON.stringify(name)} appears more than once in the record.`,
  otherType: (name: string, existing: string, got: string) =>
    `The measure ${JSON.stringify(name)} has the data type ${existing} in this table; the record has ${got}.`,
  otherRole: (name: string, existing: string) => `The column ${JSON.stringify(name)} is a ${existing} in this table.`,
  onlyCase: (name: string, existing: string) =>
    `The column ${JSON.stringify(name)} differs from ${JSON.stringify(existing)} only in case, which this local emulator cannot hold.`,
  missingPartitionKey: (name: string) =>
    `The record lacks the dimension ${JSON.stringify(name)}, which the table's partition key requires.`,
} as const;

function isoTime(ms: number): string {
  // Retention can reach back further than dates can be written; the service has no data there anyway.
  return new Date(Math.max(ms, 0)).toISOString();
}
