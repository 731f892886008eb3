import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startInTurn } from "../../../../lib/recovery/isolate/turn.ts";
import { redrive } from "../../../../lib/recovery/redrive/redrive.ts";
import type { RedriveReport } from "../../../../lib/recovery/redrive/report.ts";
import { skip } from "../../../../lib/recovery/skip/skip.ts";
import { sweep } from "../../../../lib/recovery/sweep.ts";
import { after, before, Death, sequence, shard } from "../../roll-up/world.ts";
import { failureText, manyRecords, Rig, shardId, streamName } from "../isolate/rig.ts";

const run = (rig: Rig, dryRun = false, deadlineMs = Number.POSITIVE_INFINITY): Promise<RedriveReport> =>
  redrive(rig.ports, { dryRun, deadlineMs });

describe("redrive", () => {
  test.each([
    ["string", false],
    ["string", true],
    ["object", false],
    ["object", true],
  ] as const)("counts a batch whose payload is a %s, responseContext there: %s", async (payload, response) => {
    const rig = new Rig(manyRecords(6));
    rig.giveUp(0, 6, { payload, response });
    rig.trimmed = 6;
    expect(await run(rig)).toMatchObject({ redriven: 1, records: 6, leftCount: 0, complete: true });
    expect(rig.totals()).toEqual(rig.expected());
    expect([rig.files.texts.size, rig.files.settled.size]).toEqual([0, 1]);
  });

  test("changes nothing where all was counted, and takes the file away", async () => {
    const rig = new Rig(manyRecords(6));
    await rig.deliver(0, 6);
    rig.giveUp(1, 5);
    expect(await run(rig)).toMatchObject({ redriven: 0, settled: 1, records: 0 });
    expect(rig.invocations).toBe(0);
    expect(rig.totals()).toEqual(rig.expected());
    expect(rig.files.texts.size).toBe(0);
  });

  test("counts only what no part covers, before, behind and between", async () => {
    const rig = new Rig(manyRecords(9));
    await rig.deliver(2, 4);
    await rig.deliver(6, 7);
    rig.giveUp(0, 9);
    rig.trimmed = 9;
    expect(await run(rig)).toMatchObject({ redriven: 1, records: 6 });
    expect(rig.totals()).toEqual(rig.expected());
    await rig.deliver(0, 9);
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("by two at once, and again, changes nothing more", async () => {
    const rig = new Rig(manyRecords(9));
    for (const [from, to] of [
      [0, 4],
      [2, 6],
      [6, 9],
    ] as const)
      rig.giveUp(from, to);
    rig.trimmed = 9;
    await Promise.all([run(rig), run(rig)]);
    await run(rig);
    expect(rig.totals()).toEqual(rig.expected());
    expect([rig.files.texts.size, rig.files.settled.size]).toEqual([0, 3]);
  });

  test("keeps a promise that reaches over into another file first", async () => {
    const rig = new Rig(manyRecords(9));
    for (let call = 0; (await rig.ledger.head(shard)).open.length === 0; call++) await rig.deliver(2, 7, [call]);
    rig.giveUp(0, 4);
    rig.giveUp(4, 9);
    rig.trimmed = 9;
    expect(await run(rig)).toMatchObject({ redriven: 2, leftCount: 0 });
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("leaves a batch where a promise that it overlaps is lost, and counts what lies beside that", async () => {
    const rig = new Rig(manyRecords(9));
    for (let call = 0; (await rig.ledger.head(shard)).open.length === 0; call++) await rig.deliver(2, 7, [call]);
    const key = rig.giveUp(0, 4);
    rig.trimmed = 9;
    const { left } = await run(rig);
    expect(left).toEqual([{ key, why: "promise-lost", detail: expect.stringContaining("are counted") }]);
    expect(rig.files.texts.size).toBe(1);
    const parts = rig.ledger.parts.get(shard) ?? [];
    expect(parts.map(({ firstSequence, lastSequence }) => [firstSequence, lastSequence])).toEqual([
      [sequence(0), sequence(1)],
    ]);
  });

  test("makes few parts of many records that the stream has forgotten", async () => {
    const rig = new Rig(manyRecords(200));
    rig.giveUp(0, 200);
    rig.trimmed = 200;
    rig.agedAfterMs = 0;
    expect(await run(rig)).toMatchObject({ redriven: 1, records: 200 });
    expect(rig.ledger.parts.get(shard)).toHaveLength(1);
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("fills a batch up with records between that the stream or another file still has", async () => {
    const rig = new Rig(manyRecords(6));
    const records = rig.records.filter((_, place) => place !== 2);
    rig.files.put(failureText({ streamName, shardId, records }));
    rig.giveUp(2, 3);
    rig.trimmed = 6;
    while (startInTurn(2, rig.nowMs) !== 0) rig.nowMs += 60_000;
    expect(await run(rig)).toMatchObject({ redriven: 1, settled: 1 });
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("says in a dry run how many events, which minutes and which metrics, and changes nothing", async () => {
    const rig = new Rig(manyRecords(6));
    await rig.deliver(0, 2);
    rig.giveUp(0, 4);
    rig.giveUp(4, 6);
    rig.killers.add(5);
    const head = await rig.ledger.head(shard);
    const report = await run(rig, true);
    expect(report).toMatchObject({ dryRun: true, redriven: 2, records: 4, leftCount: 0 });
    expect(report.skipped).toEqual([{ shardId, sequenceNumber: sequence(5) }]);
    expect(report.preview).toEqual({
      records: 3,
      events: 6,
      counted: 6,
      duplicate: 0,
      quarantined: 0,
      late: 0,
      outOfReach: 0,
      firstBucketMs: Date.UTC(2026, 0, 1, 12),
      lastBucketMs: Date.UTC(2026, 0, 1, 12, 2),
      metrics: { all: 6, sales: 6 },
    });
    expect(await rig.ledger.head(shard)).toEqual(head);
    expect([rig.invocations, rig.files.texts.size, rig.files.settled.size]).toEqual([0, 2, 0]);
  });

  test.each([
    ["no JSON", "{"],
    ["another value", "[1]"],
    ["no payload", "{}"],
    ["a payload that is no JSON", '{"payload":"{"}'],
    ["a payload without records", '{"payload":{"Records":[]}}'],
    ["records of another kind", '{"payload":{"Records":[{"s3":{}}]}}'],
  ])("reports a file with %s and leaves it alone, and goes on with the others", async (_, text) => {
    const rig = new Rig(manyRecords(3));
    const key = rig.files.put(text);
    rig.giveUp(0, 3);
    const report = await run(rig);
    expect(report.left).toEqual([{ key, why: "unreadable", detail: expect.stringContaining("xpected") }]);
    expect(report.redriven).toBe(1);
    expect([...rig.files.texts.keys()]).toEqual([key]);
  });

  test("refuses what is older than the ledger remembers, and batches of another stream", async () => {
    const rig = new Rig(manyRecords(3));
    rig.giveUp(0, 3);
    rig.files.put(failureText({ streamName: "others", shardId, records: rig.records }));
    rig.nowMs += 82 * 86_400_000;
    const { left } = await run(rig);
    expect(left.map(({ why }) => why).sort()).toEqual(["too-old", "unreadable"]);
    expect(rig.invocations).toBe(0);
  });

  test("begins nothing that its time limit would cut off", async () => {
    const rig = new Rig(manyRecords(3));
    rig.giveUp(0, 3);
    expect(await run(rig, false, rig.nowMs + 100_000)).toMatchObject({ redriven: 0, complete: false });
    expect(rig.files.texts.size).toBe(1);
  });

  test("says that it is not done, and not that a batch is at fault, where time runs out in the middle of one", async () => {
    const rig = new Rig(manyRecords(16));
    rig.giveUp(0, 16);
    rig.killers.add(11);
    const { preview } = rig.rollUp;
    const rollUp = {
      ...rig.rollUp,
      preview: async (batch: Parameters<typeof preview>[0]) => {
        rig.nowMs += 60_000;
        return preview(batch);
      },
    };
    const report = await redrive({ ...rig.ports, rollUp }, { dryRun: false, deadlineMs: rig.nowMs + 300_000 });
    expect(report).toMatchObject({ redriven: 0, leftCount: 0, complete: false });
    expect(await run(rig)).toMatchObject({ redriven: 1, leftCount: 0, complete: true });
  });
});

describe("a record that ends the process", () => {
  test("is found and goes to quarantine as it is, and its neighbours are counted", async () => {
    const rig = new Rig(manyRecords(20));
    rig.giveUp(0, 20);
    rig.trimmed = 20;
    for (const place of [3, 4, 17]) rig.killers.add(place);
    const report = await run(rig);
    expect(report).toMatchObject({ redriven: 1, records: 20, leftCount: 0 });
    expect(report.skipped.map(({ sequenceNumber }) => sequenceNumber)).toEqual([3, 4, 17].map(sequence));
    expect(rig.totals()).toEqual(rig.expected([3, 4, 17]));
    const rejected = [...rig.quarantined.values()].flat();
    expect(rejected.map(({ record, index, problem }) => [record.sequenceNumber, index, problem.reason])).toEqual(
      [3, 4, 17].map((place) => [sequence(place), undefined, "skipped"]),
    );
    const [part] = rig.ledger.parts.get(shard) ?? [];
    expect(part).toMatchObject({ records: 20, events: 37, counted: 34, quarantined: 3 });
  });

  test("is not looked for where the function throws, or dies of anything", async () => {
    for (const wrong of ["storeDown", "broken"] as const) {
      const rig = new Rig(manyRecords(4));
      rig.giveUp(0, 4);
      rig[wrong] = true;
      const report = await run(rig);
      expect(report).toMatchObject({ redriven: 0, skipped: [], leftCount: 1 });
      expect(report.left[0]?.why).toBe("not-counted");
      expect((await rig.ledger.head(shard)).skipped).toEqual([]);
      rig[wrong] = false;
      expect(await run(rig)).toMatchObject({ redriven: 1 });
      expect(rig.totals()).toEqual(rig.expected());
    }
  });

  test("is stepped over by the next delivery too, where the redrive died behind the mark", async () => {
    const rig = new Rig(manyRecords(4));
    rig.giveUp(0, 4);
    rig.killers.add(1);
    const { run: runs } = rig.rollUp;
    const rollUp = {
      ...rig.rollUp,
      run: async (batch: Parameters<typeof runs>[0]) => {
        if (rig.invocations > 0) throw new Death();
        return runs(batch);
      },
    };
    await expect(
      redrive({ ...rig.ports, rollUp }, { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY }),
    ).rejects.toThrow(Death);
    expect((await rig.deliver(0, 4)).kind).toBe("done");
    expect(rig.totals()).toEqual(rig.expected([1]));
    expect(await run(rig)).toMatchObject({ settled: 1 });
  });
});

test("after errors one after the other, a run ends and says that it is not complete", async () => {
  const rig = new Rig(manyRecords(10));
  for (let place = 0; place < 10; place++) rig.giveUp(place, place + 1);
  rig.storeDown = true;
  expect(await run(rig)).toMatchObject({ leftCount: 3, complete: false });
});

const range = fc
  .tuple(fc.nat({ max: 9 }), fc.integer({ min: 1, max: 10 }))
  .map(([from, length]) => [from, Math.min(10, from + length)] as const);
const step = fc.oneof(
  fc.record({ kind: fc.constant("deliver" as const), range, diesAt: fc.array(fc.nat({ max: 20 }), { maxLength: 1 }) }),
  fc.record({ kind: fc.constantFrom("redrive" as const, "sweep" as const), dies: fc.option(fc.nat({ max: 12 })) }),
  fc.record({ kind: fc.constant("skip" as const), place: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant("deploy" as const), definitions: fc.constantFrom(before, after) }),
);

test("totals are exact after any history of deliveries, deaths, marks, deployments, redrives and sweeps", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(range, { maxLength: 3 }), fc.array(step, { maxLength: 6 }), async (files, steps) => {
      const rig = new Rig(manyRecords(10));
      for (const [from, to] of files) rig.giveUp(from, to);
      // What Lambda has given up on comes from here, and nowhere else.
      rig.giveUp(0, 10);
      const asked = new Set<number>();
      for (const one of steps) {
        rig.nowMs += 200_000;
        if (one.kind === "deliver") await rig.deliver(...one.range, one.diesAt);
        if (one.kind === "skip") {
          const marked = await skip(rig.ledger, shard, sequence(one.place), async () => false);
          if (marked.kind !== "committed") asked.add(one.place);
        }
        if (one.kind === "deploy") rig.definitions = one.definitions;
        if (one.kind === "redrive") await interrupted(rig, redrive, one.dies);
        if (one.kind === "sweep") await interrupted(rig, sweep, one.dies);
      }
      rig.trimmed = 10;
      rig.nowMs += 200_000;
      await run(rig);
      rig.nowMs += 200_000;
      await sweep(rig.ports, { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY });
      await run(rig);
      expect(rig.totals()).toEqual(rig.expected([...asked]));
      expect(rig.files.texts.size).toBe(0);
      expect((await rig.ledger.head(shard)).open).toEqual([]);
      for (const part of rig.ledger.parts.get(shard) ?? []) {
        expect(part.counted + part.duplicate + part.quarantined + part.late).toBe(part.events);
      }
    }),
    { numRuns: 500 },
  );
});

/** A redrive or a sweep whose own process dies at a call. */
async function interrupted(rig: Rig, job: typeof redrive | typeof sweep, dies: number | null): Promise<void> {
  let call = 0;
  const mortal = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return (...parameters: unknown[]) => {
          if (call++ === dies) throw new Death();
          return method.apply(target, parameters) as unknown;
        };
      },
    });
  const { ledger, failures, rollUp } = rig.ports;
  const ports = { ...rig.ports, ledger: mortal(ledger), failures: mortal(failures), rollUp: mortal(rollUp) };
  await job(ports, { dryRun: false, deadlineMs: Number.POSITIVE_INFINITY }).catch((error: unknown) => {
    if (!(error instanceof Death)) throw error;
  });
}
