import { isProblem, type Reason } from "../../problem.ts";
import type { QuarantinedRecord } from "../../store/quarantine/quarantine.ts";
import type { QuarantineFile } from "../../store/quarantine/quarantine-files.ts";
import type { Fields } from "../../stream/event/event.ts";
import { fieldsOf, scalarText } from "../../stream/event/fields.ts";
import { unpack } from "../../stream/unpack.ts";
import { type EntryPlace, entryId } from "./entry-id.ts";

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
  { reason, detail }: QuarantinedRecord["events"][number],
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
  return { entry, place, file, record, text, fields };
}

const shown = (value: unknown): string | null => scalarText(value)?.slice(0, shownMax).toWellFormed() ?? null;
