import { isProblem, type Problem } from "../../problem.ts";
import type { CommittedPart } from "../../store/ledger/ledger.ts";
import { filesIn, minuteOf, type QuarantineFile } from "../../store/quarantine/quarantine-files.ts";
import { sourceOf } from "../../stream/event/event.ts";
import { shardKey } from "../../stream/sequence.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import { type Occurrence, occurrencesIn } from "./occurrences.ts";
import type { Search } from "./search.ts";

/** An event that a quarantine file has under the message id, and why it is there. */
export interface RejectedCopy extends Occurrence {
  readonly problem: Problem;
}

/** What the quarantine file of a part says of the message. */
export interface PartRejects {
  /** Undefined where the part has rejected nothing and so has no file. */
  readonly key: string | undefined;
  /** Whether the part rejected something, and its file is not there or has not as many events. */
  readonly lacks: boolean;
  readonly copies: readonly RejectedCopy[];
}

const nothing: PartRejects = { key: undefined, lacks: false, copies: [] };

/** What of it may be of a source. */
export const ofSource = (rejects: PartRejects, source: string): PartRejects => ({
  ...rejects,
  copies: rejects.copies.filter(({ fields }) => fields === undefined || sourceOf(fields) === source),
});

/** Looks for the message among what a part rejected. */
export async function rejectedCopies(search: Search, shardId: string, part: CommittedPart): Promise<PartRejects> {
  if (part.quarantined + part.late === 0) return nothing;
  const { ports, spent, notLooked } = search;
  const file = await fileOf(search, shardId, part);
  if (file === undefined) {
    const rejected = part.quarantined + part.late;
    notLooked.add(
      `The file in quarantine of part ${part.id} of ${shardId} is gone: its ${rejected} rejected events are not known`,
    );
    return { key: undefined, lacks: true, copies: [] };
  }
  spent.quarantineFiles++;
  spent.bytes += Math.max(1, file.bytes);
  const copies: RejectedCopy[] = [];
  let listed = 0;
  for await (const line of ports.quarantine.records(file)) {
    const { sequenceNumber, partitionKey, arrival, data } = line;
    const record: StreamRecord = {
      sequenceNumber,
      partitionKey,
      arrivalMs: Date.parse(arrival),
      data: Buffer.from(data, "base64"),
    };
    for (const entry of line.events) listed += "whole" in entry ? 1 : entry.to - entry.from + 1;
    const isSkipped = line.events.some(({ reason }) => reason === "skipped");
    const found = occurrencesIn(record, search, isSkipped);
    if (found === "opaque") {
      notLooked.add(
        `Record ${sequenceNumber} of ${shardId}, in quarantine, could not be taken apart: it may hold the id`,
      );
      continue;
    }
    for (const occurrence of found) {
      const problem = problemOf(line.events, occurrence.index);
      if (problem !== undefined) copies.push({ ...occurrence, problem });
    }
  }
  const lacks = listed !== part.quarantined + part.late;
  if (lacks)
    notLooked.add(`${file.key} has ${listed} events, and part ${part.id} has rejected ${part.quarantined + part.late}`);
  return { key: file.key, lacks, copies };
}

/** The file of a part as it stands: what lies under another version is of definitions that it was not finished under. */
async function fileOf(
  { ports }: Search,
  shardId: string,
  { id, firstArrivalMs, definitions }: CommittedPart,
): Promise<QuarantineFile | undefined> {
  const of = { shard: shardKey(ports.streamName, shardId), part: id };
  for await (const file of filesIn(ports.quarantine, { time: minuteOf(firstArrivalMs), of })) {
    if (file.version === definitions.length) return file;
  }
  return undefined;
}

type Entries = readonly (({ readonly whole: true } | { readonly from: number; readonly to: number }) & Problem)[];

/** Why an event of a quarantined record, or all of it, was rejected. */
function problemOf(entries: Entries, index: number | undefined): Problem | undefined {
  const entry = entries.find((one) => "whole" in one || (index !== undefined && one.from <= index && index <= one.to));
  return entry !== undefined && isProblem(entry) ? { reason: entry.reason, detail: entry.detail } : undefined;
}
