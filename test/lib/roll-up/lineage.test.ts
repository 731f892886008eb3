import { describe, expect, test } from "vitest";
import { newHead } from "../../../lib/ledger/ledger.ts";
import { joinLineage, mayRepeatUnknown } from "../../../lib/roll-up/lineage.ts";
import { MemoryLedger } from "../../memory/memory-ledger.ts";

const hourMs = 3_600_000;
const nowMs = 100 * hourMs;
const born = { bornMs: nowMs - 1, nowMs };
const times = { retentionMs: 24 * hourMs, dedupeWindowMs: hourMs };

describe("a shard that is touched for the first time", () => {
  test("is known to its ancestors, and knows them", async () => {
    const ledger = new MemoryLedger();
    await joinLineage(ledger, "c", { ancestors: ["b", "a"], forgotten: [] }, born);
    expect(await ledger.head("c")).toMatchObject({ ancestors: ["b", "a"], orphanedMs: 0 });
    expect((await ledger.head("a")).descendants).toEqual(["c"]);
  });

  test("learns from the ledger where an ancestor came from that the stream has forgotten", async () => {
    const ledger = new MemoryLedger();
    await joinLineage(ledger, "b", { ancestors: ["a"], forgotten: [] }, born);
    await joinLineage(ledger, "c", { ancestors: ["b"], forgotten: ["b"] }, born);
    expect(await ledger.head("c")).toMatchObject({ ancestors: ["b", "a"], orphanedMs: 0 });
    expect((await ledger.head("a")).descendants).toEqual(["b", "c"]);
  });

  test.each([
    ["itself", { ancestors: [], forgotten: ["c"] }],
    ["an ancestor that was never counted", { ancestors: ["b"], forgotten: ["b"] }],
  ])("notes when, where the stream has forgotten %s", async (_, ancestry) => {
    const ledger = new MemoryLedger();
    await joinLineage(ledger, "c", ancestry, born);
    await joinLineage(ledger, "c", { ancestors: [], forgotten: [] }, { ...born, nowMs: nowMs + 1 });
    expect((await ledger.head("c")).orphanedMs).toBe(nowMs);
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
