import { createHash } from "node:crypto";
import { messageIdBytesMax, recordLimits } from "../../limits.ts";
import { partitionKey } from "../../producer/event-line.ts";
import type { QuarantinedEvent } from "../../query/quarantine/entry.ts";
import type { MessageName } from "../../roll-up/dedupe/message-hash.ts";
import { sourceOf } from "../../stream/event/event.ts";
import { type Fields, isFields } from "../../stream/event/fields.ts";
import { type ReplayedNote, replayedOf } from "../../stream/event/replayed.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import { isTimeGiven } from "../../time.ts";

/** JSON Merge Patch (RFC 7396): what is null is removed, objects are merged, everything else takes the place of the old. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  // A map, and entries at the end: a field named __proto__ stays a field.
  const merged = new Map(isFields(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

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

/** An event of quarantine on its way back into the stream. */
export interface Candidate {
  readonly event: QuarantinedEvent;
  /** Its own, with an id made of the entry's where it had none that is usable. */
  readonly name: MessageName;
  /** When it first arrived, epoch milliseconds: before its first replay. */
  readonly arrivalMs: number;
  /** How often it was replayed before; 0 for an event as its sender sent it. */
  readonly attempt: number;
  /** Whether the patch leaves alone whom the event is of, and so its shard. */
  readonly keepsPerson: boolean;
  /** With the patch, and without what the collector had noted on it. */
  readonly fields: Fields;
}

/** The event made ready; undefined where it is no JSON object, so that nothing can be said of it. */
export function candidateOf(event: QuarantinedEvent, patch: Fields | undefined): Candidate | undefined {
  if (event.fields === undefined) return undefined;
  const { millrace: _, ...own } = event.fields;
  const patched = mergePatch(own, patch ?? {}) as Fields;
  const before = replayedOf(event.fields);
  const arrivalMs = before?.arrivalMs ?? Date.parse(event.entry.arrival);
  const messageId = isMessageId(own.messageId) ? own.messageId : derivedId(event.entry.id);
  // A message without a time happened when it arrived, and that was then.
  const timestamp = isTimeGiven(patched.timestamp) ? patched.timestamp : new Date(arrivalMs).toISOString();
  // What identifies the message is not the patch's to change: copies of it must stay its copies.
  const fields = { ...patched, timestamp, messageId, source: own.source };
  return {
    event,
    name: { source: sourceOf(own), messageId },
    arrivalMs,
    attempt: before?.attempt ?? 0,
    keepsPerson: partitionKey(fields) === partitionKey({ ...own, messageId }),
    fields,
  };
}

/** The event as it goes into the stream. */
export function replayedEvent({ event, arrivalMs, fields }: Candidate, attempt: number, untilMs: number): Fields {
  const replayed: ReplayedNote = {
    entry: event.entry.id,
    arrival: new Date(arrivalMs).toISOString(),
    attempt,
    until: new Date(untilMs).toISOString(),
  };
  return { ...fields, millrace: { replayed } };
}

const isMessageId = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && Buffer.byteLength(value) <= messageIdBytesMax;

const derivedId = (entry: string): string =>
  `millrace-replay-${createHash("sha256").update(entry).digest("hex").slice(0, 32)}`;
