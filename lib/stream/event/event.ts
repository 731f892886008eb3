import { messageIdBytesMax, recordLimits } from "../../limits.ts";
import { type Problem, problem, shown } from "../../problem.ts";
import { isTimeGiven, timestampMs as msOf } from "../../time.ts";
import { type Fields, isFields } from "./fields.ts";
import { parseJson } from "./json.ts";
import { refusedOf } from "./refused.ts";

/** An event that has what every event must have. */
export interface Event {
  readonly type: EventType;
  /** `event` of a track message, `name` of a page or screen; "" where there is none. */
  readonly name: string;
  /** Event time in epoch milliseconds. */
  readonly timestampMs: number;
  /** What makes a repeated event of its source known; "" where the sender gave none. */
  readonly messageId: string;
  /** Name of the source, as the collector sets it; "" where the event names none. */
  readonly source: string;
  /** Whether the field `millrace` is there, in which the collector and a replay make notes. */
  readonly isNoted: boolean;
  /** All of the message. */
  readonly fields: Fields;
}

/** Where a type of message has its name. */
const nameField: Record<EventType, "event" | "name" | undefined> = {
  track: "event",
  page: "name",
  screen: "name",
  identify: undefined,
  group: undefined,
  alias: undefined,
};

const isEventType = (value: unknown): value is EventType =>
  typeof value === "string" && Object.hasOwn(nameField, value);

const invalid = (path: string, expected: string, received: unknown): Problem =>
  problem("invalid", `${path}: expected ${expected}, got ${shown(received)}`);

/**
 * Reads the text of one message of the Segment spec. A message without a `timestamp` happened when it arrived, as the
 * spec has it; one whose timestamp cannot be read is a problem, for a guess would land in a wrong minute. `null` and ""
 * are absent, as over HTTP, and so is a timestamp that was never set (`isTimeGiven`). A message that the collector has
 * refused is the problem that it says.
 */
export function readEvent(text: string, arrivalMs: number): Event | Problem {
  if (!fits(text, recordLimits.eventBytesMax)) {
    const received = Buffer.byteLength(text);
    return problem("too-large", `expected an event of at most ${recordLimits.eventBytesMax} bytes, got ${received}`);
  }
  let message: unknown;
  try {
    message = parseJson(text);
  } catch {
    return problem("unreadable", "expected JSON, got something else or broken JSON");
  }
  if (!isFields(message)) {
    return problem("invalid", `expected a JSON object, got ${Array.isArray(message) ? "an array" : shown(message)}`);
  }
  // Looked for once: nearly no event has it.
  const isNoted = message.millrace !== undefined;
  const refused = isNoted ? refusedOf(message) : undefined;
  return refused ?? eventOf(message, isNoted, arrivalMs);
}

function eventOf(fields: Fields, isNoted: boolean, arrivalMs: number): Event | Problem {
  const { type, timestamp, messageId } = fields;
  if (!isEventType(type)) return invalid("type", `one of ${eventTypes.join(", ")}`, type);
  const field = nameField[type];
  const name = field === undefined ? undefined : fields[field];
  if (type === "track" && (typeof name !== "string" || name === "")) {
    return invalid("event", "the name of the event", name);
  }
  const timestampMs = isTimeGiven(timestamp) ? msOf(timestamp) : arrivalMs;
  if (Number.isNaN(timestampMs)) {
    return invalid("timestamp", "an ISO 8601 time such as 2026-01-31T09:30:00.000Z, or epoch time", timestamp);
  }
  const id = messageId ?? "";
  if (!isMessageId(id)) return invalid("messageId", `a string of 1 to ${messageIdBytesMax} bytes`, messageId);
  return {
    type,
    name: typeof name === "string" ? name : "",
    timestampMs,
    messageId: id,
    source: sourceOf(fields),
    isNoted,
    fields,
  };
}

/** The source that an event names; "" where it names none. */
export const sourceOf = ({ source }: Fields): string => (typeof source === "string" ? source : "");

/** "" is that of an event without one. */
const isMessageId = (value: unknown): value is string => typeof value === "string" && fits(value, messageIdBytesMax);

/** Whether a text has at most so many bytes of UTF-8; a UTF-16 unit becomes at most 3. */
const fits = (text: string, bytesMax: number): boolean =>
  text.length * 3 <= bytesMax || Buffer.byteLength(text) <= bytesMax;

/** The types of message of the Segment spec. */
export const eventTypes = ["track", "page", "screen", "identify", "group", "alias"] as const;

export type EventType = (typeof eventTypes)[number];
