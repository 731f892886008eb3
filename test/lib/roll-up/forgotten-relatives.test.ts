import { expect, test } from "vitest";
import { joinLineage, seal, sealDescendants } from "../../../lib/roll-up/lineage.ts";
import { newHead, type OpenPart } from "../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";

const [parent, child, grandchild] = ["events/shardId-0", "events/shardId-1", "events/shardId-2"] as const;
const times = { bornMs: 1_000, nowMs: 2_000 };
const unsealed = { id: "a", number: 3, definitions: ["d"], views: undefined } as unknown as OpenPart;

/** A parent, its child and the child's child, of which the ledger has dropped some. */
async function without(...gone: readonly string[]): Promise<TableLedger> {
  const ledger = new TableLedger();
  await joinLineage(ledger, parent, { ancestors: [], forgotten: [] }, times);
  await joinLineage(ledger, child, { ancestors: [parent], forgotten: [] }, times);
  await joinLineage(ledger, grandchild, { ancestors: [child, parent], forgotten: [] }, times);
  for (const shard of gone) ledger.table.delete(shard, "head");
  return ledger;
}

test("a part is sealed although an ancestor is gone: it sees nothing there", async () => {
  const ledger = await without(parent);
  const head = await ledger.head(grandchild);
  await ledger.moveHead(grandchild, head, { ...head, open: [unsealed] });
  const sealed = await seal(ledger, grandchild, await ledger.head(grandchild));
  expect(sealed?.open[0]?.views).toEqual({ [parent]: 0, [child]: expect.any(Number) });
});

test("an ancestor's part need not wait for descendants that are gone, and makes no head for them", async () => {
  const ledger = await without(child, grandchild);
  await sealDescendants(ledger, await ledger.head(parent));
  expect([...ledger.heads.keys()]).toEqual([parent]);
});

test("a shard that is first counted when its parent is gone begins, and says that it does not know all it came from", async () => {
  const ledger = await without(parent, child);
  const late = "events/shardId-9";
  await joinLineage(ledger, late, { ancestors: [], forgotten: [child] }, times);
  expect(await ledger.head(late)).toMatchObject({ bornMs: times.bornMs, orphanedMs: times.nowMs });
  expect((await ledger.head(late)).revision).toBeGreaterThan(newHead.revision);
});
