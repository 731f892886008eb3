import type { CommittedPart, Head, Ledger, OpenPart } from "../store/ledger/ledger.ts";
import { shardKey } from "../stream/sequence.ts";
import { type IsolationPorts, runIsolated } from "./isolate/isolated-run.ts";
import type { FoundRecords, RecordSource } from "./isolate/record-source.ts";
import { said } from "./isolate/roll-up-function.ts";
import type { ReachCheck } from "./isolate/store-reach.ts";
import { reopen } from "./reopen.ts";
import type { SkippingLedger } from "./skip/skip.ts";

export interface KeeperPorts extends Omit<IsolationPorts, "ledger"> {
  readonly ledger: SkippingLedger & Pick<Ledger, "commit">;
  readonly streamName: string;
  readonly records: RecordSource;
  readonly reach: ReachCheck;
}

/** What became of a promise. */
export type Kept =
  | { readonly kind: "kept" }
  /** Its records are neither in the stream nor among the batches that Lambda gave up on, or not all of them are. */
  | { readonly kind: "lost"; readonly recordsFound: number }
  /** Whether its records are gone is not known: not everything was looked at that may have them. */
  | { readonly kind: "unknown"; readonly why: string }
  /** The store no longer takes rows of its minutes, though its records are there. */
  | { readonly kind: "out-of-reach"; readonly why: string }
  | { readonly kind: "not-kept"; readonly why: string };

/** Keeps promises that nobody came back for, each by one more invocation with exactly its records. */
export class PromiseKeeper {
  readonly #ports: KeeperPorts;

  constructor(ports: KeeperPorts) {
    this.#ports = ports;
  }

  /** Safe at any time, however many do it: it is what a redelivery of the batch would do. */
  async keep(shardId: string, promise: OpenPart): Promise<Kept> {
    if (await this.#isCommitted(shardId, promise)) return this.#close(shardId, promise);
    const found = await this.#find(shardId, promise);
    const hindrance = this.#hindrance(promise, found);
    if (hindrance !== undefined) return hindrance;
    const { streamName } = this.#ports;
    const outcome = await runIsolated({ streamName, shardId, records: found.records }, this.#ports);
    if ((await this.#opened(shardId, promise)) === undefined) return { kind: "kept" };
    return { kind: "not-kept", why: outcome.kind === "done" ? "the invocation left it open" : said(outcome) };
  }

  /**
   * Closes a promise that is lost: its range is in a part that holds nothing, and nobody tries again. `kept` where it was
   * counted meanwhile: then that stands. Rows that were written of it stay; `rowsMax` of them at most.
   */
  async writeOff(shardId: string, promise: OpenPart, rowsMax: number): Promise<Kept> {
    const { ledger, streamName, rollUp } = this.#ports;
    const { openedMs: _, ...settled } = promise;
    await ledger.commit(shardKey(streamName, shardId), {
      ...settled,
      counted: 0,
      duplicate: 0,
      quarantined: 0,
      late: 0,
      lost: promise.events,
      rows: 0,
      rowsCount: 0,
      doubled: rowsMax,
      committedMs: rollUp.nowMs,
    });
    const isCounted = await this.#isCommitted(shardId, promise);
    const closed = await this.#close(shardId, promise);
    return isCounted || closed.kind !== "kept" ? closed : { kind: "lost", recordsFound: 0 };
  }

  /** Counts a part that was written off and whose records turned up after all. */
  async restore(shardId: string, part: CommittedPart): Promise<Kept> {
    const foreseen = await this.foreseeRestored(shardId, part);
    if (foreseen.kind !== "kept") return foreseen;
    const { ledger, streamName, rollUp } = this.#ports;
    const promise = await reopen(ledger, shardKey(streamName, shardId), part, rollUp.nowMs);
    return promise === undefined ? { kind: "lost", recordsFound: part.records } : this.keep(shardId, promise);
  }

  /** Whether restoring it would find all records; changes nothing. */
  async foreseeRestored(shardId: string, part: CommittedPart): Promise<Kept> {
    return this.#hindrance(part, await this.#find(shardId, part)) ?? { kind: "kept" };
  }

  /** Whether keeping it would find all records; reads the ledger and the records, and changes nothing. */
  async foresee(shardId: string, promise: OpenPart): Promise<Kept> {
    if (await this.#isCommitted(shardId, promise)) return { kind: "kept" };
    return this.#hindrance(promise, await this.#find(shardId, promise)) ?? { kind: "kept" };
  }

  #hindrance(promise: Pick<OpenPart, "firstBucketMs">, found: FoundRecords): Kept | undefined {
    const { complete, lookedAtAll, unreadable, records } = found;
    if (!complete && !lookedAtAll) {
      const why = "not all batches that Lambda gave up on were looked at: redrive them first, and run it again";
      return { kind: "unknown", why };
    }
    if (!complete && unreadable !== undefined) {
      return { kind: "unknown", why: `records are missing, and ${unreadable} cannot be read: mend it or take it away` };
    }
    if (!complete) return { kind: "lost", recordsFound: records.length };
    const late = this.#ports.reach.ofPromise(promise);
    return late && { kind: "out-of-reach", why: late.detail };
  }

  #find(shardId: string, part: OpenPart | CommittedPart): Promise<FoundRecords> {
    return this.#ports.records.read(shardId, part);
  }

  /** All of its rows are in the store, and only the open list does not say so: its writer died between the two. */
  async #isCommitted(shardId: string, promise: OpenPart): Promise<boolean> {
    const { ledger, streamName } = this.#ports;
    const { firstSequence, lastSequence } = promise;
    const parts = await ledger.committed(shardKey(streamName, shardId), firstSequence, lastSequence);
    return parts.some(
      ({ id, definitions, lost }) =>
        id === promise.id && definitions.length >= promise.definitions.length && lost === undefined,
    );
  }

  async #close(shardId: string, promise: OpenPart): Promise<Kept> {
    const { ledger, streamName } = this.#ports;
    for (;;) {
      const opened = await this.#opened(shardId, promise);
      if (opened === undefined) return { kind: "kept" };
      if (opened.part.definitions.length > promise.definitions.length) {
        return { kind: "not-kept", why: "it was taken over under other definitions" };
      }
      const { head } = opened;
      const open = head.open.filter((part) => part !== opened.part);
      await ledger.moveHead(shardKey(streamName, shardId), head, { ...head, open });
    }
  }

  async #opened(shardId: string, { id }: OpenPart): Promise<{ head: Head; part: OpenPart } | undefined> {
    const { ledger, streamName } = this.#ports;
    const head = await ledger.head(shardKey(streamName, shardId));
    const part = head.open.find((open) => open.id === id);
    return part && { head, part };
  }
}
