import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { LiveJudge } from "../../../../lib/query/live/live-event.ts";
import { LiveEvents } from "../../../../lib/query/live/live-events.ts";
import { readLiveQuestion } from "../../../../lib/query/live/question.ts";
import { QuestionProblem } from "../../../../lib/query/url-question.ts";
import { GivingWay } from "../../../../lib/stream/giving-way.ts";
import type { StreamPage, StreamStart } from "../../../../lib/stream/reader.ts";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";
import { baseMs, before, recordOf, sold } from "../../roll-up/world.ts";

const shardId = "shardId-000000000000";
const ask = (query = "") => readLiveQuestion(new URLSearchParams(query));

/** A stream that tells how often it was read, and a clock. */
class Rig {
  nowMs = baseMs + 10_000;
  readonly records = new Map<string, StreamRecord[]>([[shardId, []]]);
  readonly reads: { shardId: string; atMs: number; bytes: number }[] = [];
  readonly starts: StreamStart[] = [];
  behindMs = 0;
  broken: string | undefined;
  fault = new Error("down");
  readonly live = new LiveEvents(
    {
      shardIds: async () => [...this.records.keys()],
      pages: (id, start, limit) => this.#pages(id, start, limit),
    },
    before,
    new GivingWay({ now: () => this.nowMs }),
    { now: () => this.nowMs },
  );

  put(index: number, events: readonly unknown[], id = shardId): void {
    this.records.get(id)?.push({ ...recordOf(index, events), arrivalMs: this.nowMs });
  }

  async names(query = ""): Promise<(string | null)[]> {
    this.nowMs += 1_000;
    return (await this.live.newest(ask(query))).events.map(({ messageId }) => messageId);
  }

  async *#pages(id: string, start: StreamStart, limit: number | (() => number)): AsyncGenerator<StreamPage> {
    this.starts.push(start);
    let last = typeof start === "object" && "after" in start ? BigInt(start.after) : -1n;
    const fromMs = typeof start === "object" && "fromMs" in start ? start.fromMs : 0;
    for (;;) {
      const read = { shardId: id, atMs: this.nowMs, bytes: 0 };
      this.reads.push(read);
      if (this.broken === id) throw this.fault;
      const all = this.records.get(id) ?? [];
      const records = all
        .filter(({ sequenceNumber, arrivalMs }) => BigInt(sequenceNumber) > last && arrivalMs >= fromMs)
        .slice(0, typeof limit === "number" ? limit : limit());
      last = BigInt(records.at(-1)?.sequenceNumber ?? last);
      read.bytes = records.reduce((sum, { data }) => sum + data.length, 0);
      const next = all.find(({ sequenceNumber }) => BigInt(sequenceNumber) > last);
      yield { records, behindMs: this.behindMs + (next === undefined ? 0 : Math.max(1, this.nowMs - next.arrivalMs)) };
    }
  }
}

