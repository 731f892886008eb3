import { expect, test } from "vitest";
import { redriveText } from "../../../cli/commands/redrive.ts";
import { sweepText } from "../../../cli/commands/sweep.ts";
import { redrive } from "../../../lib/recovery/redrive/redrive.ts";
import { sweep } from "../../../lib/recovery/sweep.ts";
import { manyRecords, Rig } from "../../lib/recovery/isolate/rig.ts";
import { sequence, shard } from "../../lib/roll-up/world.ts";

const options = { dryRun: true, deadlineMs: Number.POSITIVE_INFINITY };

test("a dry run of redrive says how many events, which minutes and which metrics", async () => {
  const rig = new Rig(manyRecords(3));
  rig.giveUp(0, 3);
  rig.files.put("{");
  const text = redriveText(await redrive(rig.ports, options));
  expect(text).toContain("1 batches, 3 records to count");
  expect(text).toContain("6 events: 6 to count at most");
  expect(text).toContain("2026-01-01T12:00:00.000Z to 2026-01-01T12:02:00.000Z");
  expect(text).toMatch(/sales +6/);
  expect(text).toContain("file-1: unreadable");
});

test("a sweep names what is lost: records, minutes, metrics and events", async () => {
  const rig = new Rig(manyRecords(3));
  for (let call = 0; (await rig.ledger.head(shard)).open.length === 0; call++) await rig.deliver(0, 3, [call]);
  rig.trimmed = 3;
  rig.nowMs += 200_000;
  const text = sweepText(await sweep(rig.ports, options));
  expect(text).toContain("1 lost");
  expect(text).toContain(`${sequence(0)}-${sequence(2)}`);
  expect(text).toContain("2026-01-01T12:00:00.000Z-2026-01-01T12:02:00.000Z");
  expect(text).toMatch(/all sales +6/);
});

test("what the store takes no more is told with what to do, and what was accepted with what became of it", async () => {
  const rig = new Rig(manyRecords(3));
  rig.giveUp(0, 3);
  rig.nowMs += 3 * 86_400_000;
  rig.store.refuse = () => ({ reason: "late", detail: "outside the memory store" });
  const left = redriveText(await redrive(rig.ports, { ...options, dryRun: false }));
  expect(left).toContain("1 batches stayed where they are");
  expect(left).toMatch(/out-of-reach: .*--accept-late/);
  const accepted = redriveText(await redrive(rig.ports, { ...options, dryRun: false, acceptLate: true }));
  expect(accepted).toContain("1 batches, 3 records counted");
  expect(accepted).toContain("6 events: 0 counted, 0 duplicate, 0 in quarantine, 6 late and in quarantine");
});

test("a sweep tells which parts the store takes no more", async () => {
  const rig = new Rig(manyRecords(3));
  for (let call = 0; (await rig.ledger.head(shard)).open.length === 0; call++) await rig.deliver(0, 3, [call]);
  rig.giveUp(0, 3);
  rig.trimmed = 3;
  rig.nowMs += 3 * 86_400_000;
  const text = sweepText(await sweep(rig.ports, options));
  expect(text).toContain("1 are taken by the store no more:");
  expect(text).toMatch(/store\.memoryRetention.*--accept-late/);
});
