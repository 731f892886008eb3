import { parseTimestamp } from "../../lib/timestamp.ts";

const zoneless = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?$/;

// Recordings are in order of time: the same text comes again and again.
let lastText = "";
let lastMs = Number.NaN;

/**
 * Epoch milliseconds of a date and time, or NaN. Without a zone, or with the word UTC, it is read as UTC on any
 * machine.
 */
export function utcMs(text: string): number {
  if (text === lastText) return lastMs;
  const bare = text.endsWith(" UTC") ? text.slice(0, -4) : text;
  lastMs = parseTimestamp(zoneless.test(bare) ? `${bare}Z` : bare);
  lastText = text;
  return lastMs;
}
