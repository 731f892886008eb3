import type { Problem } from "../../problem.ts";
import type { CommittedPart, OpenPart } from "../../store/ledger/ledger.ts";
import type { Copy, CopyPlace, CountedIn, Sentence } from "./copy.ts";

export type { Sentence } from "./copy.ts";

const iso = (ms: number): string => new Date(ms).toISOString();
const say = (text: string, restsOn: string): Sentence => ({ text, restsOn });

const inLedger = ({ id }: Pick<CommittedPart, "id">): string => `part ${id} in the ledger`;
const foldedAgain = ({ id }: Pick<CommittedPart, "id">): string =>
  `the records of part ${id}, read from the stream and folded again as the roll-up did; they come to what the ledger says`;

/** A place in words. */
export function placeInWords({ shardId, part, sequenceNumber, index }: CopyPlace): string {
  if (sequenceNumber === null) return `part ${part} of ${shardId}`;
  const event = index === null ? "" : `, event ${index}`;
  return `record ${sequenceNumber}${event} of ${shardId}`;
}

/** When it was accepted, by whom, and where it lies. */
export function acceptance(copy: Omit<Copy, "fate" | "says">): Sentence[] {
  const { event, arrival, sequenceNumber } = copy;
  const sentences: Sentence[] = [];
  if (event !== null && event.source !== null && event.receivedAt !== null) {
    sentences.push(
      say(
        `Accepted at ${event.receivedAt} by source ${JSON.stringify(event.source)}.`,
        "the event's fields receivedAt and source, which the collector sets; whoever writes to the stream itself may set them too",
      ),
    );
  } else if (event !== null) {
    const source = event.source === null ? "" : ` It says source ${JSON.stringify(event.source)}.`;
    sentences.push(
      say(
        `Not taken in by the collector: it was put into the stream.${source}`,
        "the event has no receivedAt and source of the collector",
      ),
    );
  }
  if (event !== null && event.observed !== null) {
    sentences.push(
      say(
        `Breaks the tracking plan, which is only observed: ${event.observed}.`,
        "the event's field millrace.violations",
      ),
    );
  }
  if (event !== null && event.replay !== null) {
    sentences.push(
      say(`Sent again out of quarantine, attempt ${event.replay}.`, "the event's field millrace.replayed"),
    );
  }
  if (sequenceNumber !== null && arrival !== null) {
    sentences.push(
      say(`Arrived at ${arrival}: ${placeInWords(copy)}.`, "the record, and the stream's word for its arrival"),
    );
  }
  return sentences;
}

export function counted(metrics: readonly CountedIn[], part: CommittedPart): Sentence {
  if (metrics.length === 0) {
    return say(
      "Counted as an event of its part, and in no metric: none is defined that matches it.",
      foldedAgain(part),
    );
  }
  return say(`Counted in ${metrics.map(rowInWords).join("; ")}.`, foldedAgain(part));
}

/** A row in words. */
export function rowInWords({ metric, minute, group, orOther, outdated }: CountedIn): string {
  const values = Object.entries(group).map(([alias, value]) => `${alias} ${JSON.stringify(value)}`);
  const by = values.length === 0 ? "" : ` by ${values.join(", ")}`;
  const other = orOther === true ? " (or in the group (other): it had more groups than it may have)" : "";
  const old = outdated === true ? " (as defined then: queries show the definition of now)" : "";
  return `${metric} at ${minute}${by}${other}${old}`;
}

export function shown(metrics: readonly CountedIn[], since: string): Sentence | undefined {
  const current = metrics.filter(({ outdated }) => outdated !== true);
  if (current.length === 0) return undefined;
  return say(
    `Queries show it since ${since} at the latest.`,
    "the part's commit in the ledger: all rows were in the store by then",
  );
}

export const doubled = (part: CommittedPart): Sentence =>
  say(
    `Up to ${part.doubled} rows of its part count twice; whether one of them is this event's is not known.`,
    inLedger(part),
  );

export const rejected = ({ reason, detail }: Problem, part: CommittedPart, key: string | undefined): Sentence =>
  say(
    reason === "late"
      ? `Not counted, for it was late: ${detail}.`
      : `Not counted, but put into quarantine (${reason}): ${detail}.`,
    key === undefined ? foldedAgain(part) : `the file ${key}`,
  );

