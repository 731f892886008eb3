import type { KnownIds } from "../dedupe/duplicate-memory.ts";
import type { Definitions } from "../definitions.ts";
import type { CommittedPart, Head, OpenPart } from "../ledger/ledger.ts";
import { rollUpTimeoutSeconds } from "../limits.ts";
import { shardKey } from "../record/shard-key.ts";
import type { StreamRecord } from "../record/stream-record.ts";
import { type Row, rowKey } from "../store/row.ts";
import type { Patience } from "../store/store.ts";
import type { Batch } from "./batch.ts";
import { committedPart, type FoldedPart, foldAll, foldNew, partId, partRange, withRefusals } from "./part.ts";
import type { Ports } from "./ports.ts";
import { covers, firstUncovered, overlaps, type Range } from "./uncovered.ts";

/** What one invocation did. */
export interface RollUpReport {
  /** Parts it committed, promises of others included. */
  readonly parts: readonly CommittedPart[];
  /** How many of them were promises of others. */
  readonly promisesKept: number;
  /** How often somebody else changed the shard's ledger in between. */
  readonly conflicts: number;
}

/**
 * Rolls up one batch, exactly once however often and in whatever pieces it is delivered: nothing is ever added to what
 * is stored. Each part writes its own rows, and the ledger says which records are in a part already. When this
 * returns, every record of the batch is in a committed part; when it throws, the batch must come again.
 */
export async function rollUp(
  batch: Batch,
  definitions: Definitions,
  ports: Ports,
  patience: Patience,
): Promise<RollUpReport> {
  return new BatchRollUp(batch, definitions, ports, patience).run();
}

/** The batch needs a part that code with other definitions may be writing right now: it must come again later. */
export class PromiseHeld extends Error {
  override readonly name = "PromiseHeld";

  constructor({ id, definitions }: OpenPart, heldMs: number) {
    const seconds = Math.ceil(heldMs / 1_000);
    super(`Expected part ${id} to be free, got one opened ${seconds} s ago under definitions ${definitions.at(-1)}`);
  }
}

class BatchRollUp {
  readonly #batch: Batch;
  readonly #shard: string;
  readonly #range: Range;
  readonly #definitions: Definitions;
  readonly #ports: Ports;
  readonly #patience: Patience;
  readonly #parts: CommittedPart[] = [];
  #promisesKept = 0;
  #conflicts = 0;

  constructor(batch: Batch, definitions: Definitions, ports: Ports, patience: Patience) {
    this.#batch = batch;
    this.#shard = shardKey(batch.streamName, batch.shardId);
    this.#range = rangeOf(batch.records);
    this.#definitions = definitions;
    this.#ports = ports;
    this.#patience = patience;
  }

