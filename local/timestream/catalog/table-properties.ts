import { invalid } from "../failure.ts";
import { described, type Fields, fieldsOf, optionalInteger, optionalText, requiredText } from "../field.ts";
import { QUOTAS } from "../quotas.ts";
import type { TableProperties } from "./table.ts";

type Changeable = Omit<TableProperties, "createdMs" | "updatedMs">;

/** What a new table has where nothing is said (developer guide, "Quotas"). */
export const DEFAULT_PROPERTIES: Changeable = {
  memoryRetentionHours: QUOTAS.memoryRetentionHours.default,
  magneticRetentionDays: QUOTAS.magneticRetentionDays.default,
  magneticStoreWrites: false,
};

/** The properties after CreateTable or UpdateTable: what the request sets, over what was there. */
export function changedProperties(before: Changeable, request: Fields): Changeable {
  const schema = request.Schema ?? before.schema;
  if (schema !== undefined) checkSchema(schema);
  return {
    ...before,
    ...readRetention(request.RetentionProperties),
    ...readMagneticWrites(request.MagneticStoreWriteProperties),
    ...(schema !== undefined && { schema }),
  };
}

/** The table's properties as DescribeTable answers them. */
export function describedProperties(properties: Changeable): Record<string, unknown> {
  return {
    RetentionProperties: {
      MemoryStoreRetentionPeriodInHours: properties.memoryRetentionHours,
      MagneticStoreRetentionPeriodInDays: properties.magneticRetentionDays,
    },
    MagneticStoreWriteProperties: {
      EnableMagneticStoreWrites: properties.magneticStoreWrites,
      MagneticStoreRejectedDataLocation: properties.rejectedDataLocation,
    },
    Schema: properties.schema ?? { CompositePartitionKey: [{ Type: "MEASURE" }] },
  };
}

function readRetention(value: unknown): Partial<Changeable> {
  if (value === undefined || value === null) return {};
  const fields = fieldsOf(value, "RetentionProperties");
  const hours = optionalInteger(fields, "MemoryStoreRetentionPeriodInHours", QUOTAS.memoryRetentionHours);
  const days = optionalInteger(fields, "MagneticStoreRetentionPeriodInDays", QUOTAS.magneticRetentionDays);
  if (hours === undefined || days === undefined) {
    throw invalid(`Expected both retention periods in RetentionProperties, got ${described(value)}`);
  }
  return { memoryRetentionHours: hours, magneticRetentionDays: days };
}

function readMagneticWrites(value: unknown): Partial<Changeable> {
  if (value === undefined || value === null) return {};
  const fields = fieldsOf(value, "MagneticStoreWriteProperties");
  const enabled = fields.EnableMagneticStoreWrites;
  if (typeof enabled !== "boolean") {
    throw invalid(`Expected EnableMagneticStoreWrites to be true or false, got ${described(enabled)}`);
  }
  const rejectedDataLocation = fields.MagneticStoreRejectedDataLocation;
  return { magneticStoreWrites: enabled, ...(rejectedDataLocation != null && { rejectedDataLocation }) };
}

/** A composite partition key has one part: the measure name or one dimension (API reference, Schema and PartitionKey). */
function checkSchema(value: unknown): void {
  const keys = fieldsOf(value, "Schema").CompositePartitionKey;
  if (keys === undefined) return;
  if (!Array.isArray(keys) || keys.length !== 1) {
    throw invalid(`Expected CompositePartitionKey to have one element, got ${described(keys)}`);
  }
  const key = fieldsOf(keys[0], "CompositePartitionKey[0]");
  const type = requiredText(key, "Type");
  if (type !== "MEASURE" && type !== "DIMENSION") throw invalid(`Expected Type MEASURE or DIMENSION, got ${type}`);
  if (type === "DIMENSION") requiredText(key, "Name");
  const enforcement = optionalText(key, "EnforcementInRecord");
  if (enforcement !== undefined && enforcement !== "REQUIRED" && enforcement !== "OPTIONAL") {
    throw invalid(`Expected EnforcementInRecord REQUIRED or OPTIONAL, got ${enforcement}`);
  }
}
