import { describe, expect, test, vi } from "vitest";
import { partLimits } from "../../../lib/limits.ts";
import { disorderMs } from "../../../lib/roll-up/dedupe/recall.ts";
import { joinLineage, mayRepeatUnknown, seal, sealDescendants, viewsAtOpening } from "../../../lib/roll-up/lineage.ts";
import { ancestorsMax, descendantsMax } from "../../../lib/store/ledger/head-room.ts";
import { newHead, type OpenPart } from "../../../lib/store/ledger/ledger.ts";
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

  test("is known once, and knows its ancestors, where an earlier invocation died half-way", async () => {
    const ledger = new TableLedger();
    const none = await ledger.head("s/a");
    await ledger.moveHead("s/a", none, { ...none, descendants: ["s/c"] });
    await joinLineage(ledger, "s/c", { ancestors: ["s/b", "s/a"], forgotten: [] }, born);
    expect(await ledger.head("s/c")).toMatchObject({ ancestors: ["s/b", "s/a"], orphanedMs: 0 });
    expect((await ledger.head("s/a")).descendants).toEqual(["s/c"]);
  });

  test("is known beside others that make themselves known at the same moment", async () => {
    const ledger = new TableLedger();
    await Promise.all(
      ["s/c", "s/d", "s/e"].map((shard) => joinLineage(ledger, shard, { ancestors: ["s/a"], forgotten: [] }, born)),
    );
    expect((await ledger.head("s/a")).descendants.toSorted()).toEqual(["s/c", "s/d", "s/e"]);
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

test("what came as long after the forgotten shards as arrivals may be out of order, at both ends, may repeat them", () => {
  const orphan = { ...newHead, orphanedMs: nowMs };
  const endMs = nowMs - times.retentionMs + times.dedupeWindowMs + 2 * disorderMs;
  expect(mayRepeatUnknown(orphan, { firstArrivalMs: endMs }, times)).toBe(true);
  expect(mayRepeatUnknown(orphan, { firstArrivalMs: endMs + 1 }, times)).toBe(false);
});

describe("the views of a part that is opened", () => {
  const definitions = { dedupeWindowMs: hourMs };
  const child = { ...newHead, ancestors: ["s/a"], bornMs: nowMs };
  const apartMs = hourMs + partLimits.spanMs + 2 * disorderMs;

  test("are none where its shard came from no other", () => {
    expect(viewsAtOpening({ ...newHead, bornMs: nowMs }, nowMs, definitions)).toEqual({});
  });

  test("are settled later as long as something of an ancestor may be in its window, and none after that", () => {
    expect(viewsAtOpening(child, nowMs, definitions)).toBeUndefined();
    expect(viewsAtOpening(child, nowMs + apartMs, definitions)).toBeUndefined();
    expect(viewsAtOpening(child, nowMs + apartMs + 1, definitions)).toEqual({});
  });
});

describe("sealing", () => {
  const part = (number: number, views?: OpenPart["views"]) =>
    ({ id: `p${number}`, number, definitions: ["d"], views }) as unknown as OpenPart;

  /** A shard and its child, each with these open parts. */
  async function withOpen(open: { readonly parent?: OpenPart[]; readonly child?: OpenPart[] }) {
    const ledger = new TableLedger();
    await joinLineage(ledger, "s/a", { ancestors: [], forgotten: [] }, born);
    await joinLineage(ledger, "s/c", { ancestors: ["s/a"], forgotten: [] }, born);
    for (const [shard, parts = []] of Object.entries({ "s/a": open.parent, "s/c": open.child })) {
      const head = await ledger.head(shard);
      await ledger.moveHead(shard, head, { ...head, open: parts });
    }
    return ledger;
  }

  test("leaves a part as it is that was sealed before, whatever its ancestors have opened since", async () => {
    const ledger = await withOpen({ child: [part(1, { "s/a": 1 }), part(2)] });
    const sealed = await seal(ledger, "s/c", await ledger.head("s/c"));
    const now = (await ledger.head("s/a")).revision;
    expect(sealed?.open.map(({ views }) => views)).toEqual([{ "s/a": 1 }, { "s/a": now }]);
    expect(sealed).toEqual(await ledger.head("s/c"));
  });

  test("writes nothing where all parts are sealed", async () => {
    const ledger = await withOpen({ child: [part(1, {})] });
    const head = await ledger.head("s/c");
    expect(await seal(ledger, "s/c", head)).toBe(head);
    expect((await ledger.head("s/c")).revision).toBe(head.revision);
  });

  test("is of no use where somebody else has moved the head: what it would say is not there", async () => {
    const ledger = await withOpen({ child: [part(1)] });
    const head = await ledger.head("s/c");
    await ledger.moveHead("s/c", head, { ...head, open: [part(1), part(2)] });
    expect(await seal(ledger, "s/c", head)).toBeUndefined();
    expect((await ledger.head("s/c")).open.map(({ views }) => views)).toEqual([undefined, undefined]);
  });

  test("reaches the open parts of every descendant, although others move their heads at the same time", async () => {
    const ledger = await withOpen({ child: [part(1)] });
    const [moveHead, moved] = [ledger.moveHead.bind(ledger), vi.fn()];
    ledger.moveHead = async (shard, from, next) => {
      // Before the first write of ours, somebody opens another part.
      if (moved.mock.calls.length === 0) {
        moved();
        await moveHead(shard, from, { ...from, open: [...from.open, part(2)] });
      }
      return moveHead(shard, from, next);
    };
    await sealDescendants(ledger, await ledger.head("s/a"));
    const seen = { "s/a": (await ledger.head("s/a")).revision };
    expect((await ledger.head("s/c")).open.map(({ views }) => views)).toEqual([seen, seen]);
  });

  test("seals the parts of the ancestors first: what those see is seen by way of them", async () => {
    const ledger = await withOpen({ parent: [part(1)], child: [part(2)] });
    await joinLineage(ledger, "s/b", { ancestors: [], forgotten: [] }, born);
    const parent = await ledger.head("s/a");
    await ledger.moveHead("s/a", parent, { ...parent, ancestors: ["s/b"] });
    await seal(ledger, "s/c", await ledger.head("s/c"));
    expect((await ledger.head("s/a")).open[0]?.views).toEqual({ "s/b": (await ledger.head("s/b")).revision });
  });
});
