import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redriveDaysMax, rollUpTimeoutSeconds } from "../../../../lib/limits.ts";
import { fillGaps, type GapReport } from "../../../../lib/recovery/gaps/fill-gaps.ts";
import { sweep } from "../../../../lib/recovery/sweep.ts";
import { VirtualClock } from "../../../local/virtual-clock.ts";
import { baseMs, sequence, shard } from "../../roll-up/world.ts";
import { leavePromise, manyRecords, Rig, shardId } from "../isolate/rig.ts";

const run = (rig: Rig, { fromMs = baseMs - 3_600_000, toMs = rig.nowMs, dryRun = false } = {}): Promise<GapReport> =>
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
      [sequence(0), sequence(0), 1, undefined],
      [sequence(3), sequence(4), 2, undefined],
      [sequence(8), sequence(9), 2, undefined],
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

  test("are counted with all between them, however old: a part must reach over nothing", async () => {
    const records = manyRecords(6).map((record, place) =>
      place === 3 ? { ...record, arrivalMs: record.arrivalMs - 300_000 } : record,
    );
    const rig = new Rig(records);
    await rig.deliver(0, 1);
    await run(rig, { fromMs: records[2]?.arrivalMs ?? 0 });
    expect(rig.totals()).toEqual(rig.expected([1]));
    await run(rig);
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("that came before what the ledger remembers are not asked for: they may be counted", async () => {
    const rig = await rigWith(3, []);
    rig.nowMs += redriveDaysMax * 86_400_000;
    await expect(run(rig)).rejects.toThrow("82 days");
    expect(rig.reads).toBe(0);
  });

  test("are counted beside a part that was begun and whose records are gone", async () => {
    const rig = await rigWith(10, []);
    await leavePromise(rig, 2, 6);
    rig.trimmed = 4;
    rig.nowMs += rollUpTimeoutSeconds * 1_000;
    const { gaps } = await run(rig);
    expect(gaps.map(({ firstSequence, records }) => [firstSequence, records])).toEqual([[sequence(6), 4]]);
    expect(gaps.every(({ why }) => why === undefined)).toBe(true);
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

  test("are named with the reason where the function fails, and left to the sweep", async () => {
    const rig = await rigWith(4, [[0, 2]]);
    rig.storeDown = true;
    const { gaps } = await run(rig);
    expect(gaps).toMatchObject([{ records: 2 }]);
    expect(gaps[0]?.why).toContain("The store is down");
    // They are a promise now, which the sweep keeps.
    rig.storeDown = false;
    rig.nowMs += rollUpTimeoutSeconds * 1_000;
    expect(await run(rig)).toMatchObject({ gaps: [] });
    await sweep(rig.ports, { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY });
    expect(rig.totals()).toEqual(rig.expected());
  });
});

describe("a shard without gaps", () => {
  const thirds = [
    [0, 3],
    [3, 6],
    [6, 9],
  ] as const;

  test("is read once between all its parts and once after the last if they are small", async () => {
    const rig = await rigWith(9, thirds);
    expect(await run(rig)).toMatchObject({ looked: 4, gaps: [] });
    expect(rig.reads).toBe(2);
  });

  test("is read once for each part and each end if a part is larger than one read", async () => {
    const rig = await rigWith(9, thirds);
    for (const part of rig.ledger.parts.get(shard) ?? []) rig.ledger.table.putPart(shard, { ...part, records: 5_000 });
    expect(await run(rig)).toMatchObject({ looked: 4, gaps: [] });
    expect(rig.reads).toBe(4);
  });
});

test("shards are read side by side, each no faster than every 400 ms", async () => {
  const rig = await rigWith(40, []);
  for (let place = 0; place < 40; place += 2) await rig.deliver(place, place + 1);
  const shardIds = Array.from({ length: 50 }, (_, index) => `shardId-${String(index).padStart(12, "0")}`);
  const reads = new Map<string, number[]>();
  const startMs = rig.nowMs;
  const clock = new VirtualClock(startMs);
  const stream = {
    pages: async function* (...asked: Parameters<typeof rig.stream.pages>) {
      for await (const page of rig.stream.pages(...asked)) {
        reads.set(asked[0], [...(reads.get(asked[0]) ?? []), clock.now()]);
        yield page;
      }
    },
  };
  const ports = { ...rig.ports, clock, stream, shards: { shardIds: async () => shardIds } };
  let endMs = 0;
  const filling = fillGaps(ports, { fromMs: baseMs - 3_600_000, toMs: startMs, dryRun: true });
  void filling.finally(() => {
    endMs = clock.now();
  });
  for (let minute = 0; endMs === 0 && minute < 60; minute++) await clock.advance(60_000);
  expect(new Set((await filling).gaps.map(({ shardId }) => shardId))).toEqual(new Set(shardIds));
  for (const times of reads.values()) {
    for (const [index, ms] of times.slice(1).entries()) expect(ms - (times[index] ?? 0)).toBeGreaterThanOrEqual(400);
  }
  const mostReads = Math.max(...[...reads.values()].map(({ length }) => length));
  expect(endMs - startMs).toBeLessThanOrEqual(400 * (mostReads + 1));
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
