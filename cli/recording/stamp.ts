import type { Message, RecordedEvent } from "./recorded-event.ts";
import { utcMs } from "./utc-time.ts";

/** How a replay tells its events from those of other replays of the same recording. */
export interface Stamp {
  /** Added to every time, in milliseconds. */
  readonly shiftMs: number;
  /** Added to every message id; "" for none. */
  readonly run: string;
}

/**
 * Times that senders put beside the event's own (Segment spec, "Common fields"); one left behind would look like a
 * wrong clock.
 */
const otherTimes = ["originalTimestamp", "sentAt", "receivedAt"];

let lastMs = Number.NaN;
let lastIso = "";

function iso(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms;
    lastIso = new Date(ms).toISOString();
  }
  return lastIso;
}

/** Writes the times and the id of an event's message for one replay. */
export function stamp({ timeMs, message }: RecordedEvent, { shiftMs, run }: Stamp): Message {
  message.timestamp = iso(timeMs + shiftMs);
  if (run !== "") message.messageId = `${message.messageId}-${run}`;
  if (shiftMs === 0) return message;
  for (const field of otherTimes) {
    const value = message[field];
    const ms = typeof value === "string" ? utcMs(value) : Number.NaN;
    if (!Number.isNaN(ms)) message[field] = iso(ms + shiftMs);
  }
  return message;
}

const runs = /^[\w.-]{1,64}$/;

/**
 * The run's name: the given one, else by the shift in minutes, so that replays with the same shift are the same
 * traffic.
 */
export function runOf(shiftMs: number, run?: string): string {
  if (run === undefined) return shiftMs === 0 ? "" : `${shiftMs / 60_000}m`;
  if (!runs.test(run))
    throw new RangeError(`expected a run of 1 to 64 letters, digits, ".", "_" or "-", got ${JSON.stringify(run)}`);
  return run;
}
