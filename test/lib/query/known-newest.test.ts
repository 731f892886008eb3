import fc from "fast-check";
import { expect, test } from "vitest";
import { KnownNewest } from "../../../lib/query/known-newest.ts";
import { type CommittedPart, newHead, type OpenPart } from "../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";

const shards = ["events/shardId-0", "events/shardId-1", "events/shardId-2"] as const;

/** A ledger of a few shards, in which a shard's parts are opened, committed and closed one after the other. */
class MovingLedger {
  readonly ledger = new TableLedger();
  readonly known: KnownNewest;
  /** Shards whose newest part was read. */
  readonly asked: string[] = [];
  readonly #last = new Map<string, number>();

  constructor() {
    const { ledger, asked } = this;
    this.known = new KnownNewest({
      headsOf: (some) => ledger.headsOf(some),
      newest: (shard) => {
        asked.push(shard);
        return ledger.newest(shard);
      },
    });
  }

  /** The next write of the roll-up in a shard: it opens a part, commits it, or takes it off the head. */
  async step(shard: string): Promise<void> {
    const head = (await this.ledger.headsOf([shard])).get(shard) ?? newHead;
    const [open] = head.open;
    const last = this.#last.get(shard) ?? 0;
    if (open === undefined) {
      const part = { id: `${last + 1}`, definitions: ["d"], lastSequence: `${last + 1}` } as unknown as OpenPart;
      await this.ledger.moveHead(shard, head, { ...head, open: [part] });
    } else if (Number(open.lastSequence) > last) {
      await this.ledger.commit(shard, { ...open, lastArrivalMs: last + 1 } as unknown as CommittedPart);
      this.#last.set(shard, last + 1);
    } else {
      await this.ledger.moveHead(shard, head, { ...head, open: [] });
    }
  }

  async numbers(): Promise<number[]> {
    const newest = await Promise.all(shards.map((shard) => this.known.newest(shard)));
    return newest.map((part) => Number(part?.lastSequence ?? 0));
  }

  get committed(): number[] {
    return shards.map((shard) => this.#last.get(shard) ?? 0);
  }
}

test("the newest part that is remembered is never older than the heads", async () => {
  const step = fc.oneof(
    fc.constantFrom(...shards).map((shard) => ({ shard })),
    fc.record({ meanwhile: fc.array(fc.constantFrom(...shards), { maxLength: 3 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const moving = new MovingLedger();
      for (const one of steps) {
        if ("shard" in one) {
          await moving.step(one.shard);
          continue;
        }
        await moving.known.headsOf(shards);
        const before = moving.committed;
        for (const shard of one.meanwhile) await moving.step(shard);
        const read = await moving.numbers();
        for (const [index, number] of read.entries()) {
          expect(number).toBeGreaterThanOrEqual(before[index] ?? 0);
          expect(number).toBeLessThanOrEqual(moving.committed[index] ?? 0);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test("a shard costs a request of its own only where it has moved, or has an open part", async () => {
  const moving = new MovingLedger();
  const [first, second, third] = shards;
  const ask = async (): Promise<string[]> => {
    moving.asked.length = 0;
    await moving.known.headsOf(shards);
    await moving.numbers();
    return [...moving.asked];
  };
  expect(await ask()).toEqual([...shards]);
  expect(await ask()).toEqual([]);
  await moving.step(second);
  expect(await ask()).toEqual([second]);
  expect(await ask()).toEqual([second]);
  await moving.step(second);
  await moving.step(second);
  expect(await ask()).toEqual([second]);
  expect(await ask()).toEqual([]);
  // What is not asked about is forgotten.
  await moving.known.headsOf([first]);
  expect(await ask()).toEqual([second, third]);
});
