import { recordLimits } from "../limits.ts";
import { scalarText } from "../stream/event/fields.ts";
import { EventRefused } from "./event-refused.ts";

export interface EventLine {
  /** The event as one line of JSON, without the line end. */
  readonly text: string;
  /** Its length in UTF-8. */
  readonly bytes: number;
}

/** JSON.stringify writes null for NaN, infinities and invalid dates: a value that is wrong would be one that is absent. */
function named(this: unknown, name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value !== null) return value;
  const before = (this as Readonly<Record<string, unknown>>)[name];
  return before instanceof Date ? String(before) : null;
}

/** JSON of an event. Nearly no event has a null in it, and asking for each value takes several times as long. */
function jsonOf(event: Readonly<Record<string, unknown>>): string | undefined {
  const text: string | undefined = JSON.stringify(event);
  return text?.includes("null") ? JSON.stringify(event, named) : text;
}

function stringify(event: Readonly<Record<string, unknown>>): string {
  let text: string | undefined;
  try {
    text = jsonOf(event);
  } catch (cause) {
    throw new EventRefused(
      "not-json",
      `cannot be written as JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
  if (text?.charCodeAt(0) !== 0x7b)
    throw new EventRefused("not-json", `expected a JSON object, got ${text?.slice(0, 40) ?? typeof event}`);
  return text;
}

/**
 * One event as a line of NDJSON. JSON.stringify escapes line ends and lone surrogates, so a line is one line and is
 * well-formed UTF-8. NaN, infinities and invalid dates are written as text ("NaN", "Infinity", "Invalid Date"), which the
 * roll-up refuses where it needs a number or a time. Throws EventRefused when the event is no JSON object or over the
 * 32 KiB an event may have.
 */
export function eventLine(event: Readonly<Record<string, unknown>>): EventLine {
  const text = stringify(event);
  const bytes = Buffer.byteLength(text);
  if (bytes > recordLimits.eventBytesMax) {
    throw new EventRefused("too-large", `expected at most ${recordLimits.eventBytesMax} bytes of JSON, got ${bytes}`);
  }
  return { text, bytes };
}

/** Characters a partition key may have (Kinesis API reference, "PutRecordsRequestEntry"). */
const charactersMax = 256;

/**
 * Key of events that name neither a person nor themselves. They will end in quarantine: one place is as good as
 * another.
 */
const nobody = "nobody";

const nameOf = (value: unknown): string | undefined => (typeof value === "boolean" ? undefined : scalarText(value));

/**
 * The partition key of an event is the person: `userId`, else `anonymousId`, else (nobody known) its own `messageId`.
 * Cut to what Kinesis takes; counted in UTF-16 units, which is never more characters than Kinesis allows.
 */
export function partitionKey(event: Readonly<Record<string, unknown>>): string {
  const { userId, anonymousId, messageId } = event;
  const key = nameOf(userId) ?? nameOf(anonymousId) ?? nameOf(messageId) ?? nobody;
  const cut = key.length > charactersMax ? key.slice(0, charactersMax) : key;
  return cut.isWellFormed() ? cut : cut.toWellFormed();
}