  async run(): Promise<RollUpReport> {
    const { ledger } = this.#ports;
    for (;;) {
      // In this order: a part that is committed in between is then seen twice, never not at all.
      let head: Head | undefined = await ledger.head(this.#shard);
      const covered: Range[] = await ledger.committed(this.#shard, this.#range.firstSequence, this.#range.lastSequence);
      while (head !== undefined) {
        const promise = this.#oldestPromise(head);
        const part = await (promise === undefined ? this.#nextPart(covered, head) : this.#promisedPart(promise, head));
        if (part === undefined) return this.#report();
        head = await (promise === undefined ? this.#open(part, head) : this.#renew(promise, head));
        const open: OpenPart | undefined = head?.open.find(({ id }) => id === this.#idOf(part));
        if (head === undefined || open === undefined) break;
        head = await this.#finish(open, part, head);
        if (promise !== undefined) this.#promisesKept++;
        covered.push(open);
      }
      this.#conflicts++;
    }
  }

  #report(): RollUpReport {
    return { parts: this.#parts, promisesKept: this.#promisesKept, conflicts: this.#conflicts };
  }

  #idOf({ records }: FoldedPart): string {
    return partId(this.#shard, rangeOf(records));
  }

  #oldestPromise({ open }: Head): OpenPart | undefined {
    return open.filter((part) => overlaps(part, this.#range)).sort((a, b) => a.number - b.number)[0];
  }

  async #nextPart(covered: readonly Range[], head: Head): Promise<FoldedPart | undefined> {
    const run = firstUncovered(this.#batch.records, covered);
    if (run.length === 0) return undefined;
    const memory = await this.#memoryOf(run, head.revision + 1, head, this.#definitions);
    return foldNew(run, this.#definitions, memory);
  }

  /** An earlier invocation's promise: exactly its records, whatever this batch's edges are. */
  async #promisedPart(promise: OpenPart, head: Head): Promise<FoldedPart> {
    const held = this.#batch.records.filter(({ sequenceNumber }) => covers(promise, sequenceNumber));
    const { firstSequence, lastSequence, number } = promise;
    // A batch is consecutive records: with both ends it has all between.
    const complete = held[0]?.sequenceNumber === firstSequence && held.at(-1)?.sequenceNumber === lastSequence;
    const records: readonly StreamRecord[] = complete
      ? held
      : await this.#ports.stream.read(this.#batch.shardId, firstSequence, lastSequence);
    return foldAll(records, this.#definitions, await this.#memoryOf(records, number, head, this.#definitions));
  }

  #memoryOf(records: readonly StreamRecord[], number: number, head: Head, definitions: Definitions): Promise<KnownIds> {
    const anchorMs = records[0]?.arrivalMs ?? Number.NaN;
    return this.#ports.memory.before(this.#shard, { number, anchorMs, ...rangeOf(records) }, head, definitions);
  }

  /** Promises a new part; undefined where somebody else was faster. */
  async #open(part: FoldedPart, head: Head): Promise<Head | undefined> {
    const { ledger, memory, clock } = this.#ports;
    const range = partRange(this.#shard, rangeOf(part.records), part);
    const number = head.revision + 1;
    const opened: OpenPart = { ...range, number, definitions: [this.#definitions.hash], openedMs: clock.now() };
    // Both before the part is opened: whoever sees it finds them.
    await ledger.keepDefinitions(this.#definitions);
    if (range.ids > 0) await ledger.keepIds(this.#shard, range, part.ids);
    if (!(await ledger.moveHead(this.#shard, head, [...head.open, opened]))) return undefined;
    memory.opened(this.#shard, head, opened, part.ids);
    return { revision: number, open: [...head.open, opened] };
  }

  /** Takes a promise over; under other definitions than it was made under, says so first. */
  async #renew(promise: OpenPart, head: Head): Promise<Head | undefined> {
    const { ledger, clock } = this.#ports;
    const { hash } = this.#definitions;
    if (promise.definitions.at(-1) === hash) return head;
    // Two deployments that both run would take it from each other for ever. After its time limit the other is gone.
    const heldMs = clock.now() - promise.openedMs;
    if (heldMs < rollUpTimeoutSeconds * 1_000) throw new PromiseHeld(promise, heldMs);
    const renewed = { ...promise, definitions: [...promise.definitions, hash], openedMs: clock.now() };
    await ledger.keepDefinitions(this.#definitions);
    return this.#move(
      head,
      head.open.map((part) => (part === promise ? renewed : part)),
    );
  }

  /** Writes the rows of an open part, commits it, and takes it off the list. Undefined where the head has changed. */
  async #finish(open: OpenPart, part: FoldedPart, head: Head): Promise<Head | undefined> {
    const { ledger, store, quarantine, clock } = this.#ports;
    const version = open.definitions.length;
    const outdated = await this.#outdatedRows(open, part, head);
    const standing = await store.write(open.id, version, outdated, this.#patience);
    const refusals = await store.write(open.id, version, part.rows, this.#patience);
    const settled = withRefusals(part, refusals, this.#definitions);
    // An earlier definition may have left a file where these reject nothing.
    if (settled.rejected.length > 0 || version > 1) {
      const arrivalMs = part.records[0]?.arrivalMs ?? Number.NaN;
      await quarantine.put(this.#shard, open.id, arrivalMs, settled.rejected);
    }
    const committed = committedPart(open, settled, standing.length, clock.now());
    await ledger.commit(this.#shard, committed);
    this.#parts.push(committed);
    return this.#close(open, head);
  }

  /** Rows that earlier definitions made of the same records and these do not make: taken back with `count` 0. */
  async #outdatedRows(open: OpenPart, part: FoldedPart, head: Head): Promise<Row[]> {
    if (open.definitions.length === 1) return [];
    const current = new Set(part.rows.map(rowKey));
    const outdated = new Map<string, Row>();
    for (const hash of new Set(open.definitions.slice(0, -1))) {
      const definitions = await this.#ports.ledger.definitions(hash);
      if (definitions?.foldVersion !== this.#definitions.foldVersion) {
        const received = definitions === undefined ? "none" : `some of fold version ${definitions.foldVersion}`;
        throw new Error(`Expected definitions ${hash} of part ${open.id} in the ledger, got ${received}`);
      }
      const memory = await this.#memoryOf(part.records, open.number, head, definitions);
      for (const row of foldAll(part.records, definitions, memory).rows) {
        const numbers = row.numbers === undefined ? undefined : { sum: 0, min: 0, max: 0 };
        if (!current.has(rowKey(row))) outdated.set(rowKey(row), { ...row, count: 0, numbers });
      }
    }
    return [...outdated.values()];
  }

  /** Takes a committed part off the open list, unless it was taken over under other definitions meanwhile. */
  async #close(open: OpenPart, head: Head): Promise<Head | undefined> {
    const { ledger } = this.#ports;
    const isOpen = (part: OpenPart): boolean =>
      part.id === open.id && part.definitions.length === open.definitions.length;
    const closed = await this.#move(
      head,
      head.open.filter((part) => !isOpen(part)),
    );
    if (closed !== undefined) return closed;
    for (let now = await ledger.head(this.#shard); now.open.some(isOpen); now = await ledger.head(this.#shard)) {
      const open = now.open.filter((part) => !isOpen(part));
      if (await ledger.moveHead(this.#shard, now, open)) break;
    }
    return undefined;
  }

  async #move(from: Head, open: readonly OpenPart[]): Promise<Head | undefined> {
    if (!(await this.#ports.ledger.moveHead(this.#shard, from, open))) return undefined;
    this.#ports.memory.moved(this.#shard, from);
    return { revision: from.revision + 1, open };
  }
}

function rangeOf(records: readonly StreamRecord[]): Range {
  const [first] = records;
  const last = records.at(-1);
  if (first === undefined || last === undefined)
    throw new Error("Expected a batch of at least one record, got an empty one");
  return { firstSequence: first.sequenceNumber, lastSequence: last.sequenceNumber };
}
