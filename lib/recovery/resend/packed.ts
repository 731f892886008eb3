import { recordLimits } from "../../limits.ts";
import type { Fields } from "../../stream/event/event.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";

/** Far below what a record may have. */
const eventsMax = 100;
const textMax = recordLimits.storedBytesMax / 8;

/** Events as records that arrive now, to see what the roll-up would make of them. */
export function packed(events: readonly Fields[], nowMs: number): StreamRecord[] {
  const records: StreamRecord[] = [];
  let lines: string[] = [];
  let characters = 0;
  const close = (): void => {
    if (lines.length === 0) return;
    const data = Buffer.from(lines.join("\n"));
    records.push({ sequenceNumber: String(records.length + 1), partitionKey: undefined, arrivalMs: nowMs, data });
    lines = [];
    characters = 0;
  };
  for (const event of events) {
    const line = JSON.stringify(event);
    if (lines.length === eventsMax || characters + line.length > textMax) close();
    lines.push(line);
    characters += line.length;
  }
  close();
  return records;
}
