import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import { count, defineConfig, sum, track } from "../../../../lib/config.ts";
import type { Fields } from "../../../../lib/stream/event/fields.ts";
import { baseMs, dayMs, type End, hourMs, ReplayRig } from "./rig.ts";

const definitions = definitionsOf(
  defineConfig({
    metrics: {
      orders: { on: track("Order"), measure: count(), by: { person: "userId" } },
      revenue: { on: track("Order"), measure: sum("properties.revenue") },
    },
    dedupeWindow: "1h",
  }),
);
const minuteMs = 60_000;
const refused = { reason: "plan", detail: "properties.revenue: expected number (type)" };

const order = (id: number, more: Fields = {}): Fields => ({
  type: "track",
  event: "Order",
  messageId: `m${id}`,
  userId: `p${id}`,
  source: "web",
  timestamp: new Date(baseMs - minuteMs).toISOString(),
  properties: { revenue: id, price: "x" },
  ...more,
});
/** What another deployment counts: it refuses these orders for their price. */
const strict = definitionsOf(
  defineConfig({ metrics: { orders: { on: track("Order"), measure: sum("properties.price") } }, dedupeWindow: "1h" }),
);
const refusedOrder = (id: number, more: Fields = {}): Fields => order(id, { millrace: { refused }, ...more });

async function withOrders(events: readonly Fields[]): Promise<ReplayRig> {
  const rig = new ReplayRig(definitions);
  rig.put(events);
  await rig.rollUp();
  return rig;
}

describe("a replay of events that several sources sent under one id", () => {
  const of = (source: string | undefined) => ({ source });

  test("sends each of them, once", async () => {
    const sources = ["web", "server", undefined];
    const rig = await withOrders(sources.map((source) => refusedOrder(1, of(source))));
    expect(await rig.replay()).toMatchObject({ outcomes: { sent: 3, replayed: 0 } });
    await rig.rollUp();
    expect(rig.count("orders")).toBe(3);
    expect(await rig.replay()).toMatchObject({ outcomes: { sent: 0, replayed: 3 } });
  });

  test("sends an event although another source's event with that id was counted", async () => {
    const rig = await withOrders([refusedOrder(1, of("server")), order(1, of("web"))]);
    rig.nowMs += dayMs;
    expect(await rig.replay()).toMatchObject({ outcomes: { sent: 1, counted: 0 } });
    await rig.rollUp();
    expect(rig.count("orders")).toBe(2);
  });

  test("lets no patch change the source, which would make it another message", async () => {
    const rig = await withOrders([refusedOrder(1, of("server"))]);
    const sent: Fields[] = [];
    const send = async (events: readonly Fields[]): Promise<void> => void sent.push(...events);
    await rig.replay({ patch: { source: "web", messageId: "other" } }, undefined, { send });
    expect(sent).toMatchObject([{ source: "server", messageId: order(1).messageId }]);
  });
});

