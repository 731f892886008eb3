import { isFields } from "../../lib/stream/event/fields.ts";
import { parseJsonToWrite } from "../../lib/stream/event/json.ts";
import { timestampMs } from "../../lib/time.ts";
import type { Mapped } from "./recorded-event.ts";
import { rowId } from "./row-id.ts";
import { utcMs } from "./utc-time.ts";

export const jsonLines = "json-lines";

/** Reads a line that is an event already. It keeps its own messageId where it has one. */
export function jsonEvent(text: string, line: number): Mapped {
  let fields: unknown;
  try {
    fields = parseJsonToWrite(text);
  } catch (error) {
    return `expected JSON, got ${error instanceof Error ? error.message : "something else"}`;
  }
  if (!isFields(fields)) {
    return `expected a JSON object, got ${text.slice(0, 40)}`;
  }
  const { timestamp, messageId } = fields;
  const timeMs = typeof timestamp === "string" ? utcMs(timestamp) : timestampMs(timestamp);
  if (Number.isNaN(timeMs))
    return `timestamp: expected an ISO 8601 time, got ${JSON.stringify(timestamp)?.slice(0, 60) ?? "nothing"}`;
  const id = typeof messageId === "string" && messageId !== "" ? messageId : rowId(jsonLines, line, [text]);
  return { timeMs, message: { ...fields, messageId: id, timestamp: "" } };
}
