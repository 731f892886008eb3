import type { TableProperties } from "../catalog/table.ts";
import { QUOTAS } from "../quotas.ts";
import { REASONS } from "./rejection.ts";

export type StoreName = "memory" | "magnetic";

/** Which times a table takes at one moment, and which of its stores takes them. */
export interface TimeWindow {
  /** undefined: the time is refused, for `reason`. */
  storeAt(timeNs: bigint): StoreName | undefined;
  readonly reason: string;
  /** The dimension a customer-defined partition key with enforcement REQUIRED wants in every record. */
  readonly requiredDimension: string | undefined;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Times from now minus the memory store's retention to now plus 15 minutes go to the memory store. Older ones are
 * rejected unless magnetic store writes are enabled (developer guide, "Writes", late arriving data; "Quotas").
 */
export function timeWindow(properties: TableProperties, nowMs: number): TimeWindow {
  const memoryFromMs = nowMs - properties.memoryRetentionHours * HOUR_MS;
  const magneticFromMs = nowMs - properties.magneticRetentionDays * DAY_MS;
  const endMs = nowMs + QUOTAS.futureMs;
  const [memoryFrom, magneticFrom, end] = [memoryFromMs, magneticFromMs, endMs].map(toNs) as [bigint, bigint, bigint];
  return {
    storeAt(timeNs) {
      if (timeNs >= end) return undefined;
      if (timeNs >= memoryFrom) return "memory";
      return properties.magneticStoreWrites && timeNs >= magneticFrom ? "magnetic" : undefined;
    },
    reason: properties.magneticStoreWrites
      ? REASONS.outOfRange(Math.min(memoryFromMs, magneticFromMs), endMs, "magnetic")
      : REASONS.outOfRange(memoryFromMs, endMs, "memory"),
    requiredDimension: requiredDimension(properties.schema),
  };
}

/** Rows older than this have left both stores. Nothing moves between stores here: a row is readable until then. */
export function expiryMs(properties: TableProperties, nowMs: number): number {
  return nowMs - properties.memoryRetentionHours * HOUR_MS - properties.magneticRetentionDays * DAY_MS;
}

function toNs(ms: number): bigint {
  return BigInt(Math.floor(ms)) * 1_000_000n;
}

/** `schema` was checked when the table was created. */
function requiredDimension(schema: unknown): string | undefined {
  const keys = (
    schema as { CompositePartitionKey?: { Type: string; Name?: string; EnforcementInRecord?: string }[] } | undefined
  )?.CompositePartitionKey;
  return keys?.find((key) => key.Type === "DIMENSION" && key.EnforcementInRecord === "REQUIRED")?.Name;
}
