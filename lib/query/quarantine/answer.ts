import type { Clock } from "../../clock.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
import type { QuarantinedRecord } from "../../store/quarantine/quarantine.ts";
import {
  type QuarantineFile,
  type QuarantineFiles,
  UnreadableQuarantine,
} from "../../store/quarantine/quarantine-files.ts";
import { type Entry, eventsOf, type QuarantinedEvent } from "./entry.ts";
import { nameOf, type Position, positionOf, positionText } from "./position.ts";
import type { EventFilter, QuarantineQuestion } from "./question.ts";
import { type FileAhead, readAhead } from "./read-ahead.ts";
import { standingFiles } from "./standing-files.ts";

/** What one answer may read. */
export interface ReadLimits {
  readonly filesMax: number;
  /** Compressed, of all files together; a file is read to its end. */
  readonly bytesMax: number;
  readonly eventsMax: number;
  readonly forMs: number;
}

export const readLimits: ReadLimits = { filesMax: 200, bytesMax: 16 * 1024 * 1024, eventsMax: 50_000, forMs: 10_000 };

/** Values that are counted by name; the rest are `(other)`. */
const valuesMax = 20;

export interface QuarantinePorts {
  readonly files: QuarantineFiles;
  readonly ledger: Pick<Ledger, "committed">;
  readonly clock: Pick<Clock, "now">;
}

/** An entry of a list. */
export interface ListedEntry extends Entry {
  /** Whether its part is committed: until then it may still be counted. */
  readonly settled: boolean;
}

/** How many events have a value, the most first; null for those without one. */
export type Counts = readonly { readonly value: string | null; readonly events: number }[];

export interface QuarantineAnswer {
  readonly from: string;
  readonly to: string;
  /** Matching events, of what was read. */
  readonly events: number;
  readonly byReason: Counts;
  readonly byEvent: Counts;
  readonly bySource: Counts;
  /** The newest of them. */
  readonly entries: readonly ListedEntry[];
  /** Whether all of the range was read. */
  readonly complete: boolean;
  /** Where to go on: behind the last entry, or behind what was read. Absent where nothing is left. */
  readonly next?: string;
}

/** Answers what is in quarantine. Reads a bounded number of files, and says where that was not all. */
export async function answerQuarantine(
  question: QuarantineQuestion,
  ports: QuarantinePorts,
  limits = readLimits,
): Promise<QuarantineAnswer> {
  const { after, limit, fromMs, toMs } = question;
  const listed: Listed[] = [];
  const tally = new Tally();
  let next: Position | undefined;
  let end: Position | undefined;
  const budget = new Budget(limits, ports.clock);
  const standing = standingFiles(ports.files, question, { nowMs: ports.clock.now(), first: "newest", after });
  for await (const ahead of readAhead(standing, ports.files)) {
    const { file } = ahead;
    if (budget.isSpent) {
      end = next ?? positionOf(file, 0);
      break;
    }
    budget.open(file);
    const alreadyRead = isAt(file, after) ? after.events : 0;
    let place = 0;
    for await (const event of eventsOfFile(ports.files, ahead, question.reason)) {
      place++;
      budget.events++;
      if (place <= alreadyRead) continue;
      if (!matches(event, question)) continue;
      tally.add(event.entry);
      if (listed.length < limit) listed.push({ entry: event.entry, file, record: placeOf(event) });
      else next ??= positionOf(file, place - 1);
    }
  }
  const onwards = next ?? end;
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    ...tally.counts(),
    entries: await settledEntries(listed, ports),
    complete: end === undefined,
    ...(onwards === undefined ? {} : { next: positionText(onwards) }),
  };
}

const isAt = (file: QuarantineFile, after: Position | undefined): after is Position =>
  file.minute === after?.minute && nameOf(file) === after.name && file.version === after.version;

export function matches({ entry }: QuarantinedEvent, { fromMs, toMs, reason, event, source }: EventFilter): boolean {
  const arrivalMs = Date.parse(entry.arrival);
  return (
    arrivalMs >= fromMs &&
    arrivalMs < toMs &&
    (reason === undefined || entry.reason === reason) &&
    (event === undefined || entry.event === event) &&
    (source === undefined || entry.source === source)
  );
}

