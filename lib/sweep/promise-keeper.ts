import type { Head, Ledger, OpenPart } from "../ledger/ledger.ts";
import { shardKey } from "../record/shard-key.ts";
import { type IsolationPorts, runIsolated } from "../redelivery/isolated-run.ts";
import type { RecordSource } from "../redelivery/record-source.ts";
import { said } from "../redelivery/roll-up-function.ts";
import type { SkippingLedger } from "../skip/skip.ts";

export interface KeeperPorts extends Omit<IsolationPorts, "ledger"> {
  readonly ledger: SkippingLedger & Pick<Ledger, "commit">;
  readonly streamName: string;
  readonly records: RecordSource;
}

/** What became of a promise. */
export type Kept =
  | { readonly kind: "kept" }
  /** Its records are neither in the stream nor among the batches that Lambda gave up on, or not all of them are. */
  | { readonly kind: "lost"; readonly recordsFound: number }
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
    if (!found.complete) return { kind: "lost", recordsFound: found.records.length };
    const { streamName } = this.#ports;
    const outcome = await runIsolated({ streamName, shardId, records: found.records }, this.#ports);
    if ((await this.#opened(shardId, promise)) === undefined) return { kind: "kept" };
    return { kind: "not-kept", why: outcome.kind === "done" ? "the invocation left it open" : said(outcome) };
  }

  /**
   * Closes a promise that is lost: its range is in a part that holds nothing, and nobody tries again. Whoever has its
   * records after all and finishes it puts the true part in its place. Rows that were written of it stay; `rowsMax` of them
   * at most.
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
    return this.#close(shardId, promise);
  }

  /** Whether keeping it would find all records; reads the ledger and the records, and changes nothing. */
  async foresee(shardId: string, promise: OpenPart): Promise<Kept> {
    if (await this.#isCommitted(shardId, promise)) return { kind: "kept" };
    const found = await this.#find(shardId, promise);
    return found.complete ? { kind: "kept" } : { kind: "lost", recordsFound: found.records.length };
  }

  #find(shardId: string, promise: OpenPart) {
    return this.#ports.records.read(shardId, promise, promise.records);
  }

  /** All of its rows are in the store, and only the open list does not say so: its writer died between the two. */
  async #isCommitted(shardId: string, promise: OpenPart): Promise<boolean> {
    const { ledger, streamName } = this.#ports;
    const { firstSequence, lastSequence } = promise;
    const parts = await ledger.committed(shardKey(streamName, shardId), firstSequence, lastSequence);
    return parts.some(({ id, definitions }) => id === promise.id && definitions.length >= promise.definitions.length);
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
