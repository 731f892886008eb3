import { describe, expect, test } from "vitest";
import { rollUpTimeoutSeconds } from "../../../lib/limits.ts";
import { redrive } from "../../../lib/recovery/redrive/redrive.ts";
import { type SweepReport, sweep } from "../../../lib/recovery/sweep.ts";
import type { Batch } from "../../../lib/stream/batch.ts";
import { sequence, shard } from "../roll-up/world.ts";
import { leavePromise, manyRecords, openParts, Rig, shardId } from "./isolate/rig.ts";

const run = (rig: Rig, dryRun = false, deadlineMs = Number.POSITIVE_INFINITY): Promise<SweepReport> =>
  sweep(rig.ports, { dryRun, deadlineMs });

/** Delivers all records and dies between the commit of their part and the next head. */
async function leaveCommitted(rig: Rig): Promise<void> {
  await leavePromise(rig, 0, rig.records.length);
  for (let call = 0; (rig.ledger.parts.get(shard) ?? []).length === 0; call++) {
    await rig.deliver(0, rig.records.length, [call]);
  }
}

/** Lets the first writer's time limit pass. */
const later = (rig: Rig): void => {
  rig.nowMs += rollUpTimeoutSeconds * 1_000;
};

describe("the sweep", () => {
  test("reads the heads of all shards together, and nothing else, if nothing is open", async () => {
    const rig = new Rig(manyRecords(4));
    await rig.deliver(0, 4);
    const calls: string[] = [];
    const ledger = new Proxy(rig.ledger, {
      get: (target, name) => {
        calls.push(String(name));
        return Reflect.get(target, name).bind(target);
      },
    });
    const shardLists = [
      { shardIds: async () => [shardId, "shardId-000000000001", "shardId-000000000002"] },
      { shardIds: async () => ["shardId-000000000001", "shardId-000000000002"] },
    ];
    const report = await sweep({ ...rig.ports, ledger, shardLists }, { dryRun: false, deadlineMs: rig.nowMs });
    expect(calls).toEqual(["headsOf", "knownShards"]);
    expect(report).toMatchObject({ shards: 3, open: 0, kept: [], lost: [], left: 0 });
    expect(rig.files.reads).toBe(0);
  });

  test("writes a lost promise off when it is told to, and nobody counts its records again or tries to", async () => {
    const rig = new Rig(manyRecords(8));
    await leavePromise(rig, 2, 6);
    rig.trimmed = 4;
    later(rig);
    expect(await run(rig)).toMatchObject({ lost: [{ events: 8, recordsFound: 2, writtenOff: false }] });
    const options = { dryRun: false, writeOff: true, deadlineMs: Number.POSITIVE_INFINITY };
    expect(await sweep(rig.ports, options)).toMatchObject({ lost: [{ writtenOff: true }] });
    expect(await run(rig)).toMatchObject({ open: 0, lost: [] });
    expect(rig.ledger.parts.get(shard)).toMatchObject([{ records: 4, events: 8, counted: 0, lost: 8, doubled: 16 }]);
    await rig.deliver(4, 8);
    expect(rig.ledger.parts.get(shard)).toMatchObject([{ lost: 8 }, { records: 2, counted: 4 }]);
  });

  test("puts the true part in the place of one that was written off, where its writer wakes up after all", async () => {
    const rig = new Rig(manyRecords(4));
    await leavePromise(rig, 0, 4);
    const head = await rig.ledger.head(shard);
    rig.trimmed = 4;
    later(rig);
    await sweep(rig.ports, { dryRun: false, writeOff: true, deadlineMs: Number.POSITIVE_INFINITY });
    const [written] = rig.ledger.parts.get(shard) ?? [];
    expect(written).toMatchObject({ lost: 8 });
    // As it was when the writer fell asleep; the ledger of its commit is the true one.
    rig.trimmed = 0;
    rig.ledger.table.putHead(shard, head);
    await rig.deliver(0, 4);
    expect(rig.ledger.parts.get(shard)).toMatchObject([{ counted: 8, rowsCount: 16 }]);
    expect(rig.ledger.parts.get(shard)?.[0]?.lost).toBeUndefined();
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("keeps a promise with records of the stream", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 6);
    later(rig);
    const report = await run(rig);
    expect(report.kept).toEqual([
      expect.objectContaining({ shardId, firstSequence: sequence(0), lastSequence: sequence(5) }),
    ]);
    expect(rig.totals()).toEqual(rig.expected());
    expect(await openParts(rig)).toBe(0);
  });

  test("leaves a promise alone that somebody may be at", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 6);
    expect(await run(rig)).toMatchObject({ open: 1, kept: [], lost: [] });
    expect(rig.invocations).toBe(0);
  });

  test("keeps a promise with records that lie in several batches that Lambda gave up on", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 6);
    rig.giveUp(3, 6, { payload: "object" });
    rig.giveUp(0, 3);
    rig.trimmed = 6;
    later(rig);
    expect((await run(rig)).kept).toHaveLength(1);
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("keeps a promise whose first records are in a file and whose last are in the stream still", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 6);
    rig.giveUp(0, 4);
    rig.trimmed = 3;
    later(rig);
    expect((await run(rig)).kept).toHaveLength(1);
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("reports a promise as lost where one record in its middle is gone, with all that is known, every time", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 6);
    rig.giveUp(0, 3);
    rig.giveUp(4, 6);
    rig.trimmed = 6;
    later(rig);
    for (let time = 0; time < 2; time++) {
      const report = await run(rig);
      expect(report.kept).toEqual([]);
      expect(report.lost).toEqual([
        expect.objectContaining({
          shardId,
          firstSequence: sequence(0),
          lastSequence: sequence(5),
          firstMinute: "2026-01-01T12:00:00.000Z",
          lastMinute: "2026-01-01T12:02:00.000Z",
          metrics: ["all", "sales"],
          records: 6,
          recordsFound: 5,
          events: 12,
        }),
      ]);
    }
    expect(rig.invocations).toBe(0);
    expect(await openParts(rig)).toBe(1);
  });

  test("only closes a part that is committed already, even where its records are gone", async () => {
    const rig = new Rig(manyRecords(6));
    await leaveCommitted(rig);
    expect(await openParts(rig)).toBe(1);
    rig.trimmed = 6;
    later(rig);
    expect((await run(rig)).kept).toHaveLength(1);
    expect(await openParts(rig)).toBe(0);
    expect(rig.invocations).toBe(0);
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("says in a dry run what it would do, and changes nothing", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 3);
    await leavePromise(rig, 3, 6);
    rig.trimmed = 1;
    later(rig);
    const head = await rig.ledger.head(shard);
    const report = await run(rig, true);
    expect(report).toMatchObject({ dryRun: true, open: 2 });
    expect([report.kept.length, report.lost.length]).toEqual([1, 1]);
    expect(rig.invocations + rig.previews).toBe(0);
    expect(await rig.ledger.head(shard)).toEqual(head);
  });

  test("done by two at once, and again, changes nothing more", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 3);
    await leavePromise(rig, 3, 6);
    later(rig);
    const reports = await Promise.all([run(rig), run(rig)]);
    expect(reports.map(({ kept }) => kept.length)).toEqual([2, 2]);
    expect(rig.totals()).toEqual(rig.expected());
    expect(await run(rig)).toMatchObject({ open: 0, kept: [] });
  });

  test("leaves a promise to the next sweep where the store is down", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 6);
    later(rig);
    rig.storeDown = true;
    const report = await run(rig);
    expect(report.notKept).toEqual([expect.objectContaining({ why: "threw: Error: The store is down" })]);
    expect(rig.previews).toBe(0);
    rig.storeDown = false;
    expect((await run(rig)).kept).toHaveLength(1);
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("begins nothing that its time limit would cut off, and says how much it left", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 3);
    await leavePromise(rig, 3, 6);
    later(rig);
    const inner = rig.rollUp.run;
    const slow = {
      ...rig.rollUp,
      run: async (batch: Parameters<typeof inner>[0]) => {
        rig.nowMs += 100_000;
        return inner(batch);
      },
    };
    const deadlineMs = rig.nowMs + 250_000;
    const report = await sweep({ ...rig.ports, rollUp: slow }, { dryRun: false, deadlineMs });
    expect([report.kept.length, report.left]).toEqual([1, 1]);
  });

  test("steps over a record of a promise that ends the process now, and keeps the promise with the others", async () => {
    const rig = new Rig(manyRecords(6));
    await leavePromise(rig, 0, 6);
    later(rig);
    // As after a deployment that cannot take it.
    rig.killers.add(2);
    const report = await run(rig);
    expect(report.skipped).toEqual([{ shardId, sequenceNumber: sequence(2) }]);
    expect(report.kept).toHaveLength(1);
    expect(rig.totals()).toEqual(rig.expected([2]));
  });
});

