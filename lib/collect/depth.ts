import { isRawNumber } from "../stream/event/json.ts";

/** Whether there are objects in objects in a value of JSON for more than so many levels; looks no further than that. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null || isRawNumber(value)) return false;
  if (levels === 0) return true;
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in fields) if (isDeeperThan(fields[name], levels - 1)) return true;
  return false;
}
