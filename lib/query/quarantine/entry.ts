import { isProblem, type Reason } from "../../problem.ts";
import type { QuarantinedRecord } from "../../store/quarantine/quarantine.ts";
import type { QuarantineFile } from "../../store/quarantine/quarantine-files.ts";
import { type Fields, fieldsOf, scalarText } from "../../stream/event/fields.ts";
import { unpack } from "../../stream/unpack.ts";

/** An event in quarantine, as a list shows it: nothing of it that is not needed to find it. */
export interface Entry {
  readonly id: string;
  readonly reason: Reason;
  readonly detail: string;
  /** `event` of a track message, `name` of a page or screen; null where there is none, or no JSON object. */
  readonly event: string | null;
  readonly source: string | null;
  readonly messageId: string | null;
  /** When its record arrived, ISO 8601. */
  readonly arrival: string;
  /** As the event says it. */
  readonly timestamp: string | null;
}

/** An event in quarantine, with all of it. */
export interface QuarantinedEvent {
  readonly entry: Entry;
  readonly place: EntryPlace;
  readonly file: QuarantineFile;
  readonly record: QuarantinedRecord;
  /** As it was sent; undefined for a record as a whole, and where the record has no text of it. */
  readonly text: string | undefined;
  /** Undefined where it is no JSON object. */
  readonly fields: Fields | undefined;
  /** The store refused rows of it: it may count in other metrics all the same. */
  readonly isByStore: boolean;
}

/** Characters of a text that are looked into: an event of more than 32 KiB is not counted, and a little more is mended. */
const textMax = 1024 * 1024;
/** Characters of what a list shows. */
const shownMax = 256;

/** The rejected events of a record, in order, of one reason where it is given. The whole record is one. */
export function* eventsOf(
  file: QuarantineFile,
  record: QuarantinedRecord,
  reason?: string,
): Generator<QuarantinedEvent> {
  const events = record.events.filter((event) => reason === undefined || event.reason === reason);
  if (events.length === 0) return;
  let texts: readonly unknown[] | undefined;
  for (const event of events) {
    if ("whole" in event) {
      // It may be one that ends the process: never taken apart again.
      yield eventOf(file, record, event, undefined, undefined);
      continue;
    }
    texts ??= textsOf(record);
    for (let index = event.from; index <= event.to; index++) {
      const text = texts[index];
      // What stands between the elements of an array is not the event's.
      yield eventOf(file, record, event, index, typeof text === "string" ? text.trim() : undefined);
    }
  }
}

function textsOf({ data }: QuarantinedRecord): readonly unknown[] {
  const unpacked = unpack(Buffer.from(data, "base64"));
  return isProblem(unpacked) ? [] : unpacked.texts;
}

function eventOf(
  file: QuarantineFile,
  record: QuarantinedRecord,
  { reason, detail, byStore }: QuarantinedRecord["events"][number],
  index: number | undefined,
  text: string | undefined,
): QuarantinedEvent {
  const shardId = file.shard.split("/").at(-1) ?? "";
  const place = { minute: file.minute, shardId, part: file.part, sequenceNumber: record.sequenceNumber, index };
  const fields = text === undefined ? undefined : fieldsOf(text, textMax);
  const entry = {
    id: entryId(place),
    reason,
    detail,
    event: shown(fields?.type === "track" ? fields.event : (fields?.name ?? fields?.event)),
    source: shown(fields?.source),
    messageId: shown(fields?.messageId),
    arrival: record.arrival,
    timestamp: shown(fields?.timestamp),
  };
  return { entry, place, file, record, text, fields, isByStore: byStore === true };
}

const shown = (value: unknown): string | null => scalarText(value)?.slice(0, shownMax).toWellFormed() ?? null;

/** Where an event of quarantine is: in its file, and in the stream. */
export interface EntryPlace {
  /** "2026-01-31T1205", UTC: the folder of its file. */
  readonly minute: string;
  readonly shardId: string;
  readonly part: string;
  readonly sequenceNumber: string;
  /** From 0; undefined for the record as a whole. */
  readonly index: number | undefined;
}

const whole = "record";

const pattern = /^(\d{4}-\d\d-\d\dT\d{4})\.(shardId-\d{1,20})\.([0-9a-f]{1,64})\.(0|[1-9]\d{0,128})\.(record|\d{1,5})$/;

/** Names an event of quarantine for ever: minute, shard, part, sequence number and place in the record, with dots. */
export const entryId = ({ minute, shardId, part, sequenceNumber, index }: EntryPlace): string =>
  [minute, shardId, part, sequenceNumber, index ?? whole].join(".");

/** The place that an id names; undefined where the text is none. */
export function readEntryId(id: string): EntryPlace | undefined {
  const [, minute = "", shardId = "", part = "", sequenceNumber = "", index] = pattern.exec(id) ?? [];
  if (index === undefined) return undefined;
  return { minute, shardId, part, sequenceNumber, index: index === whole ? undefined : Number(index) };
}
