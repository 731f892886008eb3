import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillGaps, type GapReport } from "../../../lib/gaps/fill-gaps.ts";
import { manyRecords, Rig, shardId } from "../redelivery/rig.ts";
import { sequence, shard } from "../roll-up/world.ts";

const run = (rig: Rig, { fromMs = 0, toMs = rig.nowMs, dryRun = false } = {}): Promise<GapReport> =>
  fillGaps({ ...rig.ports, shards: { shardIds: async () => [shardId] } }, { fromMs, toMs, dryRun });

/** As many records as asked for, of which the mapping brought only some runs. */
async function rigWith(records: number, delivered: readonly (readonly [from: number, to: number])[]): Promise<Rig> {
  const rig = new Rig(manyRecords(records));
  for (const [from, to] of delivered) await rig.deliver(from, to);
  return rig;
}

describe("records that no part holds", () => {
  test("are counted between two parts, before the first, and behind the last", async () => {
    const rig = await rigWith(10, [
      [1, 3],
      [5, 8],
    ]);
    const { gaps } = await run(rig);
    expect(
      gaps.map(({ firstSequence, lastSequence, records, why }) => [firstSequence, lastSequence, records, why]),
    ).toEqual([
      [sequence(8), sequence(9), 2, undefined],
      [sequence(3), sequence(4), 2, undefined],
      [sequence(0), sequence(0), 1, undefined],
    ]);
    expect(rig.totals()).toEqual(rig.expected());
    expect(await run(rig)).toMatchObject({ gaps: [] });
  });

  test("are counted in a shard that nobody has read", async () => {
    const rig = await rigWith(3, []);
    expect(await run(rig)).toMatchObject({ gaps: [{ records: 3 }] });
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("are left alone where they are too young behind the last part: the mapping is still to bring them", async () => {
    const rig = await rigWith(6, [[0, 2]]);
    const toMs = rig.records[4]?.arrivalMs ?? 0;
    expect(await run(rig, { toMs })).toMatchObject({ gaps: [{ records: 2, lastSequence: sequence(3) }] });
  });

  test("are told of in a dry run, and not counted", async () => {
    const rig = await rigWith(6, [[2, 6]]);
    const report = await run(rig, { dryRun: true });
    expect(report).toMatchObject({ gaps: [{ records: 2, why: undefined }], preview: { events: 4, counted: 4 } });
    expect(rig.totals()).toEqual(rig.expected([0, 1]));
    expect(rig.invocations).toBe(0);
  });

  test("are counted but for those that end the process, which go to quarantine", async () => {
    const rig = await rigWith(8, [[6, 8]]);
    rig.killers.add(3);
    const report = await run(rig);
    expect(report).toMatchObject({
      gaps: [{ records: 6, why: undefined }],
      skipped: [{ sequenceNumber: sequence(3) }],
    });
    expect(rig.totals()).toEqual(rig.expected([3]));
  });

  test("are named with the reason where the function fails, and counted the next time", async () => {
    const rig = await rigWith(4, [[0, 2]]);
    rig.storeDown = true;
    const { gaps } = await run(rig);
    expect(gaps).toMatchObject([{ records: 2 }]);
    expect(gaps[0]?.why).toContain("The store is down");
    rig.storeDown = false;
    expect(await run(rig)).toMatchObject({ gaps: [{ records: 2, why: undefined }] });
    expect(rig.totals()).toEqual(rig.expected());
  });
});

test("a shard without gaps is read once for each part, and for each end", async () => {
  const rig = await rigWith(9, [
    [0, 3],
    [3, 6],
    [6, 9],
  ]);
  expect(await run(rig)).toMatchObject({ looked: 4, gaps: [] });
  expect(rig.reads).toBe(4);
});

test("whatever was delivered, all records are in one part each in the end, and the totals are theirs", async () => {
  const runs = fc.array(fc.tuple(fc.nat(19), fc.integer({ min: 1, max: 6 })), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(runs, async (delivered) => {
      const rig = await rigWith(
        20,
        delivered.map(([from, length]) => [from, Math.min(20, from + length)] as const),
      );
      await run(rig);
      expect(rig.totals()).toEqual(rig.expected());
      const parts = rig.ledger.parts.get(shard) ?? [];
      expect(parts.reduce((sum, part) => sum + part.records, 0)).toBe(20);
    }),
    { numRuns: 200 },
  );
});
