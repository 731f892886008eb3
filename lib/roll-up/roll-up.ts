import type { Definitions } from "../config/definitions.ts";
import { rollUpTimeoutSeconds } from "../limits.ts";
import type { Patience } from "../retry.ts";
import { checkRoom } from "../store/ledger/head-room.ts";
import type { CommittedPart, Head, OpenPart } from "../store/ledger/ledger.ts";
import type { Batch } from "../stream/batch.ts";
import { covers, overlaps, type Range, rangeOf, uncoveredRuns } from "../stream/range.ts";
import { RangeGone } from "../stream/reader.ts";
import { shardKey } from "../stream/sequence.ts";
import type { StreamRecord } from "../stream/stream-record.ts";
import type { KnownIds } from "./dedupe/duplicate-memory.ts";
import { foldedUnder, foldName, readFoldName } from "./fold-name.ts";
import { joinLineage, seal, sealDescendants, viewsAtOpening } from "./lineage.ts";
import { mayBeStored, outdatedRows } from "./outdated-rows.ts";
import { committedPart, type FoldedPart, foldAll, foldNew, heldBy, partRange, withRefusals } from "./part.ts";
import { isSame, orderAtOpening } from "./part-order.ts";
import type { Ports } from "./ports.ts";

/** What one invocation did. */
export interface RollUpReport {
  /** Parts it committed, promises of others included. */
  readonly parts: readonly CommittedPart[];
  /** How many of them were promises of others. */
  readonly promisesKept: number;
  /** How often somebody else changed the shard's ledger in between. */
  readonly conflicts: number;
  /** Events of its parts' records that were left out as another shard's. */
  readonly strays: number;
  /** Of each part that remembered less than `dedupeWindow` of message ids, how far it did, in milliseconds. */
  readonly shortWindowsMs: readonly number[];
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
  const rolling = new BatchRollUp(batch, definitions, ports, patience);
  try {
    return await rolling.run();
  } catch (error) {
    if (error instanceof Error) doneBefore.set(error, rolling.report());
    throw error;
  }
}

const doneBefore = new WeakMap<Error, RollUpReport>();

/** What a roll-up had done when it threw the error: parts that it committed stay. */
export const reportBefore = (error: Error): RollUpReport | undefined => doneBefore.get(error);

/** The batch needs a part that code with other definitions may be writing right now: it must come again later. */
export class PromiseHeld extends Error {
  override readonly name = "PromiseHeld";

  constructor({ id, definitions }: OpenPart, heldMs: number) {
    const seconds = Math.ceil(heldMs / 1_000);
    super(`Expected part ${id} to be free, got one opened ${seconds} s ago under definitions ${definitions.at(-1)}`);
  }
}

/** A part that is promised, and the head that says so. */
interface Opened {
  /** Whether an earlier invocation may have written rows of it. */
  readonly isPromise: boolean;
  /** Whether this invocation alone may have written rows of it under its present definitions. */
  readonly isOurs: boolean;
  readonly open: OpenPart;
  readonly head: Head;
  readonly records: readonly StreamRecord[];
  /** Where it is folded already. */
  readonly part: FoldedPart | undefined;
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
  #strays = 0;

  constructor(batch: Batch, definitions: Definitions, ports: Ports, patience: Patience) {
    this.#batch = batch;
    this.#shard = shardKey(batch.streamName, batch.shardId);
    this.#range = rangeOf(batch.records);
    this.#definitions = definitions;
    this.#ports = ports;
    this.#patience = patience;
  }

