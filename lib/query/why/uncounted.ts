import { UnreadableFailure } from "../../store/dead-letters/dead-letter.ts";
import type { FailureFile } from "../../store/dead-letters/dead-letter-files.ts";
import type { Head } from "../../store/ledger/ledger.ts";
import { covers } from "../../stream/range.ts";
import { RangeGone } from "../../stream/reader.ts";
import { compareSequence, shardKey } from "../../stream/sequence.ts";
import type { StreamRecord } from "../../stream/stream-record.ts";
import type { Copy, Fate } from "./copy.ts";
import { occurrencesIn, toldBy } from "./occurrences.ts";
import type { Search } from "./search.ts";
import * as says from "./sentences.ts";

/** Copies, and the place to go on from where not all was looked at. */
export interface Step {
  readonly copies: readonly Copy[];
  readonly at?: string;
}

const recordsPerRead = 1_000;
/** Behind the tip a read may come back empty although there is more. */
const emptyReadsMax = 20;
/** What the clocks of Kinesis and the function may be apart. */
const clocksMs = 5_000;

/** Copies in open parts of a shard, and behind its newest part; from behind `at` on. */
export async function waitingCopies(search: Search, shardId: string, at: string | undefined): Promise<Step> {
  const { ports, spent, notLooked } = search;
  const begunMs = ports.clock.now();
  const shard = shardKey(ports.streamName, shardId);
  // In this order: a part that is committed in between is then seen twice, never not at all.
  const head = await ports.ledger.head(shard);
  const newest = await ports.ledger.newest(shard);
  const copies: Copy[] = at === undefined ? await openCopies(search, shardId, head) : [];
  const after = later(at, newest?.lastSequence);
  let emptyReads = 0;
  let firstArrivalMs: number | undefined;
  let last = after;
  for await (const { records, behindMs } of ports.stream.pages(
    shardId,
    after === undefined ? "oldest" : { after },
    recordsPerRead,
  )) {
    for (const record of records) {
      last = record.sequenceNumber;
      spent.bytes += record.data.length;
      spent.waitingRecords++;
      if (head.open.some((part) => covers(part, record.sequenceNumber))) continue;
      firstArrivalMs ??= record.arrivalMs;
      const behindSeconds = Math.max(0, Math.round((ports.clock.now() - firstArrivalMs) / 1_000));
      copies.push(
        ...copiesIn(search, shardId, record, head, { kind: "waiting", behindSeconds }, says.isWaiting(behindSeconds)),
      );
    }
    emptyReads = records.length === 0 ? emptyReads + 1 : 0;
    // What arrived since is another question: on a busy shard there is always more.
    if (behindMs === 0 || (records.at(-1)?.arrivalMs ?? 0) > begunMs + clocksMs) break;
    if (emptyReads >= emptyReadsMax) {
      notLooked.add(`The stream behind record ${last ?? "none"} of ${shardId}: ${emptyReads} reads brought nothing`);
      break;
    }
    if (spent.isUp && last !== undefined) return { copies, at: last };
  }
  return { copies };
}

const later = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || b === undefined ? (a ?? b) : compareSequence(a, b) > 0 ? a : b;

async function openCopies(search: Search, shardId: string, head: Head): Promise<Copy[]> {
  const { ports, spent, notLooked } = search;
  const copies: Copy[] = [];
  const shard = shardKey(ports.streamName, shardId);
  for (const part of head.open) {
    const committed = await ports.ledger.committed(shard, part.firstSequence, part.lastSequence);
    // One that is only not off the list yet is committed; one that was taken over since is not.
    if (committed.some(({ id, definitions }) => id === part.id && definitions.length >= part.definitions.length))
      continue;
    const opened = new Date(part.openedMs).toISOString();
    let records: readonly StreamRecord[];
    try {
      records = await ports.stream.read(shardId, part.firstSequence, part.lastSequence, part.records);
    } catch (error) {
      if (!(error instanceof RangeGone)) throw error;
      records = error.records;
    }
    if (records.length !== part.records) {
      notLooked.add(
        `Open part ${part.id} of ${shardId} has ${part.records} records, and the stream has ${records.length} of them`,
      );
    }
    for (const record of records) {
      spent.bytes += record.data.length;
      spent.waitingRecords++;
      const found = copiesIn(search, shardId, record, head, { kind: "open", opened }, says.isOpen(part));
      copies.push(...found.map((copy) => ({ ...copy, part: part.id })));
    }
  }
  return copies;
}

/** Copies of a shard in batches that Lambda gave up on, of records that are in no part; files behind `at`. */
export async function givenUpCopies(search: Search, shardId: string, at: string | undefined): Promise<Step> {
  const { ports, spent } = search;
  const copies: Copy[] = [];
  const shard = shardKey(ports.streamName, shardId);
  for await (const file of ports.failures.list(shardId)) {
    if (at !== undefined && file.key <= at) continue;
    const records = await recordsOf(search, file);
    spent.failureFiles++;
    spent.bytes += Math.max(1, file.bytes);
    const [first, last] = [records[0]?.sequenceNumber, records.at(-1)?.sequenceNumber];
    if (first !== undefined && last !== undefined) {
      const head = await ports.ledger.head(shard);
      const covered = [...head.open, ...(await ports.ledger.committed(shard, first, last))];
      for (const record of records) {
        if (covered.some((part) => covers(part, record.sequenceNumber))) continue;
        const fate = { kind: "given-up", file: file.key } as const;
        copies.push(...copiesIn(search, shardId, record, head, fate, says.isGivenUp(file.key)));
      }
    }
    if (spent.isUp) return { copies, at: file.key };
  }
  return { copies };
}

async function recordsOf({ ports, notLooked }: Search, file: FailureFile): Promise<readonly StreamRecord[]> {
  try {
    return (await ports.failures.read(file))?.batch.records ?? [];
  } catch (error) {
    if (!(error instanceof UnreadableFailure)) throw error;
    notLooked.add(`The file ${file.key} could not be read: ${error.message}`);
    return [];
  }
}

/** Copies in a record that is in no finished part. */
function copiesIn(
  search: Search,
  shardId: string,
  record: StreamRecord,
  { skipped }: Head,
  fate: Fate,
  sentence: says.Sentence,
): Copy[] {
  const { notLooked } = search;
  const { sequenceNumber, arrivalMs } = record;
  const isSkipped = skipped.some((mark) => mark.sequenceNumber === sequenceNumber);
  const found = occurrencesIn(record, search, isSkipped);
  if (found === "opaque") {
    notLooked.add(`Record ${sequenceNumber} of ${shardId} could not be taken apart: it may hold the id`);
    return [];
  }
  return found.map(({ index, fields }) => {
    const known = {
      shardId,
      part: null,
      sequenceNumber,
      index: index ?? null,
      arrival: new Date(arrivalMs).toISOString(),
      ...toldBy(fields),
    };
    return { ...known, fate, says: [...says.acceptance(known), sentence] };
  });
}