/** The records of a file; none where it is none of ours: the next file is looked at all the same. */
export async function* readable(
  files: Pick<QuarantineFiles, "records">,
  { file, content }: FileAhead,
): AsyncGenerator<QuarantinedRecord> {
  try {
    yield* files.records(file, content);
  } catch (error) {
    if (!(error instanceof UnreadableQuarantine)) throw error;
  }
}

/** The rejected events of a file, of one reason where it is given. */
export async function* eventsOfFile(
  files: Pick<QuarantineFiles, "records">,
  ahead: FileAhead,
  reason?: string,
): AsyncGenerator<QuarantinedEvent> {
  for await (const record of readable(files, ahead)) yield* eventsOf(ahead.file, record, reason);
}

/** An event without its record: 500 records would be half a gigabyte. */
type Listed = Pick<QuarantinedEvent, "entry" | "file"> & { readonly record: Pick<QuarantinedRecord, "sequenceNumber"> };

const placeOf = ({ record: { sequenceNumber } }: QuarantinedEvent): Listed["record"] => ({ sequenceNumber });

/** Whether the part of the event's file is committed under the file's version. */
export async function isSettled({ file, record }: Listed, ledger: Pick<Ledger, "committed">): Promise<boolean> {
  const [part] = await ledger.committed(file.shard, record.sequenceNumber, record.sequenceNumber);
  return part?.id === file.part && part.definitions.length === file.version;
}

async function settledEntries(
  events: readonly Listed[],
  { ledger }: Pick<QuarantinePorts, "ledger">,
): Promise<ListedEntry[]> {
  const asked = new Map<string, boolean>();
  for (const event of events) {
    const { key } = event.file;
    if (!asked.has(key)) asked.set(key, await isSettled(event, ledger));
  }
  return events
    .map(({ entry, file }) => ({ ...entry, settled: asked.get(file.key) ?? false }))
    .sort((a, b) => (a.arrival < b.arrival ? 1 : a.arrival > b.arrival ? -1 : 0));
}

/** How much of its limits an answer has used. */
class Budget {
  readonly #limits: ReadLimits;
  readonly #clock: Pick<Clock, "now">;
  readonly #untilMs: number;
  #files = 0;
  #bytes = 0;
  events = 0;

  constructor(limits: ReadLimits, clock: Pick<Clock, "now">) {
    this.#limits = limits;
    this.#clock = clock;
    this.#untilMs = clock.now() + limits.forMs;
  }

  get isSpent(): boolean {
    const { filesMax, bytesMax, eventsMax } = this.#limits;
    return (
      this.#files >= filesMax ||
      this.#bytes >= bytesMax ||
      this.events >= eventsMax ||
      this.#clock.now() >= this.#untilMs
    );
  }

  open({ bytes }: QuarantineFile): void {
    this.#files++;
    this.#bytes += bytes;
  }
}

class Tally {
  #events = 0;
  readonly #by = { byReason: new Map(), byEvent: new Map(), bySource: new Map() } as const satisfies Record<
    string,
    Map<string | null, number>
  >;

  add({ reason, event, source }: Entry): void {
    this.#events++;
    count(this.#by.byReason, reason);
    count(this.#by.byEvent, event);
    count(this.#by.bySource, source);
  }

  counts(): Pick<QuarantineAnswer, "events" | "byReason" | "byEvent" | "bySource"> {
    const { byReason, byEvent, bySource } = this.#by;
    return { events: this.#events, byReason: top(byReason), byEvent: top(byEvent), bySource: top(bySource) };
  }
}

function count(counts: Map<string | null, number>, value: string | null): void {
  counts.set(value, (counts.get(value) ?? 0) + 1);
}

function top(counts: ReadonlyMap<string | null, number>): Counts {
  const sorted = [...counts].map(([value, events]) => ({ value, events })).sort((a, b) => b.events - a.events);
  const rest = sorted.slice(valuesMax).reduce((sum, { events }) => sum + events, 0);
  return rest === 0 ? sorted : [...sorted.slice(0, valuesMax), { value: "(other)", events: rest }];
}
