import { parseTimestamp } from "../../lib/time.ts";

// Recordings are in order of time: the same text comes again and again.
let lastText = "";
let lastMs = Number.NaN;

/** Epoch milliseconds of an ISO 8601 date and time, or NaN. Without a zone, or with the word UTC, it is UTC. */
export function utcMs(text: string): number {
  if (text === lastText) return lastMs;
  lastMs = parseTimestamp(text.endsWith(" UTC") ? text.slice(0, -4) : text);
  lastText = text;
  return lastMs;
}
