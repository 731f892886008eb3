import { describe, expect, test } from "vitest";
import { systemClock } from "../../../lib/clock.ts";
import { DuplicateMemory } from "../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { rollUp } from "../../../lib/roll-up/roll-up.ts";
import type { Batch } from "../../../lib/stream/batch.ts";
import { RangeGone } from "../../../lib/stream/reader.ts";
import type { StreamRecord } from "../../../lib/stream/stream-record.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";
import { MemoryStore } from "../../memory/memory-store.ts";
import { baseMs, before, recordOf, sequence, sold } from "./world.ts";

const shardId = "shardId-000000000000";
const recordAt = (place: number, arrivalMs = baseMs + place): StreamRecord => ({
  ...recordOf(place, [sold(place)]),
  arrivalMs,
});
/** All that the stream has. */
const stored = [0, 1, 2, 3].map((place) => recordAt(place));
/** What Lambda hands over when it leaves the second out. */
const withHole = stored.filter((_, place) => place !== 1);

interface Handed extends Partial<Batch> {
  readonly agedAfterMs: number;
  /** What the stream answers to a read of the range. */
  readonly read?: () => StreamRecord[];
}

/** Counts a batch ten seconds after the last record arrived. The records of the parts, and the ranges that were read. */
async function counted({ agedAfterMs, read = () => stored, ...batch }: Handed) {
  const ledger = new TableLedger();
  const reads: string[][] = [];
  const ports = {
    ledger,
    memory: new DuplicateMemory(ledger),
    store: new MemoryStore(),
    quarantine: { put: async () => {} },
    stream: {
      ancestry: async () => ({ ancestors: [], forgotten: [] }),
      read: async (_: string, first: string, last: string) => {
        reads.push([first, last]);
        return read();
      },
    },
    clock: { ...systemClock, now: () => baseMs + 10_000 },
    agedAfterMs,
  };
  const patience = { deadlineMs: Number.POSITIVE_INFINITY };
  const { parts } = await rollUp(
    { streamName: "events", shardId, records: withHole, ...batch },
    before,
    ports,
    patience,
  );
  return { parts: parts.map(({ records }) => records), reads };
}

const gone = (): never => {
  throw new RangeGone(shardId, sequence(0), sequence(3), "none");
};

describe("records that may be so old that Lambda leaves some out", () => {
  test("are read from the stream, and those left out are counted", async () => {
    expect(await counted({ agedAfterMs: 9_000 })).toEqual({ parts: [4], reads: [[sequence(0), sequence(3)]] });
  });

  test("are read where one of them alone is that old, and just so old", async () => {
    const records = [recordAt(0, baseMs + 1), recordAt(2, baseMs), recordAt(3)];
    expect((await counted({ agedAfterMs: 10_000, records })).reads).toHaveLength(1);
  });

  test.each<[string, Partial<Handed>]>([
    ["are younger", { agedAfterMs: 10_001 }],
    ["are known to be all there are", { isWhole: true }],
    ["are one, in the middle of which there is nothing", { records: stored.slice(0, 1) }],
  ])("are counted as they come where they %s", async (_, handed) => {
    const { parts, reads } = await counted({ agedAfterMs: 9_000, ...handed });
    expect(reads).toEqual([]);
    expect(parts).toEqual([(handed.records ?? withHole).length]);
  });

  test("are read where they are two, and one may be missing between them", async () => {
    const records = [recordAt(0), recordAt(2)];
    const read = () => stored.slice(0, 3);
    expect((await counted({ agedAfterMs: 9_000, records, read })).parts).toEqual([3]);
  });

  test("are a part each where the stream has them no more, so that no part says it counted what it did not see", async () => {
    expect((await counted({ agedAfterMs: 9_000, read: gone })).parts).toEqual([1, 1, 1]);
  });

  test("come again where the stream cannot be read", async () => {
    const read = (): never => {
      throw new Error("throttled");
    };
    await expect(counted({ agedAfterMs: 9_000, read })).rejects.toThrow("throttled");
  });
});