describe("a promise that is written off", () => {
  const writeOff = { dryRun: false, writeOff: true, deadlineMs: Number.POSITIVE_INFINITY };
  const written = (rig: Rig) => rig.ledger.parts.get(shard)?.[0];

  /** Whose records seem to be gone: Lambda puts them into the bucket only later. The text of the file. */
  async function seemingLoss(rig: Rig): Promise<string> {
    await leavePromise(rig, 0, 4);
    const key = rig.giveUp(0, 4);
    const text = rig.files.texts.get(key) ?? "";
    rig.files.texts.delete(key);
    rig.trimmed = 4;
    later(rig);
    return text;
  }

  test.each(["definitions", "commit"] as const)(
    "stays counted if redrive counts it before the sweep's %s",
    async (call) => {
      const rig = new Rig(manyRecords(4));
      const text = await seemingLoss(rig);
      let raced = false;
      const ledger = new Proxy(rig.ledger, {
        get: (target, name) => {
          const method: unknown = Reflect.get(target, name);
          if (typeof method !== "function") return method;
          return async (...parameters: unknown[]) => {
            if (name === call && !raced) {
              raced = true;
              rig.files.put(text);
              const report = await redrive(rig.ports, { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY });
              expect(report).toMatchObject({ redriven: 1, tally: { counted: 8, late: 0 } });
            }
            return method.apply(target, parameters) as unknown;
          };
        },
      });
      expect(await sweep({ ...rig.ports, ledger }, writeOff)).toMatchObject({ keptCount: 1, lostCount: 0 });
      expect(written(rig)).toMatchObject({ counted: 8 });
      expect(written(rig)?.lost).toBeUndefined();
      expect(rig.totals()).toEqual(rig.expected());
      expect(await openParts(rig)).toBe(0);
    },
  );

  test("is counted after all by redrive if its records turn up", async () => {
    const rig = new Rig(manyRecords(6));
    const text = await seemingLoss(rig);
    expect(await sweep(rig.ports, writeOff)).toMatchObject({ lost: [{ writtenOff: true, events: 8 }] });
    rig.files.put(text);
    const options = { deadlineMs: Number.POSITIVE_INFINITY };
    expect(await redrive(rig.ports, { ...options, dryRun: true })).toMatchObject({ redriven: 1, records: 4 });
    expect(written(rig)).toMatchObject({ lost: 8 });
    const report = await redrive(rig.ports, { ...options, dryRun: false });
    expect(report).toMatchObject({ redriven: 1, records: 4, writtenOff: 0, tally: { events: 8, counted: 8 } });
    expect(written(rig)?.lost).toBeUndefined();
    await rig.deliver(4, 6);
    expect(rig.totals()).toEqual(rig.expected());
    expect(await openParts(rig)).toBe(0);
  });

  test("stays written off if only some of its records turn up, and redrive says so", async () => {
    const rig = new Rig(manyRecords(6));
    await seemingLoss(rig);
    await sweep(rig.ports, writeOff);
    rig.giveUp(2, 4);
    const report = await redrive(rig.ports, { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY });
    expect(report).toMatchObject({ redriven: 0, settled: 1, writtenOff: 1, records: 0 });
    expect(written(rig)).toMatchObject({ lost: 8 });
    expect(rig.files.settled.size).toBe(1);
  });

  test("is finished by a sweep if the redrive that began to count it dies", async () => {
    for (let call = 0; ; call++) {
      const rig = new Rig(manyRecords(4));
      const text = await seemingLoss(rig);
      await sweep(rig.ports, writeOff);
      rig.files.put(text);
      const { rollUp, ...ports } = rig.ports;
      const dying = { ...rollUp, run: (batch: Batch) => rig.deliver(0, batch.records.length, [call]) };
      await redrive({ ...ports, rollUp: dying }, { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY });
      later(rig);
      await sweep(rig.ports, { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY });
      await redrive(rig.ports, { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY });
      expect(rig.totals()).toEqual(rig.expected());
      expect(written(rig)?.lost).toBeUndefined();
      expect([await openParts(rig), rig.files.texts.size]).toEqual([0, 0]);
      if (call > 25) break;
    }
  });

  test("waits while an unreadable file may have its records", async () => {
    const rig = new Rig(manyRecords(4));
    await seemingLoss(rig);
    const key = rig.files.put("{");
    const report = await sweep(rig.ports, writeOff);
    expect(report).toMatchObject({ lostCount: 0, notKept: [{ why: expect.stringContaining(key) }] });
    expect(rig.ledger.parts.get(shard)).toBeUndefined();
    rig.files.texts.delete(key);
    expect(await sweep(rig.ports, writeOff)).toMatchObject({ lost: [{ writtenOff: true }] });
  });
});

test("a record that ends the process is reported as skipped though the answer to its mark was lost", async () => {
  const rig = new Rig(manyRecords(4));
  await leavePromise(rig, 0, 4);
  rig.killers.add(2);
  later(rig);
  const { moveHead } = rig.ledger;
  let lost = false;
  rig.ledger.moveHead = async function (shard, from, next) {
    const moved = await moveHead.call(this, shard, from, next);
    if (lost || next.skipped.length === 0) return moved;
    lost = true;
    // As after a process that has moved the head since.
    return false;
  };
  expect(await run(rig)).toMatchObject({ skipped: [{ sequenceNumber: sequence(2) }], skippedCount: 1, keptCount: 1 });
});

test("a promise is kept exactly whenever the sweep's own invocation dies, and another sweep follows", async () => {
  for (let call = 0; ; call++) {
    const rig = new Rig(manyRecords(4));
    await leavePromise(rig, 0, 4);
    later(rig);
    const died = (await rig.deliver(0, 4, [call])).kind === "died";
    later(rig);
    await run(rig);
    expect(rig.totals()).toEqual(rig.expected());
    expect(await openParts(rig)).toBe(0);
    if (!died) break;
  }
});