  async run(): Promise<RollUpReport> {
    const { ledger, clock } = this.#ports;
    while (clock.now() < this.#patience.deadlineMs) {
      // In this order: a part that is committed in between is then seen twice, never not at all.
      let head: Head | undefined = await ledger.head(this.#shard);
      if (head.bornMs === 0) {
        await this.#join();
        continue;
      }
      const covered: Range[] = await ledger.committed(this.#shard, this.#range.firstSequence, this.#range.lastSequence);
      while (head !== undefined) {
        const promise = this.#oldestPromise(head);
        const opened: Opened | undefined | "nothing" = await (promise === undefined
          ? this.#openNext(covered, head)
          : this.#takeOver(promise, head));
        if (opened === "nothing") return this.report();
        if (opened === undefined) break;
        head = await this.#keep(opened, head);
        if (promise !== undefined) this.#promisesKept++;
        covered.push(opened.open);
      }
      this.#conflicts++;
    }
    throw new Error(
      `Expected the ledger of ${this.#shard} to itself once before the time limit, got ${this.#conflicts} conflicts`,
    );
  }

  report(): RollUpReport {
    const wholeMs = this.#definitions.dedupeWindowMs;
    const shortWindowsMs = this.#parts.map(({ windowMs = wholeMs }) => windowMs).filter((ms) => ms < wholeMs);
    const [parts, promisesKept, conflicts, strays] = [this.#parts, this.#promisesKept, this.#conflicts, this.#strays];
    return { parts, promisesKept, conflicts, strays, shortWindowsMs };
  }

  async #join(): Promise<void> {
    const { ledger, stream, clock } = this.#ports;
    const { streamName, shardId, records } = this.#batch;
    const { ancestors, forgotten, ...own } = await stream.ancestry(shardId);
    const keyOf = (id: string): string => shardKey(streamName, id);
    const ancestry = { ...own, ancestors: ancestors.map(keyOf), forgotten: forgotten.map(keyOf) };
    await joinLineage(ledger, this.#shard, ancestry, {
      bornMs: records[0]?.arrivalMs ?? Number.NaN,
      nowMs: clock.now(),
    });
  }

  #oldestPromise({ open }: Head): OpenPart | undefined {
    // One that was reopened has a lower number than those before it.
    return open.filter((part) => overlaps(part, this.#range)).sort((a, b) => a.number - b.number)[0];
  }

  /** Promises the next part that nothing covers; undefined where somebody else was faster. */
  async #openNext(covered: readonly Range[], head: Head): Promise<Opened | undefined | "nothing"> {
    const { ledger, clock } = this.#ports;
    const [uncovered = []] = uncoveredRuns(this.#batch.records, covered);
    const run = await this.#whole(uncovered);
    const [first] = run;
    if (first === undefined) return "nothing";
    const views = viewsAtOpening(head, first.arrivalMs, this.#definitions);
    const number = head.revision + 1;
    // With relatives, what it remembers is settled only after it is opened; where it ends, and its ids, are before.
    const alone = views !== undefined && head.descendants.length === 0;
    const memory = alone
      ? await this.#memoryOf({ number, views }, run, head, this.#definitions)
      : await this.#ports.memory.nothing();
    const skipped = new Set(head.skipped.map(({ sequenceNumber }) => sequenceNumber));
    const part = foldNew(run, this.#definitions, memory, skipped, head.hashKeys);
    const name = foldName(foldedUnder(this.#definitions.hash, rangeOf(part.records), head.skipped, undefined));
    const range = partRange(this.#shard, rangeOf(part.records), part, name);
    const order = orderAtOpening(head, range, number);
    const settled = { ...range, ...heldBy(part), ...order.ofPart };
    const open: OpenPart = { ...settled, number, definitions: [name], openedMs: clock.now(), views };
    checkRoom(this.#shard, { ...head, open: [...head.open, open] });
    // Both before the part is opened: whoever sees it finds them.
    await ledger.keepDefinitions(this.#definitions);
    if (range.ids > 0) await ledger.keepIds(this.#shard, range, part.ids);
    const moved = await this.#move({ ...head, ...order.ofHead }, [...head.open, open]);
    const folded = alone ? part : undefined;
    return moved && { isPromise: false, isOurs: true, open, head: moved, records: part.records, part: folded };
  }

  /**
   * The run without a hole. Whether Lambda leaves a record that is too old out of the middle of a batch is not documented;
   * a part over it would say that it is counted. The stream has it for an hour more; where it has not, a part of one
   * record reaches over nothing.
   */
  async #whole(run: readonly StreamRecord[]): Promise<readonly StreamRecord[]> {
    const { stream, clock, agedAfterMs } = this.#ports;
    const agedMs = clock.now() - agedAfterMs;
    if (this.#batch.isWhole === true || run.length < 2 || run.every(({ arrivalMs }) => arrivalMs > agedMs)) return run;
    const { firstSequence, lastSequence } = rangeOf(run);
    try {
      return await stream.read(this.#batch.shardId, firstSequence, lastSequence);
    } catch (error) {
      if (error instanceof RangeGone) return run.slice(0, 1);
      throw error;
    }
  }

  /**
   * Takes an earlier invocation's promise over: exactly its records, whatever this batch's edges are. Under other
   * definitions than it was made under, says so first.
   */
  async #takeOver(promise: OpenPart, head: Head): Promise<Opened | undefined> {
    const { ledger, clock } = this.#ports;
    const before = promise.definitions.at(-1);
    const name = foldName(foldedUnder(this.#definitions.hash, promise, head.skipped, before));
    const records = await this.#recordsOf(promise);
    if (before === name) return { isPromise: true, isOurs: false, open: promise, head, records, part: undefined };
    // Two deployments that both run would take it from each other for ever. After its time limit the other is gone.
    const heldMs = clock.now() - promise.openedMs;
    if (heldMs < rollUpTimeoutSeconds * 1_000) throw new PromiseHeld(promise, heldMs);
    const open = { ...promise, definitions: [...promise.definitions, name], openedMs: clock.now() };
    await ledger.keepDefinitions(this.#definitions);
    const moved = await this.#move(
      head,
      head.open.map((part) => (part === promise ? open : part)),
    );
    return moved && { isPromise: true, isOurs: true, open, head: moved, records, part: undefined };
  }

  async #recordsOf({ firstSequence, lastSequence, records }: OpenPart): Promise<readonly StreamRecord[]> {
    const range = { firstSequence, lastSequence };
    const held = this.#batch.records.filter(({ sequenceNumber }) => covers(range, sequenceNumber));
    // Sequence numbers have gaps of their own: only the number of records says that none is missing.
    if (held.length === records) return held;
    return this.#ports.stream.read(this.#batch.shardId, firstSequence, lastSequence, records);
  }

  #memoryOf(
    part: Pick<OpenPart, "number" | "views">,
    records: readonly StreamRecord[],
    head: Head,
    definitions: Definitions,
  ): Promise<KnownIds> {
    const place = { number: part.number, views: part.views ?? {}, anchorMs: records[0]?.arrivalMs ?? Number.NaN };
    return this.#ports.memory.before(this.#shard, { ...place, ...rangeOf(records) }, head, definitions);
  }

  /**
   * As above, of a part that may have been opened under other definitions: whatever it is finished under, it counts no
   * message but those it was opened with, for later parts may have counted the others.
   */
  async #memoryOfOpen(
    open: OpenPart,
    records: readonly StreamRecord[],
    head: Head,
    definitions: Definitions,
  ): Promise<KnownIds> {
    const memory = await this.#memoryOf(open, records, head, definitions);
    if (open.definitions.length === 1) return memory;
    const claimed = await this.#ports.memory.claimedBy(this.#shard, open);
    return { ...memory, claims: (high, low) => claimed.has(high, low) };
  }

  /** Finishes an open part. The head afterwards; undefined where somebody else has changed it. */
  async #keep(opened: Opened, before: Head): Promise<Head | undefined> {
    const { records, part } = opened;
    const { ledger, memory } = this.#ports;
    const head = await seal(ledger, this.#shard, opened.head);
    const open = head?.open.find(({ id }) => id === opened.open.id);
    if (head === undefined || open === undefined) return undefined;
    await sealDescendants(ledger, head);
    const folded = part ?? (await this.#fold(open, records, head));
    const closed = await this.#finish({ ...opened, open, head }, folded);
    if (closed !== undefined) memory.finished(this.#shard, before, closed, open, folded.ids);
    return closed;
  }

  async #fold(open: OpenPart, records: readonly StreamRecord[], head: Head): Promise<FoldedPart> {
    const memory = await this.#memoryOfOpen(open, records, head, this.#definitions);
    const { skipped } = readFoldName(open.definitions.at(-1) ?? "");
    const numbers = new Set(skipped.map(({ sequenceNumber }) => sequenceNumber));
    return foldAll(records, this.#definitions, memory, numbers, head.hashKeys);
  }

  /** Writes the rows of an open part, commits it, and takes it off the list. Undefined where the head has changed. */
  async #finish({ open, head, isPromise, isOurs }: Opened, part: FoldedPart): Promise<Head | undefined> {
    const { ledger, store, quarantine, clock } = this.#ports;
    const version = open.definitions.length;
    const outdated = await outdatedRows(open, part, this.#definitions, ledger, (definitions) =>
      this.#memoryOfOpen(open, part.records, head, definitions),
    );
    const zeroed = await store.write(open.id, version, outdated.rows, this.#patience);
    const written = await store.write(open.id, version, part.rows, this.#patience);
    // Rows may have become too old for this writer since another wrote them and committed the part.
    const isRefused = zeroed.refusals.length + written.refusals.length > 0;
    if (isRefused && !(await ledger.head(this.#shard)).open.some(isSame(open))) return undefined;
    const settled = withRefusals(part, written.refusals, this.#definitions);
    const doubled = zeroed.refusals.length + outdated.unknown + mayBeStored(written.refusals, isPromise);
    // Who folds the same records again writes the same rows: of a promise they may be there.
    const existing = isOurs ? zeroed.existing + written.existing : 0;
    // An earlier definition may have left a file where these reject nothing.
    if (settled.rejected.length > 0 || version > 1) {
      const { id, firstArrivalMs } = open;
      await quarantine.put(this.#shard, { part: id, version, firstArrivalMs }, settled.rejected);
    }
    const committed = committedPart(open, settled, { doubled, existing, committedMs: clock.now() });
    await ledger.commit(this.#shard, committed);
    this.#parts.push(committed);
    this.#strays += part.strays;
    return this.#close(open, head);
  }

  /** Takes a committed part off the open list, unless it was taken over under other definitions meanwhile. */
  async #close(open: OpenPart, head: Head): Promise<Head | undefined> {
    const { ledger } = this.#ports;
    const isOpen = isSame(open);
    const closed = await this.#move(
      head,
      head.open.filter((part) => !isOpen(part)),
    );
    if (closed !== undefined) return closed;
    for (let now = await ledger.head(this.#shard); now.open.some(isOpen); now = await ledger.head(this.#shard)) {
      await ledger.moveHead(this.#shard, now, { ...now, open: now.open.filter((part) => !isOpen(part)) });
    }
    return undefined;
  }

  async #move(from: Head, open: readonly OpenPart[]): Promise<Head | undefined> {
    const next = { ...from, open };
    if (!(await this.#ports.ledger.moveHead(this.#shard, from, next))) return undefined;
    return { ...next, revision: from.revision + 1 };
  }
}