export const storeRefused = (metrics: readonly CountedIn[]): Sentence =>
  say(
    `The store refused a row that it is part of. Other rows of it that the store took stay: it is part of ${metrics.map(rowInWords).join("; ") || "no row"}.`,
    "the records of its part, folded again",
  );

export const repeats = (part: CommittedPart): Sentence =>
  say(
    "Not counted again: an earlier part that its own remembers has left the same id of the same source.",
    `the ids that the parts in the memory of part ${part.id} left in the ledger, as 64-bit hashes`,
  );

/** What it is a duplicate of; once it is known what the other part has of the message. */
export const duplicateOf = (other: Copy): Sentence =>
  say(
    `It is a duplicate of ${placeInWords(other)}${other.arrival === null ? "" : `, which arrived at ${other.arrival}`}.`,
    other.sequenceNumber === null
      ? "the ids in the ledger"
      : "the record itself: it has the same source and message id",
  );

export const sameHashOnly = (of: CopyPlace): Sentence =>
  say(
    `${placeInWords(of)} has no event with this id: another message there has the same 64-bit hash, and this one was taken for its duplicate.`,
    "the records of that part",
  );

export const repeatsWithin = (of: CopyPlace): Sentence =>
  say(
    `Not counted again: it is a duplicate of ${placeInWords(of)}, which comes before it in the same part.`,
    "the records of the part",
  );

export const disagrees = (part: CommittedPart): Sentence =>
  say(
    "What became of it cannot be told: folded again, its part does not come to what the ledger says.",
    inLedger(part),
  );

export const sharedHash = (part: CommittedPart): Sentence =>
  say(
    "Whether it was counted or taken for a duplicate cannot be told: another message of its part has the same 64-bit hash.",
    foldedAgain(part),
  );

export const refusalsGone = (part: CommittedPart, refused: number): Sentence =>
  say(
    `Whether it was counted cannot be told: the store refused rows of up to ${Math.max(1, refused)} events of its part, and there is no file that names all of them.`,
    inLedger(part),
  );

/** How surely an id is the asked one's where only the hash is known. */
function chanceInWords(ids: number): string {
  const digits = Math.max(0, Math.floor(Math.log10(2 ** 64 / Math.max(1, ids))));
  return `1 chance in 10^${digits} of being another's`;
}

const ofSource = (source: string): string => (source === "" ? "" : ` of source ${JSON.stringify(source)}`);

export const idLeft = (part: CommittedPart, source: string, ids: number, why: string): Sentence =>
  say(
    `Part ${part.id} left its id${ofSource(source)} (${chanceInWords(ids)}): records ${part.firstSequence} to ${part.lastSequence}, which arrived from ${iso(part.firstArrivalMs)} to ${iso(part.lastArrivalMs)}. Which record it was is not known: ${why}.`,
    "the part and its ids in the ledger",
  );

export const countedSomewhere = (part: CommittedPart): Sentence => {
  const rows =
    part.firstBucketMs === undefined || part.lastBucketMs === undefined
      ? ""
      : `, in minutes from ${iso(part.firstBucketMs)} to ${iso(part.lastBucketMs)}`;
  return say(
    `Counted once${rows}, in the store since ${iso(part.committedMs)} at the latest. In which metrics cannot be told.`,
    "the ledger: no part that this one remembers left the id, and none of the part's rejected events has it",
  );
};

export const cannotBeTold = (): Sentence =>
  say("Whether it was counted, rejected or a duplicate cannot be told.", "the ledger does not say it of single events");

export const notFinal = (part: CommittedPart): Sentence =>
  say(
    "This is not final: its part is being written again under other definitions.",
    `the open parts in the ledger, with part ${part.id}`,
  );

export const isOpen = ({ id, openedMs }: OpenPart): Sentence =>
  say(
    `Not settled: its part ${id} was opened at ${iso(openedMs)} and is not finished. Rows of it may show already; all of them do once it is committed (the sweep finishes what nobody came back for).`,
    "the open parts in the ledger",
  );

export const isWaiting = (behindSeconds: number): Sentence =>
  say(
    `Not counted yet: it is in the stream and in no part. The oldest record of its shard that waits arrived ${behindSeconds} s ago.`,
    "the stream behind the newest part in the ledger",
  );

export const isGivenUp = (file: string): Sentence =>
  say(
    "Not counted: Lambda gave up on its batch, which waits for redrive (millrace redrive).",
    `the file ${file}, and no part in the ledger with this record`,
  );