describe("an event is judged as the roll-up judges it by itself", () => {
  const judge = new LiveJudge(before);
  const judged = (event: unknown) => judge.eventsOf(shardId, recordOf(0, [event]))[0];

  test("with the metrics that it counts in", () => {
    expect(judged({ ...sold(1), userId: "ann", source: "web" })).toMatchObject({
      name: "Sold",
      user: "ann",
      source: "web",
      messageId: "m1",
      refused: null,
      metrics: ["all", "sales"],
      index: 0,
    });
    expect(judged({ type: "page", name: "Home" })).toMatchObject({ refused: null, metrics: [] });
  });

  test.each([
    ["late", { timestamp: "2025-12-20T00:00:00Z" }],
    ["early", { timestamp: "2026-01-02T00:00:00Z" }],
    ["invalid", { properties: { price: "much" } }],
    ["plan", { millrace: { refused: { reason: "plan", detail: "price: expected more" } } }],
  ])("with the reason: %s", (reason, fields) => {
    const event = judged({ ...sold(1), ...fields });
    expect(event).toMatchObject({ messageId: "m1", refused: { reason }, metrics: [] });
    expect(event?.refused?.detail).not.toBe("");
  });

  test.each<[field: "user" | "messageId" | "timestamp", fields: Record<string, unknown>, shown: string | null]>([
    ["user", { userId: "ann", anonymousId: "a1" }, "ann"],
    ["user", { userId: 42 }, "42"],
    ["user", { userId: 0, anonymousId: "a1" }, "0"],
    ["user", { userId: "", anonymousId: "a1" }, "a1"],
    ["user", { userId: null, anonymousId: "a1" }, "a1"],
    ["user", { userId: { id: 1 }, anonymousId: "a1" }, "a1"],
    ["user", { anonymousId: 7 }, "7"],
    ["user", {}, null],
    ["messageId", { messageId: 12345 }, "12345"],
    ["messageId", { messageId: ["a"] }, null],
    ["timestamp", { timestamp: 1_769_851_800 }, "1769851800"],
  ])("with its %s as it says it: %j", (field, fields, shown) => {
    expect(judged({ ...sold(1), ...fields })?.[field]).toBe(shown);
  });

  test("with all digits of its ids", () => {
    const record = recordOf(0, []);
    const data = Buffer.from('{"type":"page","userId":2053013552326770905,"messageId":2053013552326770906}');
    expect(judge.eventsOf(shardId, { ...record, data })).toMatchObject([
      { user: "2053013552326770905", messageId: "2053013552326770906", refused: { reason: "invalid" } },
    ]);
  });

  test("with how it breaks a plan that is only observed, where the collector noted it, and nothing of a note that is none", () => {
    const noted = (violations: unknown) => judged({ ...sold(1), millrace: { violations } })?.observed;
    expect(noted([{ path: "properties.price", rule: "type", expected: "string" }])).toBe(
      "properties.price: expected string (type)",
    );
    for (const none of [[], "much", [null, 1, { path: 1 }], undefined]) expect(noted(none)).toBeNull();
    expect(judged({ ...sold(1), millrace: { violations: [] } })).toMatchObject({ refused: null });
  });

  test("a record that cannot be taken apart is one event, refused", () => {
    const record = { ...recordOf(0, []), data: gzipSync("{}").subarray(0, 12) };
    expect(judge.eventsOf(shardId, record)).toMatchObject([{ index: null, refused: { reason: "unreadable" } }]);
  });

  test("the text of a large one is left out, and all else is there", () => {
    const event = judged({ ...sold(1), properties: { price: 1, note: "x".repeat(20_000) } });
    expect(event).toMatchObject({ messageId: "m1", refused: null });
    expect(event?.text).toBeUndefined();
  });
});

test("a viewer sees each event once, with the cursor of the answer before", async () => {
  const rig = new Rig();
  rig.put(0, [sold(1), sold(2)]);
  rig.nowMs += 1_000;
  const first = await rig.live.newest(ask());
  expect(first.events.map(({ messageId }) => messageId)).toEqual(["m1", "m2"]);
  rig.put(1, [sold(3)]);
  expect(await rig.names(`after=${first.cursor}`)).toEqual(["m3"]);
  expect(await rig.names()).toEqual(["m1", "m2", "m3"]);
});

test("the cursor holds in another process, one that is behind too", async () => {
  const rig = new Rig();
  rig.put(0, [sold(1)]);
  rig.put(1, [sold(2)]);
  rig.nowMs += 1_000;
  const { cursor } = await rig.live.newest(ask());
  const other = new Rig();
  other.put(0, [sold(1)]);
  other.nowMs += 1_000;
  const behind = await other.live.newest(ask(`after=${cursor}`));
  expect([behind.events, behind.cursor]).toEqual([[], cursor]);
});

