import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rollUpTimeoutSeconds } from "../../../../lib/limits.ts";
import { skip, skipByHand, skippedMax } from "../../../../lib/recovery/skip/skip.ts";
import { foldedUnder, foldName, readFoldName, skippedThen } from "../../../../lib/roll-up/fold-name.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";
import { sequence, shard } from "../../roll-up/world.ts";
import { manyRecords, Rig, shardId, streamName } from "../isolate/rig.ts";

const byHand = (rig: Rig, place: number) =>
  skipByHand({ streamName, shardId, sequenceNumber: sequence(place) }, rig.ports);

describe("a skipped record", () => {
  test("lets the shard go on: it is in quarantine undecoded, its neighbours are counted", async () => {
    const rig = new Rig(manyRecords(6));
    rig.killers.add(2);
    expect((await rig.deliver(0, 6)).kind).toBe("died");
    expect(await byHand(rig, 2)).toEqual({ kind: "skipped" });
    expect(await byHand(rig, 2)).toEqual({ kind: "known" });
    expect((await rig.deliver(0, 6)).kind).toBe("done");
    expect(rig.totals()).toEqual(rig.expected([2]));
    const [rejected] = [...rig.quarantined.values()].flat();
    expect(rejected).toMatchObject({ index: undefined, problem: { reason: "skipped" } });
  });

  test("is refused where it is counted already", async () => {
    const rig = new Rig(manyRecords(3));
    await rig.deliver(0, 3);
    const [part] = rig.ledger.parts.get(shard) ?? [];
    expect(await byHand(rig, 1)).toEqual({ kind: "committed", part: part?.id });
  });

  test("of a part whose rows were being written: they are taken back, wherever its writer died", async () => {
    // Each event of three records has a row of its own.
    for (let call = 0; ; call++) {
      const rig = new Rig(manyRecords(3));
      const died = (await rig.deliver(0, 3, [call])).kind === "died";
      const { kind } = await byHand(rig, 1);
      rig.nowMs += rollUpTimeoutSeconds * 1_000;
      await rig.deliver(0, 3);
      expect(rig.totals()).toEqual(rig.expected(kind === "committed" ? [] : [1]));
      const [part, ...others] = rig.ledger.parts.get(shard) ?? [];
      expect([part?.records, others.length]).toEqual([3, 0]);
      if (!died) break;
    }
  });

  test("is settled with the head: who has folded it and not opened its part starts again", async () => {
    const rig = new Rig(manyRecords(3));
    const { moveHead } = rig.ledger;
    let raced = false;
    rig.ledger.moveHead = async function (shard, from, next) {
      if (next.open.length > 0 && !raced) {
        raced = true;
        await byHand(rig, 1);
      }
      return moveHead.call(this, shard, from, next);
    };
    await rig.deliver(0, 3);
    expect(raced).toBe(true);
    expect(rig.totals()).toEqual(rig.expected([1]));
  });

  test("is forgotten by the head once its part is committed, and they are not more than the head can hold", async () => {
    const ledger = new TableLedger();
    const never = async () => true;
    for (let place = 0; place < skippedMax; place++) await skip(ledger, shard, sequence(place), never);
    await expect(skip(ledger, shard, sequence(skippedMax), never)).rejects.toThrow(`at most ${skippedMax}`);
    const rig = new Rig(manyRecords(4));
    await byHand(rig, 1);
    await rig.deliver(0, 2);
    await byHand(rig, 3);
    expect((await rig.ledger.head(shard)).skipped.map(({ sequenceNumber }) => sequenceNumber)).toEqual([sequence(3)]);
  });
});

describe("what a part was folded under", () => {
  const record = fc.record({
    sequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 60n }).map(String),
    kills: fc.boolean(),
  });

  test("comes back from its name, and without skipped records the name is the definitions' hash", () => {
    expect(foldName({ hash: "abc", skipped: [] })).toBe("abc");
    fc.assert(
      fc.property(fc.array(record), (skipped) => {
        expect(readFoldName(foldName({ hash: "abc", skipped }))).toEqual({ hash: "abc", skipped });
      }),
    );
  });

  test("keeps the marks it had, takes on those of its range only, and no mark becomes less", () => {
    const range = { firstSequence: "10", lastSequence: "20" };
    const marked = [
      { sequenceNumber: "9", kills: true },
      { sequenceNumber: "12", kills: true },
    ];
    const now = foldedUnder("abc", range, marked, "old,11,12,15!");
    expect(now).toEqual({
      hash: "abc",
      skipped: [
        { sequenceNumber: "11", kills: false },
        { sequenceNumber: "12", kills: true },
        { sequenceNumber: "15", kills: true },
      ],
    });
    expect(foldedUnder("abc", range, [], foldName(now))).toEqual(now);
    expect(skippedThen(readFoldName("old,11"), now)).toEqual(new Set(["11", "12", "15"]));
  });
});
