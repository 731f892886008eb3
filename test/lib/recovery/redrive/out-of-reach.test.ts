import { describe, expect, test } from "vitest";
import { rollUpTimeoutSeconds } from "../../../../lib/limits.ts";
import { fillGaps } from "../../../../lib/recovery/gaps/fill-gaps.ts";
import { redrive } from "../../../../lib/recovery/redrive/redrive.ts";
import { sweep } from "../../../../lib/recovery/sweep.ts";
import { baseMs, recordOf, shard, sold } from "../../roll-up/world.ts";
import { leavePromise, manyRecords, openParts, Rig, shardId } from "../isolate/rig.ts";

const hourMs = 3_600_000;
const once = { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY };
const accepting = { ...once, acceptLate: true };

/** A rig whose store refuses rows older than its retention, this many hours after the records arrived. */
function rigAfter(hours: number, records = manyRecords(4)): Rig {
  const rig = new Rig(records);
  rig.nowMs = baseMs + hours * hourMs;
  rig.store.refuse = ({ bucketMs }) =>
    bucketMs < rig.nowMs - rig.reach.reachMs ? { reason: "late", detail: "outside the memory store" } : undefined;
  return rig;
}

describe("redrive of a batch that the store no longer takes", () => {
  test("leaves it where it is and says what to do, and counts it once the store keeps rows for longer", async () => {
    const rig = rigAfter(72);
    const key = rig.giveUp(0, 4);
    for (const dryRun of [true, false]) {
      const { left, ...report } = await redrive(rig.ports, { ...once, dryRun });
      expect(report).toMatchObject({ redriven: 0, leftCount: 1, outOfReachCount: 1, tally: { events: 0 } });
      expect(left).toMatchObject([
        { key, why: "out-of-reach", detail: expect.stringContaining("store.memoryRetention") },
      ]);
    }
    expect([rig.invocations, rig.files.texts.size]).toEqual([0, 1]);
    rig.reach = { ...rig.reach, reachMs: 96 * hourMs };
    expect(await redrive(rig.ports, once)).toMatchObject({ redriven: 1, leftCount: 0, tally: { counted: 8, late: 0 } });
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("says how many events are late with --accept-late", async () => {
    const rig = rigAfter(72);
    rig.giveUp(0, 4);
    const report = await redrive(rig.ports, accepting);
    expect(report).toMatchObject({ redriven: 1, leftCount: 0, tally: { events: 8, counted: 0, late: 8 } });
    expect(rig.ledger.parts.get(shard)).toMatchObject([{ counted: 0, late: 8 }]);
    expect([...rig.quarantined.values()].flat()).toHaveLength(8);
  });

  test("leaves it for one event that is too old and says how many there are; --accept-late counts the others", async () => {
    const early = new Date(baseMs - 20 * hourMs).toISOString();
    const records = [
      recordOf(0, [sold(0)]),
      recordOf(1, [sold(1), { ...sold(2), timestamp: early }]),
      recordOf(2, [sold(3)]),
    ];
    const rig = rigAfter(40, records);
    rig.giveUp(0, 3);
    const { left } = await redrive(rig.ports, once);
    expect(left).toMatchObject([{ why: "out-of-reach", detail: expect.stringContaining("1 of 4 events") }]);
    expect(await redrive(rig.ports, accepting)).toMatchObject({
      redriven: 1,
      tally: { events: 4, counted: 3, late: 1 },
    });
  });

  test("asks the function only if the arrivals leave it open", async () => {
    const { allowedLatenessMs, reachMs } = new Rig(manyRecords(1)).reach;
    const hours = (ms: number): number => ms / hourMs;
    for (const [after, previews, redriven] of [
      [1, 0, 1],
      [hours(reachMs - allowedLatenessMs) - 0.5, 0, 1],
      [hours(reachMs - allowedLatenessMs) + 0.5, 1, 1],
      [hours(reachMs) - 0.5, 1, 1],
      // Kept back: a quarter of an hour.
      [hours(reachMs) - 0.2, 1, 0],
      [hours(reachMs), 0, 0],
    ] as const) {
      const rig = rigAfter(after);
      rig.giveUp(0, 4);
      const report = await redrive(rig.ports, once);
      expect([after, rig.previews, report.redriven, report.outOfReachCount]).toEqual([
        after,
        previews,
        redriven,
        1 - redriven,
      ]);
      expect(report.tally.late).toBe(0);
    }
  });

  test("counts what the store takes beside a record that ends the process", async () => {
    const rig = rigAfter(40);
    rig.giveUp(0, 4);
    rig.killers.add(1);
    expect(await redrive(rig.ports, once)).toMatchObject({
      redriven: 1,
      skippedCount: 1,
      tally: { counted: 6, quarantined: 1 },
    });
  });

  test("throws before it begins if the function gives no answer", async () => {
    const rig = rigAfter(40);
    rig.giveUp(0, 4);
    const rollUp = { ...rig.rollUp, preview: async () => ({ kind: "threw", why: "a bug" }) as const };
    const { left } = await redrive({ ...rig.ports, rollUp }, once);
    expect(left).toMatchObject([{ why: "not-counted", detail: "threw: a bug" }]);
    expect(rig.invocations).toBe(0);
  });
});

describe("a part that was begun and that the store no longer takes", () => {
  async function waiting(): Promise<Rig> {
    const rig = rigAfter(1);
    await leavePromise(rig, 0, 4);
    rig.giveUp(0, 4);
    rig.trimmed = 4;
    rig.nowMs = baseMs + 72 * hourMs;
    return rig;
  }

  test("is left open by the sweep, which says why, and kept once the store keeps rows for longer", async () => {
    const rig = await waiting();
    for (const dryRun of [true, false]) {
      expect(await sweep(rig.ports, { ...once, dryRun, writeOff: true })).toMatchObject({
        ...{ keptCount: 0, lostCount: 0, notKeptCount: 0, outOfReachCount: 1 },
        outOfReach: [{ shardId, events: 8, why: expect.stringContaining("--accept-late") }],
      });
    }
    expect([rig.invocations, await openParts(rig)]).toEqual([0, 1]);
    rig.reach = { ...rig.reach, reachMs: 96 * hourMs };
    expect(await sweep(rig.ports, once)).toMatchObject({ keptCount: 1, outOfReachCount: 0 });
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("keeps back the batch with its records, but no others", async () => {
    const rig = rigAfter(1, manyRecords(6));
    await leavePromise(rig, 0, 4);
    rig.giveUp(0, 6);
    rig.trimmed = 6;
    // The promise says an earlier minute than its records do now.
    const head = await rig.ledger.head(shard);
    const open = head.open.map((part) => ({ ...part, firstBucketMs: baseMs - 100 * hourMs }));
    await rig.ledger.moveHead(shard, head, { ...head, open });
    rig.nowMs += rollUpTimeoutSeconds * 1_000;
    const { left, tally } = await redrive(rig.ports, once);
    expect([left.map(({ why }) => why), tally.counted]).toEqual([["out-of-reach"], 4]);
    expect(rig.totals()).toEqual(rig.expected([0, 1, 2, 3]));
  });

  test("is finished with --accept-late: its events are late", async () => {
    const rig = await waiting();
    expect(await sweep(rig.ports, accepting)).toMatchObject({ keptCount: 1, outOfReachCount: 0 });
    expect(rig.ledger.parts.get(shard)).toMatchObject([{ counted: 0, late: 8 }]);
  });
});

test("gaps whose rows the store no longer takes are reported, and counted only with --accept-late", async () => {
  const rig = rigAfter(72);
  const ports = { ...rig.ports, shards: { shardIds: async () => [shardId] } };
  const range = { fromMs: baseMs - hourMs, toMs: rig.nowMs };
  for (const dryRun of [true, false]) {
    const { gaps, tally } = await fillGaps(ports, { ...range, dryRun });
    expect(gaps).toMatchObject([{ records: 4, why: expect.stringContaining("--accept-late") }]);
    expect(tally.events).toBe(0);
  }
  expect(rig.invocations).toBe(0);
  const report = await fillGaps(ports, { ...range, dryRun: false, acceptLate: true });
  expect(report).toMatchObject({ gaps: [{ why: undefined }], tally: { events: 8, counted: 0, late: 8 } });
});
