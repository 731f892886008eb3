import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { redriveChain } from "../../handlers/redrive.ts";
import { rollUpChain } from "../../handlers/roll-up.ts";
import { sweepChain } from "../../handlers/sweep.ts";
import { emptyPreview } from "../../lib/recovery/isolate/preview.ts";
import type { BatchEvent } from "../../lib/stream/batch.ts";
import { manyRecords, Rig } from "../lib/recovery/isolate/rig.ts";
import { baseMs, before, sold } from "../lib/roll-up/world.ts";
import { kinesisEvent, lambdaContext } from "./kinesis-event.ts";

let printed: string[];
let rig: Rig;
const context = { ...lambdaContext, getRemainingTimeInMillis: () => 900_000 };

beforeEach(() => {
  printed = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => printed.push(String(text)) > 0);
  }
  rig = new Rig(manyRecords(4));
});
afterEach(() => vi.restoreAllMocks());

const metrics = (): Record<string, unknown>[] =>
  printed.flatMap((line) => (line.includes('"_aws"') ? [JSON.parse(line) as Record<string, unknown>] : []));

describe("the scheduled functions", () => {
  test("publish what they did", async () => {
    rig.giveUp(0, 4);
    await redriveChain(() => rig.ports)({}, context);
    await sweepChain(() => rig.ports)({}, context);
    expect(metrics()).toEqual([
      expect.objectContaining({ BatchesRedriven: 1, BatchesLeft: 0, RecordsRedriven: 4, RecordsSkipped: 0 }),
      expect.objectContaining({ PromisesOpen: 0, PromisesKept: 0, PromisesLost: 0, PromisesNotKept: 0 }),
    ]);
    expect(rig.totals()).toEqual(rig.expected());
  });

  test("do nothing in a dry run, and publish nothing", async () => {
    rig.giveUp(0, 4);
    const report = await redriveChain(() => rig.ports)({ dryRun: true }, context);
    expect(report).toMatchObject({ dryRun: true, redriven: 1, preview: { events: 8 } });
    expect(metrics()).toEqual([]);
    expect([rig.invocations, rig.files.texts.size]).toEqual([0, 1]);
  });
});

test("the roll-up function answers a preview without ledger and store, of no records too", async () => {
  const chain = rollUpChain(before, () => {
    throw new Error("Expected no ports to be wanted");
  });
  const event = kinesisEvent([JSON.stringify(sold(1)), "garbage"], baseMs);
  const preview = await chain({ ...event, preview: true } as unknown as BatchEvent, lambdaContext);
  expect(preview).toMatchObject({ records: 2, events: 2, counted: 1, quarantined: 1, metrics: { all: 1, sales: 1 } });
  const nothing = { Records: [], preview: true } as unknown as BatchEvent;
  expect(await chain(nothing, lambdaContext)).toEqual(emptyPreview);
});
