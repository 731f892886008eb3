import { describe, expect, test } from "vitest";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import { count, defineConfig, page } from "../../../../lib/config.ts";
import { DuplicateMemory } from "../../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { IdMap } from "../../../../lib/roll-up/dedupe/id-map.ts";
import { type NumberedPart, recall } from "../../../../lib/roll-up/dedupe/recall.ts";
import { type CommittedPart, type Ledger, newHead } from "../../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";

const minuteMs = 60_000;
const config = defineConfig({ metrics: { views: { on: page(), measure: count() } }, dedupeWindow: "1h" });
const definitions = definitionsOf(config);

/** A part of ten records that arrived in one minute. */
const part = (number: number, arrivalMinute: number, ids = 1): NumberedPart => ({
  id: `p${number}`,
  idsName: `p${number}`,
  number,
  firstSequence: String(1_000_000 + arrivalMinute * 100),
  lastSequence: String(1_000_000 + arrivalMinute * 100 + 9),
  firstArrivalMs: arrivalMinute * minuteMs,
  lastArrivalMs: (arrivalMinute + 1) * minuteMs,
  ids,
});

const place = (number: number, arrivalMinute: number) => {
  const { firstSequence, lastSequence, firstArrivalMs } = part(number, arrivalMinute);
  return { number, firstSequence, lastSequence, anchorMs: firstArrivalMs, views: {} };
};

const numbers = (parts: readonly NumberedPart[]): number[] => parts.map(({ number }) => number);

describe("what a part remembers", () => {
  test("are the parts with lower numbers within the window, on either side of it", () => {
    const parts = [part(1, 100), part(2, 1_000), part(3, 1_030), part(4, 1_090), part(5, 1_200), part(9, 1_060)];
    expect(numbers(recall(parts, place(6, 1_060), definitions).parts)).toEqual([4, 3, 2]);
  });

  test("is less where there are too many ids: the newest parts that fit", () => {
    const parts = [part(1, 1_000, 600_000), part(2, 1_010, 500_000), part(3, 1_020, 400_000)];
    expect(numbers(recall(parts, place(4, 1_030), { ...definitions, dedupeIdsMax: 1_000_000 }).parts)).toEqual([3, 2]);
  });
});

async function ledgerOf(parts: readonly NumberedPart[]): Promise<TableLedger> {
  const ledger = new TableLedger();
  for (const one of parts) await keep(ledger, one);
  return ledger;
}

/** A committed part with one message, whose id is its number. */
async function keep(ledger: TableLedger, one: NumberedPart): Promise<void> {
  await ledger.commit("s", { ...one, definitions: ["d"] } as unknown as CommittedPart);
  const ids = new IdMap();
  ids.add(one.number, one.number, 1);
  await ledger.keepIds("s", one, ids.toBytes());
}

const known = async (memory: DuplicateMemory, at: ReturnType<typeof place>, revision: number): Promise<number[]> => {
  const ids = await memory.before("s", at, { ...newHead, revision }, definitions);
  return Array.from({ length: 20 }, (_, id) => id).filter((id) => ids.has(id, id));
};

describe("the memory of a process", () => {
  test("is the same warm as cold, also after a part from long ago was folded in between", async () => {
    // Number 4 is a batch from long ago that was brought again.
    const parts = [part(1, 1_000), part(2, 1_010), part(3, 1_020), part(4, 10), part(5, 1_030)];
    const ledger = await ledgerOf(parts);
    const warm = new DuplicateMemory(ledger);
    for (const at of [
      place(6, 1_040),
      place(6, 1_075),
      place(6, 1_085),
      place(6, 1_150),
      place(2, 1_010),
      place(5, 20),
    ]) {
      expect(await known(warm, at, 5)).toEqual(await known(new DuplicateMemory(ledger), at, 5));
    }
    expect(await known(warm, place(6, 1_085), 5)).toEqual([3, 5]);
  });

  test("has what it opened itself without reading it", async () => {
    const ledger = await ledgerOf([part(1, 1_000)]);
    const memory = new DuplicateMemory(ledger);
    expect(await known(memory, place(2, 1_010), 1)).toEqual([1]);
    const ids = new IdMap();
    ids.add(7, 7, 1);
    memory.finished("s", { ...newHead, revision: 1 }, { ...newHead, revision: 3 }, part(2, 1_010), ids.toBytes());
    ledger.ranges = () => {
      throw new Error("read");
    };
    expect(await known(memory, place(4, 1_020), 3)).toEqual([1, 7]);
  });

  test("reads again after somebody else changed the shard", async () => {
    const ledger = await ledgerOf([part(1, 1_000)]);
    const memory = new DuplicateMemory(ledger);
    expect(await known(memory, place(2, 1_010), 1)).toEqual([1]);
    await keep(ledger, part(2, 1_005));
    expect(await known(memory, place(4, 1_010), 3)).toEqual([1, 2]);
  });

  test("is bounded over all shards: what was asked for longest ago is read again, and is the same", async () => {
    const ledger = await ledgerOf([part(1, 1_000), part(2, 1_001)]);
    const reads: string[] = [];
    const asked: Ledger = new Proxy(ledger, {
      get: (target, name) =>
        name === "ids"
          ? (shard: string) => {
              reads.push(shard);
              return target.ids("s", "0", "9".repeat(20));
            }
          : name === "ranges"
            ? (_: string, from: string, direction: "before" | "after") => target.ranges("s", from, direction)
            : Reflect.get(target, name).bind(target),
    });
    const askFor = async (shard: string): Promise<void> => {
      const ids = await memory.before(shard, place(6, 1_040), { ...newHead, revision: 5 }, definitions);
      expect([1, 2, 3].map((id) => ids.has(id, id))).toEqual([true, true, false]);
    };
    let memory = new DuplicateMemory(asked);
    await askFor("a");
    reads.length = 0;
    // Room for two shards.
    memory = new DuplicateMemory(asked, 2 * memory.bytes);
    for (const shard of ["a", "b", "a", "b", "c", "b", "c", "a", "c", "b"]) await askFor(shard);
    expect(reads.join("")).toBe("abcab");
  });

  test("refuses to go on without the ids of a part", async () => {
    const ledger = new TableLedger();
    await ledger.commit("s", { ...part(1, 1_000), definitions: ["d"] } as unknown as CommittedPart);
    await expect(known(new DuplicateMemory(ledger), place(2, 1_010), 1)).rejects.toThrow("lacks the message ids p1");
  });
});
