import { isProblem } from "../../problem.ts";
import { isCompressed } from "../../stream/compression.ts";
import { sourceOf } from "../../stream/event/event.ts";
import { type Fields, fieldsOf, scalarText } from "../../stream/event/fields.ts";
import { observedOf } from "../../stream/event/refused.ts";
import { replayedOf } from "../../stream/event/replayed.ts";
import type { HashRange } from "../../stream/hash-range.ts";
import { isAggregated } from "../../stream/kpl.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import { unpack } from "../../stream/unpack.ts";
import type { Copy, EventSummary } from "./copy.ts";

/** An event with the message id, in its record. */
export interface Occurrence {
  readonly record: StreamRecord;
  /** Undefined where the record was not taken apart, and has the id in its bytes. */
  readonly index: number | undefined;
  /** Undefined where it is no JSON, and has the id in its text. */
  readonly fields: Fields | undefined;
}

/** The message to find: its id, from one source or any. */
export interface Wanted {
  readonly messageId: string;
  readonly source: string | undefined;
}

/**
 * What a record has of a message, without what is another shard's; "opaque" where that cannot be known. Where its source
 * cannot be told, it may be.
 */
export function occurrencesIn(
  record: StreamRecord,
  { messageId, source }: Wanted,
  isSkipped: boolean,
  shardKeys?: HashRange,
): Occurrence[] | "opaque" {
  // A record that is stepped over may end whatever takes it apart.
  const unpacked = isSkipped ? undefined : unpack(record.data, shardKeys);
  const quoted = JSON.stringify(messageId);
  if (unpacked === undefined || isProblem(unpacked)) {
    if (record.data.includes(quoted)) return [{ record, index: undefined, fields: undefined }];
    const { data } = record;
    return isCompressed(data) || isAggregated(data) || data.includes("\\") ? "opaque" : [];
  }
  const found: Occurrence[] = [];
  let broken = false;
  for (const [index, text] of unpacked.texts.entries()) {
    if (typeof text !== "string") {
      broken = true;
      continue;
    }
    if (unpacked.strays?.has(index)) continue;
    // Without an escape, what does not contain the id as it stands does not have it.
    if (!text.includes(messageId) && !text.includes("\\")) continue;
    const fields = fieldsOf(text);
    // A number is no message id, but what the sender will look for.
    const has =
      fields === undefined
        ? text.includes(quoted)
        : scalarText(fields.messageId) === messageId && (source === undefined || sourceOf(fields) === source);
    if (has) found.push({ record, index, fields });
  }
  return found.length === 0 && broken ? "opaque" : found;
}

const textMax = 200;
const textOf = (value: unknown): string | null => scalarText(value)?.slice(0, textMax) ?? null;

/** What an event says of itself, cut short. */
function summaryOf(fields: Fields): EventSummary {
  const { type, event, name, source, receivedAt, timestamp, userId, anonymousId } = fields;
  return {
    type: textOf(type) ?? "",
    name: textOf(type === "track" ? event : name) ?? "",
    source: textOf(source),
    receivedAt: textOf(receivedAt),
    timestamp: textOf(timestamp),
    user: textOf(userId) ?? textOf(anonymousId),
    observed: observedOf(fields) ?? null,
    replay: replayedOf(fields)?.attempt ?? null,
  };
}

/** What a copy says of itself: its source, and what it is. Both `null` where it was not taken apart. */
export const toldBy = (fields: Fields | undefined): Pick<Copy, "source" | "event"> =>
  fields === undefined ? { source: null, event: null } : { source: sourceOf(fields), event: summaryOf(fields) };