test("however many look, a shard is read once a second, and nobody waits for that", async () => {
  const rig = new Rig();
  for (let viewer = 0; viewer < 50; viewer++) {
    rig.nowMs += 130;
    await Promise.all([rig.live.newest(ask()), rig.live.newest(ask("name=sold"))]);
  }
  const gaps = rig.reads.slice(1).map(({ atMs }, index) => atMs - (rig.reads[index]?.atMs ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1_130);
});

test("however much comes in, a shard is read for half a megabyte a second, the newest of it", async () => {
  const rig = new Rig();
  let index = 0;
  for (let second = 0; second < 15; second++) {
    rig.nowMs += 1_000;
    // A megabyte, all that a shard takes in.
    for (let record = 0; record < 50; record++) rig.put(index++, [{ ...sold(index), note: "x".repeat(20_000) }]);
    await rig.live.newest(ask());
  }
  const bytes = rig.reads.map((read) => read.bytes);
  expect(Math.max(...bytes)).toBeLessThanOrEqual(512 * 1024);
  const { events, leftOut } = await rig.live.newest(ask());
  expect(leftOut).toBe(true);
  expect(rig.nowMs - Date.parse(events.at(-1)?.arrival ?? "")).toBeLessThanOrEqual(5_000);
});

test("a shard that throttles is left alone for a while, and the answer says how old it is", async () => {
  const rig = new Rig();
  rig.put(0, [sold(1)]);
  expect(await rig.names()).toEqual(["m1"]);
  rig.broken = shardId;
  rig.fault = Object.assign(new Error("too fast"), { name: "ProvisionedThroughputExceededException" });
  const readsBefore = rig.reads.length;
  for (let second = 0; second < 20; second++) expect(await rig.names()).toEqual(["m1"]);
  expect(rig.reads.length - readsBefore).toBe(4);
  const { shards, staleMs } = await rig.live.newest(ask());
  expect([shards.throttled, staleMs]).toEqual([1, 20_000]);
  rig.broken = undefined;
  rig.put(1, [sold(2)]);
  rig.nowMs += 60_000;
  expect(await rig.names()).toEqual(["m1", "m2"]);
  expect(await rig.live.newest(ask())).toMatchObject({ shards: { throttled: 0 }, staleMs: 0 });
});

test("name, user and source are looked for anywhere in the event's own, in any case", async () => {
  const rig = new Rig();
  rig.put(0, [
    { ...sold(1), userId: "Ann", source: "web" },
    { ...sold(2), anonymousId: "bob" },
    { type: "page", messageId: "p" },
  ]);
  expect(await rig.names("name=OLD")).toEqual(["m1", "m2"]);
  expect(await rig.names("user=ann")).toEqual(["m1"]);
  expect(await rig.names("user=bo")).toEqual(["m2"]);
  expect(await rig.names("source=we&name=sold")).toEqual(["m1"]);
  expect(await rig.names("name=page")).toEqual(["p"]);
});

test("of a flood the newest 200 are answered, within a megabyte of texts, and it says so", async () => {
  const rig = new Rig();
  for (let index = 0; index < 5; index++) {
    rig.put(
      index,
      Array.from({ length: 60 }, (_, id) => ({ ...sold(index * 60 + id), note: "x".repeat(10_000) })),
    );
  }
  rig.nowMs += 1_000;
  const { events, leftOut } = await rig.live.newest(ask());
  expect(events.at(-1)?.messageId).toBe("m299");
  expect([events.length, leftOut]).toEqual([200, true]);
  const bytes = events.reduce((sum, { text = "" }) => sum + text.length, 0);
  expect(bytes).toBeGreaterThan(900_000);
  expect(bytes).toBeLessThan(1_100_000);
  expect(events.at(-1)?.text).toBeDefined();
});

test("a reader that falls behind goes on from now, and says that it left something out", async () => {
  const rig = new Rig();
  rig.behindMs = 20_000;
  rig.put(0, [sold(1)]);
  rig.nowMs += 1_000;
  expect((await rig.live.newest(ask())).leftOut).toBe(true);
  rig.behindMs = 0;
  rig.nowMs += 1_000;
  await rig.live.newest(ask());
  expect(rig.starts.at(-1)).toEqual({ fromMs: rig.nowMs - 1_000 - 2_000 });
  rig.nowMs += 10_000;
  expect((await rig.live.newest(ask())).leftOut).toBe(false);
});

test("after nobody has looked for minutes the shard is read from a minute ago, for an iterator does not last", async () => {
  const rig = new Rig();
  rig.put(0, [sold(1)]);
  await rig.names();
  rig.nowMs += 600_000;
  rig.put(1, [sold(2)]);
  expect(await rig.names()).toEqual(["m2"]);
  expect(rig.starts.at(-1)).toEqual({ fromMs: rig.nowMs - 60_000 });
});

test("a shard that cannot be read does not hide the others, and is read on where it was", async () => {
  const rig = new Rig();
  const other = "shardId-000000000001";
  rig.records.set(other, []);
  rig.put(0, [sold(1)]);
  rig.put(1, [sold(2)], other);
  expect((await rig.names()).sort()).toEqual(["m1", "m2"]);
  rig.broken = other;
  rig.put(2, [sold(3)]);
  rig.put(3, [sold(4)], other);
  expect((await rig.names()).sort()).toEqual(["m1", "m2", "m3"]);
  rig.broken = undefined;
  expect((await rig.names()).sort()).toEqual(["m1", "m2", "m3", "m4"]);
});

test("where no shard can be read the question fails, and the next one asks again", async () => {
  const rig = new Rig();
  rig.broken = shardId;
  await expect(rig.names()).rejects.toThrow("down");
  rig.broken = undefined;
  rig.put(0, [sold(1)]);
  expect(await rig.names()).toEqual(["m1"]);
});

test.each(["after=what ever", "after=0.!", "before=1", "name=a&name=b", `user=${"x".repeat(300)}`])(
  "a question such as %s is refused",
  (query) => {
    expect(() => ask(query)).toThrow(QuestionProblem);
  },
);
