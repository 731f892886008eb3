import type { Definitions } from "../../config/definitions.ts";
import { isProblem, type Reason } from "../../problem.ts";
import { EventJudge } from "../../roll-up/fold/event-judge.ts";
import { readEvent } from "../../stream/event/event.ts";
import { type Fields, fieldsOf, scalarText } from "../../stream/event/fields.ts";
import { observedOf } from "../../stream/event/refused.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import { unpack } from "../../stream/unpack.ts";

/** An event of the stream, and what the roll-up will make of it by itself: whether it is a duplicate is not asked. */
export interface LiveEvent {
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** Place in its record, from 0; `null` for a record as a whole that cannot be taken apart. */
  readonly index: number | null;
  /** ISO 8601. */
  readonly arrival: string;
  readonly type: string | null;
  readonly name: string | null;
  readonly user: string | null;
  readonly source: string | null;
  /** As the event says it. */
  readonly timestamp: string | null;
  readonly messageId: string | null;
  /** Why it will not be counted; `null` where it will. */
  readonly refused: { readonly reason: Reason; readonly detail: string } | null;
  /** How it breaks the tracking plan that is only observed; `null` where it does not. */
  readonly observed: string | null;
  /** Names of the metrics that it counts in. */
  readonly metrics: readonly string[];
  /** UTF-8 bytes of the event. */
  readonly bytes: number;
  /** As it was sent; absent where it is too large to be shown. */
  readonly text?: string;
}

/** Longer texts are not kept: a viewer is not where one reads 32 KB. */
export const textBytesMax = 16 * 1024;
/** Of a refused event, which may be too large to be looked into. */
const refusedLengthMax = 4 * textBytesMax;
const shownMax = 200;

/** Judges the events of records one by one. */
export class LiveJudge {
  readonly #judge: EventJudge;

  constructor(definitions: Definitions) {
    this.#judge = new EventJudge(definitions);
  }

  /** The events of a record, in order. Never throws for what is in it. */
  eventsOf(shardId: string, record: StreamRecord): LiveEvent[] {
    const { sequenceNumber, arrivalMs, data } = record;
    const place = { shardId, sequenceNumber, arrival: new Date(arrivalMs).toISOString() };
    const unpacked = unpack(data);
    if (isProblem(unpacked)) {
      return [{ ...place, index: null, ...noFields, ...nothing, refused: unpacked, bytes: data.length }];
    }
    return unpacked.texts.map((text, index): LiveEvent => {
      if (typeof text !== "string") return { ...place, index, ...noFields, ...nothing, refused: text, bytes: 0 };
      const bytes = Buffer.byteLength(text);
      const event = readEvent(text, arrivalMs);
      const problem = isProblem(event) ? event : this.#judge.judge(event, arrivalMs);
      const fields = isProblem(event) ? fieldsOf(text, refusedLengthMax) : event.fields;
      return {
        ...place,
        index,
        ...(fields === undefined ? noFields : shownFields(fields)),
        refused: problem ?? null,
        observed: (fields === undefined ? undefined : observedOf(fields)) ?? null,
        metrics: problem === undefined ? this.#judge.selected.map(({ definition }) => definition.name) : [],
        bytes,
        ...(bytes <= textBytesMax ? { text } : {}),
      };
    });
  }
}

type Shown = Pick<LiveEvent, "type" | "name" | "user" | "source" | "timestamp" | "messageId">;

const noFields: Shown = { type: null, name: null, user: null, source: null, timestamp: null, messageId: null };

const nothing: Pick<LiveEvent, "observed" | "metrics"> = { observed: null, metrics: [] };

const shown = (value: unknown): string | null => scalarText(value)?.slice(0, shownMax).toWellFormed() ?? null;

function shownFields({ type, event, name, userId, anonymousId, source, timestamp, messageId }: Fields): Shown {
  return {
    type: shown(type),
    name: shown(type === "track" ? event : name),
    user: shown(userId) ?? shown(anonymousId),
    source: shown(source),
    timestamp: shown(timestamp),
    messageId: shown(messageId),
  };
}