describe("a replay", () => {
  test("counts refused events where they happened, under the same message id, without the refusal", async () => {
    const rig = await withOrders([refusedOrder(1), refusedOrder(2), order(3)]);
    expect(rig.count("orders")).toBe(1);
    rig.nowMs += 2 * dayMs;
    const report = await rig.replay();
    await rig.rollUp();
    expect(report).toMatchObject({ events: 2, complete: true, outcomes: { sent: 2 }, preview: { counted: 2 } });
    expect(rig.count("orders")).toBe(3);
    const buckets = new Set([...rig.store.rows.values()].map(({ row }) => row.bucketMs));
    expect([...buckets]).toEqual([baseMs - minuteMs]);
  });

  test("judges what is late by when the event first arrived, also in the replay of a replay", async () => {
    const late = { timestamp: new Date(baseMs - 23 * hourMs).toISOString() };
    const rig = await withOrders([refusedOrder(1, { ...late, properties: { revenue: "x" } })]);
    rig.nowMs += 3 * dayMs;
    // One that is still wrong is not sent at all.
    expect(await rig.replay()).toMatchObject({ outcomes: { refused: 1, sent: 0 }, refusals: [{ reason: "invalid" }] });
    expect(await rig.replay({ patch: { properties: { revenue: 5 } } })).toMatchObject({ outcomes: { sent: 1 } });
    await rig.rollUp();
    expect(rig.count("revenue")).toBe(1);
    const tooLate = await withOrders([order(1, { timestamp: new Date(baseMs - 25 * hourMs).toISOString() })]);
    expect(await tooLate.replay()).toMatchObject({ outcomes: { refused: 1 }, refusals: [{ reason: "late" }] });
    const now = new Date(baseMs).toISOString();
    expect(await tooLate.replay({ patch: { timestamp: now } })).toMatchObject({ outcomes: { sent: 1 } });
  });

  test("of an event without a time counts it when it arrived; without an id, it gets one from its place", async () => {
    const { messageId: _, ...bare } = refusedOrder(1);
    for (const timestamp of [undefined, null, "", "0001-01-01T00:00:00Z"]) {
      const rig = await withOrders([{ ...bare, timestamp }]);
      rig.nowMs += dayMs;
      await rig.replay();
      await rig.rollUp();
      rig.nowMs += dayMs;
      expect(await rig.replay()).toMatchObject({ outcomes: { replayed: 1 } });
      await rig.rollUp();
      expect([...rig.store.rows.values()].map(({ row }) => [row.metric, row.bucketMs, row.count])).toEqual([
        ["orders", baseMs, 1],
        ["revenue", baseMs, 1],
      ]);
    }
  });

  test("does not send what its sender has mended meanwhile", async () => {
    const rig = await withOrders([refusedOrder(1)]);
    rig.nowMs += 30 * minuteMs;
    rig.put([order(1)]);
    await rig.rollUp();
    rig.nowMs += 2 * dayMs;
    expect(await rig.replay()).toMatchObject({ outcomes: { counted: 1, sent: 0 } });
  });

  test("waits where what its sender may have sent again is not known, and could not be a duplicate either", async () => {
    const rig = await withOrders([refusedOrder(1)]);
    rig.nowMs += 30 * minuteMs;
    expect(await rig.replay({ patch: { userId: "q" }, dryRun: true })).toMatchObject({ outcomes: { "in-doubt": 1 } });
    expect(await rig.replay({ dryRun: true })).toMatchObject({ outcomes: { sent: 1 } });
    rig.put([order(1)]);
    rig.nowMs += 2 * hourMs;
    expect(await rig.replay()).toMatchObject({ outcomes: { "in-doubt": 1, sent: 0 } });
    await rig.rollUp();
    expect(await rig.replay()).toMatchObject({ outcomes: { counted: 1, sent: 0 } });
  });

  test("sends one of several entries with the same id, also days apart", async () => {
    const rig = await withOrders([refusedOrder(1), refusedOrder(1), refusedOrder(1, { event: "Order" })]);
    const filter = { fromMs: baseMs - dayMs, toMs: rig.nowMs + 1 };
    expect(await rig.replay({ filter, limit: 1 })).toMatchObject({ outcomes: { sent: 1 }, complete: false });
    await rig.rollUp();
    rig.nowMs += 5 * dayMs;
    expect(await rig.replay()).toMatchObject({ outcomes: { sent: 0, replayed: 3 } });
    await rig.rollUp();
    expect(rig.count("orders")).toBe(1);
  });

  test("that was refused again can be done once more, with a better patch", async () => {
    const rig = await withOrders([refusedOrder(1)]);
    rig.nowMs += dayMs;
    const lenient = rig.definitions;
    // What runs has another configuration than who asks for the replay.
    rig.definitions = strict;
    expect(await rig.replay({ definitions: lenient })).toMatchObject({ outcomes: { sent: 1 } });
    await rig.rollUp();
    expect(rig.count("orders")).toBe(0);
    rig.nowMs += hourMs;
    const patch = { properties: { price: 3 } };
    expect(await rig.replay({ patch })).toMatchObject({ events: 2, outcomes: { sent: 1, replayed: 1 } });
    await rig.rollUp();
    rig.nowMs += dayMs;
    expect(await rig.replay({ patch })).toMatchObject({ outcomes: { sent: 0, replayed: 2 } });
    await rig.rollUp();
    expect(rig.count("orders")).toBe(1);
  });

  test("of a copy that comes too late is not counted, and the next replay is", async () => {
    const rig = await withOrders([refusedOrder(1), refusedOrder(3)]);
    // Whoever sends falls asleep before anything has left.
    const died = await rig.replay({}, { call: 4, after: true, sent: 0 });
    expect(died).toBeUndefined();
    expect(rig.asleep.flat()).toHaveLength(2);
    rig.nowMs += hourMs;
    expect(await rig.replay()).toMatchObject({ outcomes: { sent: 2 } });
    await rig.rollUp();
    rig.nowMs += dayMs;
    for (const events of rig.asleep) rig.put(events);
    await rig.rollUp();
    expect(rig.count("orders")).toBe(2);
    // What came too late is in quarantine; it is no reason to count it again.
    rig.nowMs += dayMs;
    expect(await rig.replay()).toMatchObject({ outcomes: { sent: 0, replayed: 4 } });
  });

  test("waits where the roll-up has not come past an earlier one, and where a batch was given up on", async () => {
    const rig = await withOrders([refusedOrder(1)]);
    await rig.replay({}, { call: 2, after: true });
    rig.nowMs += 5 * hourMs;
    const behind = await rig.replay();
    expect(behind?.outcomes).toMatchObject({ "in-doubt": 1, sent: 0 });
    expect(behind?.doubts[0]).toContain("has not come past");
    await rig.rollUp();
    rig.failures = ["aws/lambda/one"];
    expect((await rig.replay())?.doubts[0]).toContain("millrace redrive");
    rig.failures = [];
    expect(await rig.replay()).toMatchObject({ outcomes: { counted: 1, sent: 0 } });
    expect(rig.count("orders")).toBe(1);
  });

  test("that was ended may be done again at once, as it was: another patch could lead to another shard", async () => {
    const rig = await withOrders([refusedOrder(1)]);
    expect(await rig.replay({}, { call: 2, after: true })).toBeUndefined();
    rig.nowMs += 4 * minuteMs;
    expect(await rig.replay({ patch: { userId: "q" } })).toMatchObject({ outcomes: { "in-doubt": 1, sent: 0 } });
    expect(await rig.replay()).toMatchObject({ outcomes: { "in-doubt": 0, sent: 1 } });
    await rig.rollUp();
    expect(rig.count("orders")).toBe(1);
    expect([...rig.records.values()].flat()).toHaveLength(3);
  });

  test("leaves alone what is not settled, what is no event, and what the store refused a row of", async () => {
    const rig = new ReplayRig(definitions);
    rig.store.refuse = ({ metric }) => (metric === "revenue" ? { reason: "refused", detail: "no" } : undefined);
    rig.put([order(1)]);
    await rig.rollUp();
    rig.records.get("shardId-000000000000")?.push({
      sequenceNumber: "900000",
      partitionKey: "x",
      arrivalMs: rig.nowMs,
      data: Buffer.from("no event"),
    });
    await rig.rollUp();
    expect(await rig.replay()).toMatchObject({ outcomes: { refused: 1, unreadable: 1, sent: 0 } });
    const open = await withOrders([refusedOrder(1)]);
    for (const [key, parts] of open.ledger.parts) for (const part of parts) open.ledger.table.removePart(key, part);
    expect(await open.replay()).toMatchObject({ outcomes: { unsettled: 1, sent: 0 } });
  });

  test("leaves alone what the collector has cut down: without the rest it would be another event", async () => {
    const rig = await withOrders([order(1, { millrace: { refused, cut: true } }), refusedOrder(2)]);
    expect(await rig.replay()).toMatchObject({ outcomes: { refused: 1, sent: 1 }, refusals: [{ reason: "invalid" }] });
  });

  test("that is a dry run changes nothing, and says what would come of it", async () => {
    const rig = await withOrders([refusedOrder(1), refusedOrder(3), refusedOrder(5, { properties: { revenue: "x" } })]);
    const before = [...rig.records.values()].flat().length;
    expect(await rig.replay({ dryRun: true })).toMatchObject({
      dryRun: true,
      events: 3,
      outcomes: { sent: 2, refused: 1 },
      preview: { counted: 2, firstBucketMs: baseMs - minuteMs, metrics: { orders: 2, revenue: 2 } },
      refusals: [{ reason: "invalid", events: 1, detail: expect.stringContaining("properties.revenue") }],
    });
    expect(rig.marks.marks.size).toBe(0);
    expect([...rig.records.values()].flat()).toHaveLength(before);
  });

  test("counts each event exactly once, wherever it is ended, however often it is done, and days apart", async () => {
    const end = fc.record({ call: fc.nat(14), after: fc.boolean(), sent: fc.option(fc.nat(3), { nil: undefined }) });
    const step = fc.record({
      end: fc.option(
        end.map(({ sent, ...rest }): End => (sent === undefined ? rest : { ...rest, sent })),
        { nil: undefined },
      ),
      waitMs: fc.constantFrom(0, 1_000, 4 * minuteMs, 8 * minuteMs, 20 * minuteMs, 2 * hourMs, 3 * dayMs),
      rollsUp: fc.boolean(),
      wakes: fc.boolean(),
      strict: fc.boolean(),
      patch: fc.constantFrom(undefined, { properties: { coupon: "x" } }, { userId: "q" }),
    });
    const yesOrNo = { mended: fc.boolean(), named: fc.boolean(), lags: fc.boolean() };
    const event = fc.record({ id: fc.integer({ min: 1, max: 4 }), ...yesOrNo });
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 4 }),
        fc.array(step, { maxLength: 5 }),
        async (events, steps) => {
          const { rig, expected } = await history(events);
          for (const { end, waitMs, rollsUp, wakes, patch, strict: isStrict } of steps) {
            await rig.replay({ definitions, ...(patch === undefined ? {} : { patch }) }, end);
            rig.definitions = isStrict ? strict : definitions;
            rig.nowMs += waitMs;
            if (wakes) for (const sleeping of rig.asleep.splice(0)) rig.put(sleeping);
            if (rollsUp) await rig.rollUp();
          }
          rig.definitions = definitions;
          // In the end nobody ends it: twice, for what was in doubt, and once more.
          for (let run = 0; run < 3; run++) {
            await rig.rollUp();
            rig.nowMs += 2 * dayMs;
            await rig.replay();
          }
          await rig.rollUp();
          for (const sleeping of rig.asleep.splice(0)) rig.put(sleeping);
          await rig.rollUp();
          expect(rig.count("orders")).toBe(expected);
        },
      ),
      { numRuns: 400 },
    );
  });
});

/** Refused events, some mended by their senders, some without an id; and how many different ones they are. */
async function history(events: readonly { id: number; mended: boolean; named: boolean; lags: boolean }[]) {
  const rig = new ReplayRig(definitions);
  const ids = new Set<string>();
  for (const [place, { id, mended, named, lags }] of events.entries()) {
    const { messageId: _, ...nameless } = refusedOrder(id);
    rig.put([named ? refusedOrder(id) : nameless]);
    await rig.rollUp();
    rig.nowMs += 10 * minuteMs;
    if (named && mended) rig.put([order(id)]);
    if (!lags) await rig.rollUp();
    ids.add(named ? `m${id}` : `place ${place}`);
  }
  return { rig, expected: ids.size };
}
