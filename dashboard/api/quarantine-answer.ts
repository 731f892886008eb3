import type { Reason } from "../../lib/problem.ts";
import type { Counts, ListedEntry, QuarantineAnswer } from "../../lib/query/quarantine/answer.ts";
import { type Fields, fields, list, number, text, time } from "./answers.ts";

/** What the page shows of an answer. */
export type QuarantineView = Pick<
  QuarantineAnswer,
  "events" | "byReason" | "byEvent" | "bySource" | "entries" | "complete"
>;

/** An event as it was sent, or its record where it cannot be told apart. */
export interface EventContent {
  /** Undefined where the bytes are no text, or more than an answer holds. */
  readonly text: string | undefined;
  readonly recordBytes: number;
}

const textOrNull = (of: Fields, name: string): string | null => (of[name] === null ? null : text(of, name));

/** The body of `GET /v1/quarantine`. Throws ApiFailure for anything else. */
export function readQuarantine(body: unknown): QuarantineView {
  const answer = fields(body, "answer");
  return {
    events: number(answer, "events"),
    byReason: readCounts(answer, "byReason"),
    byEvent: readCounts(answer, "byEvent"),
    bySource: readCounts(answer, "bySource"),
    entries: list(answer, "entries").map((entry) => readEntry(fields(entry, "entry"))),
    complete: answer.complete === true,
  };
}

const readCounts = (of: Fields, name: string): Counts =>
  list(of, name).map((entry) => {
    const counted = fields(entry, name);
    return { value: textOrNull(counted, "value"), events: number(counted, "events") };
  });

const readEntry = (entry: Fields): ListedEntry => ({
  id: text(entry, "id"),
  // Shown as it is: a reason that this page does not know is one all the same.
  reason: text(entry, "reason") as Reason,
  detail: text(entry, "detail"),
  event: textOrNull(entry, "event"),
  source: textOrNull(entry, "source"),
  messageId: textOrNull(entry, "messageId"),
  arrival: time(entry, "arrival"),
  timestamp: textOrNull(entry, "timestamp"),
  settled: entry.settled === true,
});

/** The body of `GET /v1/quarantine/{id}`. */
export function readContent(body: unknown): EventContent {
  const entry = fields(body, "answer");
  const record = text(entry, "record");
  return { text: textOrNull(entry, "text") ?? undefined, recordBytes: Math.floor((record.length * 3) / 4) };
}

/** Characters of an event that the page shows. */
const shownMax = 32 * 1024;

/** The content for the eye: JSON is set out, anything else is shown as it is. */
export function contentInWords({ text: sent, recordBytes }: EventContent): string {
  if (sent === undefined) {
    return `Its bytes are no text of their own, or too many to show: a record of ${recordBytes} bytes. "millrace quarantine show" writes them.`;
  }
  const whole = setOut(sent);
  return whole.length <= shownMax ? whole : `${whole.slice(0, shownMax)}\n… (${whole.length - shownMax} more)`;
}

function setOut(sent: string): string {
  try {
    return JSON.stringify(JSON.parse(sent), null, 2);
  } catch {
    return sent;
  }
}

/** How many events there are, over the range with this label. */
export function quarantineSummary({ events, complete }: Pick<QuarantineView, "events" | "complete">, range: string) {
  if (events === 0) return complete ? `nothing in ${range}` : `nothing found yet in ${range}`;
  const counted = events.toLocaleString("en");
  return `${counted}${complete ? "" : " or more"} ${events === 1 && complete ? "event" : "events"} in ${range}`;
}
