import type { Definitions } from "../../../../lib/config/definitions.ts";
import type { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { IdMap } from "../../../../lib/roll-up/dedupe/id-map.ts";
import {
  type CommittedPart,
  type Head,
  newHead,
  type OpenPart,
  type Views,
} from "../../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";
import { before } from "../world.ts";

export const minuteMs = 60_000;
export const [own, parent, child] = ["s/own", "s/parent", "s/child"] as const;
const definitions: Definitions = { ...before, dedupeWindowMs: 30 * minuteMs, dedupeIdsMax: 80 };

export const bytesOf = (ids: readonly number[]): Buffer => {
  const map = new IdMap();
  for (const id of ids) map.add(id, id, 1);
  return map.toBytes();
};

/** Shards with their parts: a part is of one minute, and has these ids. */
export class Family {
  readonly ledger = new TableLedger();
  readonly heads = new Map<string, Head>();

  part(shard: string, number: number, minute: number, ids: readonly number[], views: Views | undefined = {}) {
    const range = { firstArrivalMs: minute * minuteMs, lastArrivalMs: minute * minuteMs + 1 };
    const sequence = String(1_000_000 + minute);
    const name = `${shard}-${number}`;
    return {
      ...{ id: name, idsName: name, number, firstSequence: sequence, lastSequence: sequence, ...range },
      ...{ ids: ids.length, views, definitions: ["d"] },
    } as unknown as OpenPart & CommittedPart;
  }

  async counted(shard: string, number: number, minute: number, ids: readonly number[], views?: Views): Promise<void> {
    const part = this.part(shard, number, minute, ids, views);
    await this.ledger.keepIds(shard, part, bytesOf(ids));
    await this.ledger.commit(shard, part);
    const { furthest } = this.head(shard);
    const isFurther = part.lastSequence > furthest;
    this.move(shard, { revision: number + 1, ...(isFurther ? { furthest: part.lastSequence } : {}) });
  }

  async opened(shard: string, number: number, minute: number, ids: readonly number[], views?: Views): Promise<void> {
    const part = { ...this.part(shard, number, minute, ids), views };
    await this.ledger.keepIds(shard, part, bytesOf(ids));
    const { open } = this.head(shard);
    this.move(shard, { revision: number, open: [...open, part], furthest: part.lastSequence });
  }

  /** Requests to the ledger since it was last asked. */
  requests(): () => number {
    let before = this.ledger.table.consumed.requests;
    return () => {
      const since = this.ledger.table.consumed.requests - before;
      before += since;
      return since;
    };
  }

  head(shard: string): Head {
    return this.heads.get(shard) ?? newHead;
  }

  move(shard: string, more: Partial<Head>): void {
    this.heads.set(shard, { ...this.head(shard), ...more });
    this.ledger.table.putHead(shard, this.head(shard));
  }

  /** What a part remembers that has this number, begins with this minute and sees so much. */
  async asked(
    memory: DuplicateMemory,
    number: number,
    minute: number,
    views: Views = {},
    more: Partial<Definitions> = {},
  ) {
    const { firstSequence, lastSequence, firstArrivalMs } = this.part(own, number, minute, []);
    const place = { number, firstSequence, lastSequence, anchorMs: firstArrivalMs, views };
    const known = await memory.before(own, place, this.head(own), { ...definitions, ...more });
    return {
      ids: Array.from({ length: 30 }, (_, id) => id).filter((id) => known.has(id, id)),
      windowMs: known.windowMs,
    };
  }

  async known(memory: DuplicateMemory, number: number, minute: number, views: Views = {}): Promise<number[]> {
    return (await this.asked(memory, number, minute, views)).ids;
  }
}
