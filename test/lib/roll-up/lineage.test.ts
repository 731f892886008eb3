import { describe, expect, test } from "vitest";
import { ancestorsMax, descendantsMax } from "../../../lib/ledger/head-room.ts";
import { newHead } from "../../../lib/ledger/ledger.ts";
import { joinLineage, mayRepeatUnknown } from "../../../lib/roll-up/lineage.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";

const hourMs = 3_600_000;
const nowMs = 100 * hourMs;
const born = { bornMs: nowMs - 1, nowMs };
const times = { retentionMs: 24 * hourMs, dedupeWindowMs: hourMs };

describe("a shard that is touched for the first time", () => {
  test("is known to its ancestors, and knows them", async () => {
    const ledger = new TableLedger();
    await joinLineage(ledger, "s/c", { ancestors: ["s/b", "s/a"], forgotten: [] }, born);
    expect(await ledger.head("s/c")).toMatchObject({ ancestors: ["s/b", "s/a"], orphanedMs: 0 });
    expect((await ledger.head("s/a")).descendants).toEqual(["s/c"]);
  });

  test("learns from the ledger where an ancestor came from that the stream has forgotten", async () => {
    const ledger = new TableLedger();
    await joinLineage(ledger, "s/b", { ancestors: ["s/a"], forgotten: [] }, born);
    await joinLineage(ledger, "s/c", { ancestors: ["s/b"], forgotten: ["s/b"] }, born);
    expect(await ledger.head("s/c")).toMatchObject({ ancestors: ["s/b", "s/a"], orphanedMs: 0 });
    expect((await ledger.head("s/a")).descendants).toEqual(["s/b", "s/c"]);
  });

  test.each([
    ["itself", { ancestors: [], forgotten: ["s/c"] }],
    ["an ancestor that was never counted", { ancestors: ["s/b"], forgotten: ["s/b"] }],
  ])("notes when, where the stream has forgotten %s", async (_, ancestry) => {
    const ledger = new TableLedger();
    await joinLineage(ledger, "s/c", ancestry, born);
    await joinLineage(ledger, "s/c", { ancestors: [], forgotten: [] }, { ...born, nowMs: nowMs + 1 });
    expect((await ledger.head("s/c")).orphanedMs).toBe(nowMs);
  });
});

describe("a shard with more relatives than a head has room for", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `s/a${index}`);

  test("knows the nearest ancestors, and notes that there are more", async () => {
    const ledger = new TableLedger();
    await joinLineage(ledger, "s/c", { ancestors: many(ancestorsMax + 1), forgotten: [] }, born);
    expect(await ledger.head("s/c")).toMatchObject({ ancestors: many(ancestorsMax), orphanedMs: nowMs });
  });

  test("knows all of them where there is just room", async () => {
    const ledger = new TableLedger();
    await joinLineage(ledger, "s/c", { ancestors: many(ancestorsMax), forgotten: [] }, born);
    expect(await ledger.head("s/c")).toMatchObject({ ancestors: many(ancestorsMax), orphanedMs: 0 });
  });

  test("notes that it is not known to an ancestor with too many descendants", async () => {
    const ledger = new TableLedger();
    ledger.table.putHead("s/a0", {
      ...newHead,
      descendants: Array.from({ length: descendantsMax }, (_, n) => `s/d${n}`),
    });
    await joinLineage(ledger, "s/c", { ancestors: ["s/a0", "s/a1"], forgotten: [] }, born);
    expect(await ledger.head("s/c")).toMatchObject({ ancestors: ["s/a1"], orphanedMs: nowMs });
  });
});

test("a part may repeat what is not known only if it came before the forgotten shards were long closed", () => {
  const orphan = { ...newHead, orphanedMs: nowMs };
  const arrived = (hoursAgo: number) => ({ firstArrivalMs: nowMs - hoursAgo * hourMs });
  expect(mayRepeatUnknown(orphan, arrived(24), times)).toBe(true);
  expect(mayRepeatUnknown(orphan, arrived(23), times)).toBe(true);
  expect(mayRepeatUnknown(orphan, arrived(22), times)).toBe(false);
  expect(mayRepeatUnknown(newHead, arrived(30), times)).toBe(false);
});
