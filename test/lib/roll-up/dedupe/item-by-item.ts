import type { Definitions } from "../../../../lib/config/definitions.ts";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { IdMap } from "../../../../lib/roll-up/dedupe/id-map.ts";
import { orderAtOpening } from "../../../../lib/roll-up/part-order.ts";
import { type CommittedPart, type Head, newHead, type OpenPart } from "../../../../lib/store/ledger/ledger.ts";
import { LedgerTable, TableLedger } from "../../../fakes/ledger-table.ts";
import { before } from "../world.ts";

export const minuteMs = 60_000;
export const definitions: Definitions = { ...before, dedupeWindowMs: 30 * minuteMs, dedupeIdsMax: 1_000 };
export const bytesOf = (ids: readonly number[]): Buffer => {
  const map = new IdMap();
  for (const id of ids) map.add(id, id, 1);
  return map.toBytes();
};

/** A shard whose parts are of one minute each, in a ledger that answers item by item: each item read is a request. */
export class Shard {
  readonly ledger = new TableLedger(new LedgerTable({ pageItems: 1 }));
  head: Head = newHead;
  #requests = 0;

  part(minute: number, ids: readonly number[] = [minute]): OpenPart & CommittedPart {
    const firstArrivalMs = minute * minuteMs;
    const sequence = String(1_000_000 + minute);
    return {
      ...{ id: `p${minute}`, idsName: `p${minute}`, number: this.head.revision + 1, definitions: ["d"], views: {} },
      ...{ firstSequence: sequence, lastSequence: sequence, firstArrivalMs, lastArrivalMs: firstArrivalMs + 1 },
      ids: ids.length,
    } as unknown as OpenPart & CommittedPart;
  }

  /** Opens the part of a minute, and counts it unless it is to stay open. What it was, for a process that did it itself. */
  async counted(minute: number, ids: readonly number[] = [minute], staysOpen = false) {
    const moved = this.moved(minute, ids, staysOpen);
    await this.ledger.keepIds("s", moved.part, bytesOf(ids));
    if (!staysOpen) await this.ledger.commit("s", moved.part);
    this.requests();
    return moved;
  }

  /** The same, but that the ledger is not told. */
  moved(minute: number, ids: readonly number[], staysOpen = false) {
    const [from, part] = [this.head, this.part(minute, ids)];
    const { ofPart, ofHead } = orderAtOpening(from, part, part.number);
    const opened = { ...part, ...ofPart };
    const open = staysOpen ? [...from.open, opened] : from.open;
    this.head = { ...from, ...ofHead, open, revision: part.number + (staysOpen ? 0 : 1) };
    return { from, to: this.head, part: opened, ids: bytesOf(ids) };
  }

  /** Of the ids up to 1,000 those that a part of the minute must not count again. */
  async known(
    memory: DuplicateMemory,
    minute: number,
    { number = this.head.revision + 1, ...more }: Partial<Definitions> & { number?: number } = {},
  ): Promise<number[]> {
    const { firstSequence, lastSequence, firstArrivalMs } = this.part(minute);
    const place = { number, firstSequence, lastSequence, anchorMs: firstArrivalMs, views: {} };
    const known = await memory.before("s", place, this.head, { ...definitions, ...more });
    return Array.from({ length: 1_000 }, (_, id) => id).filter((id) => known.has(id, id));
  }

  /** Requests since it was last asked. */
  requests(): number {
    const { requests } = this.ledger.table.consumed;
    const since = requests - this.#requests;
    this.#requests = requests;
    return since;
  }
}

/** With a part every hour, whose id is its minute, and what one process knows of it, whose key is read already. */
export async function hourly(hours: number): Promise<{ shard: Shard; memory: DuplicateMemory }> {
  const shard = new Shard();
  for (let hour = 1; hour <= hours; hour++) await shard.counted(hour * 60);
  const memory = new DuplicateMemory(shard.ledger);
  await memory.nothing();
  shard.requests();
  return { shard, memory };
}
