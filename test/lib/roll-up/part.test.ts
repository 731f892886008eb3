import { beforeAll, describe, expect, test } from "vitest";
import { partLimits, recordLimits } from "../../../lib/limits.ts";
import { DuplicateMemory, type KnownIds } from "../../../lib/roll-up/dedupe/duplicate-memory.ts";
import { foldAll, foldNew, heldBy, partRange, withRefusals } from "../../../lib/roll-up/part.ts";
import { rangeOf } from "../../../lib/stream/range.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";
import { baseMs, before, recordOf, sequence, shard, sold } from "./world.ts";

let memory: KnownIds;
beforeAll(async () => {
  memory = await new DuplicateMemory(new TableLedger()).nothing();
});

const records = [0, 1, 2].map((index) => recordOf(index, [sold(index)]));
const rangeUnder = (name: string, some = records, ofShard = shard) =>
  partRange(ofShard, rangeOf(some), foldAll(some, before, memory), name);

describe("a new part", () => {
  test("ends before a record that arrived too long after its first", () => {
    const at = (index: number, ms: number) => ({ ...recordOf(index, [sold(index)]), arrivalMs: baseMs + ms });
    const run = [at(0, 0), at(1, partLimits.spanMs), at(2, partLimits.spanMs + 1), at(3, 0)];
    expect(foldNew(run, before, memory).records).toEqual(run.slice(0, 2));
  });

  test("ends once it is full, however much is left", () => {
    const data = Buffer.alloc(recordLimits.unpackedBytesMax + 1);
    const run = Array.from({ length: 9 }, (_, index) => ({ ...recordOf(index, []), data }));
    const most = partLimits.unpackedBytesMax / recordLimits.unpackedBytesMax;
    expect(foldNew(run, before, memory).records).toHaveLength(most);
    expect(foldAll(run, before, memory).records).toHaveLength(9);
  });

  test("steps over a record that is marked, which is one event of quarantine", () => {
    const skipped = new Set([sequence(1)]);
    for (const part of [foldNew(records, before, memory, skipped), foldAll(records, before, memory, skipped)]) {
      expect(part.tally).toMatchObject({ events: 3, counted: 2, quarantined: 1 });
      expect(part.rejected).toMatchObject([{ record: records[1], index: undefined, problem: { reason: "skipped" } }]);
    }
  });
});

describe("what is settled of a part before it is opened", () => {
  test("is its id, the same whoever folds it, and for no other records", () => {
    const { id } = rangeUnder("d1");
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(rangeUnder("d2").id).toBe(id);
    expect(rangeUnder("d1", records.slice(0, 2)).id).not.toBe(id);
    expect(rangeUnder("d1", records.slice(1)).id).not.toBe(id);
    expect(rangeUnder("d1", records, "events/shardId-000000000001").id).not.toBe(id);
  });

  test("is a name for its message ids of its own, for each of what it is opened under", () => {
    const { id, idsName } = rangeUnder("d1");
    expect(idsName).toMatch(new RegExp(`^${id}-[0-9a-f]{12}$`));
    expect(rangeUnder("d2").idsName).toMatch(new RegExp(`^${id}-[0-9a-f]{12}$`));
    expect(rangeUnder("d2").idsName).not.toBe(idsName);
  });

  test("is how many ids it leaves, and what is in it", () => {
    expect(rangeUnder("d1")).toMatchObject({ ids: 3, firstSequence: sequence(0), lastSequence: sequence(2) });
    expect(heldBy(foldAll(records, before, memory))).toEqual({
      records: 3,
      events: 3,
      rows: 6,
      firstBucketMs: baseMs,
      lastBucketMs: baseMs + 120_000,
    });
    expect(heldBy(foldAll([recordOf(0, ["?"])], before, memory))).toEqual({
      ...{ records: 1, events: 1, rows: 0, firstBucketMs: undefined, lastBucketMs: undefined },
    });
  });
});

test("an event whose row the store refused says of which metric, in the store's words, and is told from others", () => {
  const part = foldAll([...records, recordOf(3, ["?"])], before, memory);
  const refused = part.rows.filter(({ metric, bucketMs }) => metric === "sales" && bucketMs === baseMs);
  const refusals = refused.map((row) => ({ row, reason: "late" as const, detail: "too old" }));
  const { rejected, tally } = withRefusals(part, refusals, before);
  expect(rejected.map(({ problem }) => [problem.byStore, problem.reason])).toEqual([
    [undefined, "invalid"],
    [true, "late"],
  ]);
  expect(rejected[1]?.problem.detail).toBe('sales: expected the store to take the row, got "too old"');
  expect(tally).toMatchObject({ events: 4, counted: 2, late: 1, quarantined: 1 });
});
