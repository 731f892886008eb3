import { filesIn, type QuarantineFile } from "../../store/quarantine/quarantine-files.ts";
import { shardKey } from "../../stream/sequence.ts";
import { isSettled, type ListedEntry, type QuarantinePorts, readable } from "./answer.ts";
import { eventsOf, type QuarantinedEvent, readEntryId } from "./entry.ts";

/** An entry with all that was kept of it. */
export interface ShownEntry extends ListedEntry {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string | null;
  /** From 0; null for the record as a whole. */
  readonly index: number | null;
  readonly part: string;
  /**
   * The event's text as it was sent; null where its bytes are no text, the record as a whole is meant, or the text is more
   * than an answer holds: it is in the record.
   */
  readonly text: string | null;
  /** The record as it was stored, base64. */
  readonly record: string;
}

/** The event that an id names; undefined where there is none (any more), or the id is none. */
export async function findEntry(
  id: string,
  streamName: string,
  { files }: Pick<QuarantinePorts, "files">,
): Promise<QuarantinedEvent | undefined> {
  const place = readEntryId(id);
  if (place === undefined) return undefined;
  let newest: QuarantineFile | undefined;
  const of = { shard: shardKey(streamName, place.shardId), part: place.part };
  for await (const file of filesIn(files, { time: place.minute, of })) {
    if (file.version >= (newest?.version ?? 0)) newest = file;
  }
  if (newest === undefined) return undefined;
  for await (const record of readable(files, { file: newest })) {
    if (record.sequenceNumber !== place.sequenceNumber) continue;
    for (const event of eventsOf(newest, record)) if (event.entry.id === id) return event;
  }
  return undefined;
}

/** Bytes of a text as JSON in JSON, as Lambda gives it back, beside a record of 1 MiB in base64. */
const textBytesMax = 4 * 1024 * 1024;

const fits = (text: string): boolean =>
  text.length <= textBytesMax && Buffer.byteLength(JSON.stringify(JSON.stringify(text))) <= textBytesMax;

/** All of an event, for who wants to see it. Personal data: only where it was asked for. */
export async function shownEntry(event: QuarantinedEvent, { ledger }: QuarantinePorts): Promise<ShownEntry> {
  const { entry, place, record, text } = event;
  return {
    ...entry,
    settled: await isSettled(event, ledger),
    shardId: place.shardId,
    sequenceNumber: place.sequenceNumber,
    partitionKey: record.partitionKey ?? null,
    index: place.index ?? null,
    part: place.part,
    text: text !== undefined && fits(text) ? text : null,
    record: record.data,
  };
}
