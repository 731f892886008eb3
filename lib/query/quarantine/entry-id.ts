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
