import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import { count, defineConfig, page, sum, track } from "../../../../lib/config.ts";
import type { Copy } from "../../../../lib/query/why/copy.ts";
import { skip } from "../../../../lib/recovery/skip/skip.ts";
import type { StreamRecord } from "../../../../lib/stream/stream-record.ts";
import { after, baseMs, before, type Fault, recordOf, sequence, shard, sold } from "../../roll-up/world.ts";
import { failureText, WhyRig } from "./rig.ts";
import { recordsOfTally } from "./tally.ts";

const shardId = "shardId-000000000000";
const minute = (ms: number): string => new Date(ms).toISOString();

describe("an event that was counted", () => {
  test("is told with when and by whom it was accepted, its record, its rows, and since when queries show it", async () => {
    const event = { ...sold(4), source: "web", receivedAt: minute(baseMs - 5) };
    const rig = new WhyRig([recordOf(0, [sold(1)]), recordOf(1, [sold(2), event])]);
    await rig.world.invoke(0, 2);
    const [part] = rig.world.ledger.parts.get(shard) ?? [];
    const { copies, complete, says } = await rig.why("m4");
    expect(complete).toBe(true);
    expect(copies).toMatchObject([
      {
        shardId,
        part: part?.id,
        sequenceNumber: sequence(1),
        index: 1,
        arrival: minute(baseMs + 1),
        event: { type: "track", name: "Sold", source: "web" },
        fate: {
          kind: "counted",
          since: minute(part?.committedMs ?? 0),
          metrics: [
            { metric: "all", minute: minute(baseMs + 60_000), group: {} },
            { metric: "sales", minute: minute(baseMs + 60_000), group: { shop: "s0" } },
          ],
        },
      },
    ]);
    const texts = copies[0]?.says.map(({ text }) => text).join("\n") ?? "";
    expect(texts).toContain(`Accepted at ${minute(baseMs - 5)} by source "web"`);
    expect(texts).toContain('sales at 2026-01-01T12:01:00.000Z by shop "s0"');
    expect(says[0]?.text).toBe("Accepted once: 1 counted.");
    for (const { restsOn } of [...(copies[0]?.says ?? []), ...says]) expect(restsOn).not.toBe("");
  });

  test("although it breaks a plan that is only observed is told with how", async () => {
    const violations = [{ path: "properties.price", rule: "type", expected: "string" }];
    const rig = new WhyRig([recordOf(0, [{ ...sold(1), millrace: { violations } }])]);
    await rig.world.invoke(0, 1);
    const [copy] = (await rig.why("m1")).copies;
    expect(copy?.fate.kind).toBe("counted");
    expect(copy?.says.map(({ text }) => text).join()).toContain("properties.price: expected string (type)");
  });

  test("in no metric is told as that", async () => {
    const rig = new WhyRig([recordOf(0, [{ type: "page", messageId: "p", name: "Home" }])]);
    await rig.world.invoke(0, 1);
    const { copies } = await rig.why("p");
    expect(copies[0]?.fate).toMatchObject({ kind: "counted", metrics: [] });
    expect(copies[0]?.says.map(({ text }) => text).join()).toContain("in no metric");
  });
});

describe("an id that several sources have used", () => {
  const of = (source: string | undefined, id: number) => (source === undefined ? sold(id) : { ...sold(id), source });
  const sourcesOf = (copies: readonly Copy[]) => copies.map(({ source, fate }) => [source, fate.kind]);

  async function used(): Promise<WhyRig> {
    const broken = { ...of("web", 1), type: "nothing" };
    const rig = new WhyRig([
      recordOf(0, [of("web", 1), of("shop", 1), of(undefined, 1), of("elsewhere", 1)]),
      recordOf(1, [of("shop", 1), broken]),
      recordOf(2, [of("web", 2)]),
    ]);
    await rig.world.invoke(0, 1);
    await rig.world.invoke(1, 2);
    await rig.world.invoke(2, 3);
    return rig;
  }

  test("is answered for each configured source, and for events without one", async () => {
    const answer = await (await used()).why("m1");
    expect(answer.sources).toEqual(["", "shop", "web"]);
    expect(sourcesOf(answer.copies)).toEqual([
      ["web", "counted"],
      ["shop", "counted"],
      ["", "counted"],
      ["shop", "duplicate"],
      ["web", "quarantined"],
    ]);
    // Of its own source, not of the stranger's that came first.
    expect(answer.copies[3]?.fate).toMatchObject({ of: { sequenceNumber: sequence(0), index: 1 } });
  });

  test.each([
    [
      "web",
      [
        ["web", "counted"],
        ["web", "quarantined"],
      ],
    ],
    ["elsewhere", [["elsewhere", "counted"]]],
    ["", [["", "counted"]]],
    ["nobody", []],
  ])("is answered for source %j alone when asked", async (source, expected) => {
    const answer = await (await used()).why("m1", undefined, `from=-48h&source=${source}`);
    expect(answer.sources).toEqual([source]);
    expect(sourcesOf(answer.copies)).toEqual(expected);
  });

  test("names the source of an id whose record is gone, and the sources searched if it is not found", async () => {
    const rig = await used();
    rig.trimmed = 3;
    const told = (await rig.why("m1")).copies.flatMap(({ says }) => says.map(({ text }) => text)).join("\n");
    expect(told).toContain('left its id of source "shop" (');
    expect((await rig.why("m9")).says[0]?.text).toContain('(of no source, "shop", "web")');
  });
});

describe("an event that is a duplicate", () => {
  const duplicates = async (rig: WhyRig) => (await rig.why("m1")).copies.map(({ fate }) => fate);

  test("within its record, within its part and in a later part names the copy that counted", async () => {
    const rig = new WhyRig([recordOf(0, [sold(1), sold(1)]), recordOf(1, [sold(1)]), recordOf(2, [sold(1)])]);
    await rig.world.invoke(0, 2);
    await rig.world.invoke(2, 3);
    const of = { shardId, sequenceNumber: sequence(0), index: 0 };
    expect(await duplicates(rig)).toMatchObject([
      { kind: "counted" },
      { kind: "duplicate", of },
      { kind: "duplicate", of },
      { kind: "duplicate", of },
    ]);
  });

  test("of a part that was opened later names the later copy, for the order is the ledger's", async () => {
    const rig = new WhyRig([recordOf(0, [sold(1)]), recordOf(1, [sold(1)])]);
    await rig.world.invoke(1, 2);
    await rig.world.invoke(0, 1);
    const of = { sequenceNumber: sequence(1) };
    expect(await duplicates(rig)).toMatchObject([{ kind: "duplicate", of }, { kind: "counted" }]);
  });

  test("across a reshard names the copy in the other shard", async () => {
    const rig = new WhyRig([recordOf(0, [sold(1)]), recordOf(1, [sold(1)])], [1]);
    await rig.world.invoke(0, 1);
    await rig.world.invoke(1, 2);
    expect(await duplicates(rig)).toMatchObject([
      { kind: "counted" },
      { kind: "duplicate", of: { shardId, sequenceNumber: sequence(0) } },
    ]);
  });

  test("of one that arrived before the range that was asked for names it all the same", async () => {
    const later = { ...recordOf(1, [sold(1)]), arrivalMs: baseMs + 30 * 60_000 };
    const rig = new WhyRig([recordOf(0, [sold(1)]), later]);
    await rig.world.invoke(0, 1);
    await rig.world.invoke(1, 2);
    const { copies } = await rig.why("m1", Number.POSITIVE_INFINITY, "from=-10m");
    expect(copies.map(({ fate }) => fate.kind)).toEqual(["counted", "duplicate"]);
  });
});

describe("an event that was rejected", () => {
  const rejected: Readonly<Record<string, [event: Record<string, unknown>, kind: string, reason: string]>> = {
    late: [{ timestamp: "2025-12-20T00:00:00Z" }, "late", "late"],
    early: [{ timestamp: "2026-01-02T00:00:00Z" }, "quarantined", "early"],
    invalid: [{ properties: { price: "much", shop: "a" } }, "quarantined", "invalid"],
    "plan-refused": [
      { millrace: { refused: { reason: "plan", detail: "price: expected more" } } },
      "quarantined",
      "plan",
    ],
  };
  test.each(Object.entries(rejected))("as %s is told with the reason", async (_name, [fields, kind, reason]) => {
    const rig = new WhyRig([recordOf(0, [sold(1), { ...sold(2), ...fields }])]);
    await rig.world.invoke(0, 1);
    const { copies } = await rig.why("m2");
    expect(copies).toMatchObject([{ sequenceNumber: sequence(0), index: 1, fate: { kind, reason } }]);
    expect(copies[0]?.says.at(-1)?.restsOn).toContain("quarantine/");
  });

  test.each<[id: number | string, asked: string]>([
    [12345, "12345"],
    [0.5, "0.5"],
    ["2053013552326770905", "2053013552326770905"],
  ])("for its message id, the number %s, is found by the digits, with its person", async (id, asked) => {
    const data = Buffer.from(`{"type":"track","event":"Sold","userId":42,"anonymousId":"a","messageId":${id}}`);
    const rig = new WhyRig([{ ...recordOf(0, []), data }, recordOf(1, [sold(1)])]);
    await rig.world.invoke(0, 2);
    const { copies } = await rig.why(asked);
    expect(copies).toMatchObject([{ event: { user: "42" }, fate: { kind: "quarantined", reason: "invalid" } }]);
  });

  test("without a user is reported with its anonymous id", async () => {
    const rig = new WhyRig([recordOf(0, [{ ...sold(1), userId: "", anonymousId: "a1" }])]);
    await rig.world.invoke(0, 1);
    expect((await rig.why("m1")).copies).toMatchObject([{ event: { user: "a1" }, fate: { kind: "counted" } }]);
  });

  test("because the store refused a row is told with the rows that stay", async () => {
    const rig = new WhyRig([recordOf(0, [sold(1)]), recordOf(1, [sold(1)])]);
    rig.world.store.refuse = ({ metric }) => (metric === "sales" ? { reason: "refused", detail: "no" } : undefined);
    await rig.world.invoke(0, 2);
    const { copies } = await rig.why("m1");
    expect(copies).toMatchObject([
      { fate: { kind: "quarantined", reason: "refused" } },
      { fate: { kind: "duplicate" } },
    ]);
    expect(copies[0]?.says.at(-1)?.text).toContain("all at 2026-01-01T12:01");
  });

  test("by a store that changed its mind is unknown: the file does not say what the ledger says", async () => {
    const rig = new WhyRig([recordOf(0, [sold(1), sold(2)])]);
    rig.world.store.refuse = ({ metric }) => (metric === "sales" ? { reason: "refused", detail: "no" } : undefined);
    await rig.world.invoke(0, 1);
    for (const [key, rejected] of rig.world.rejectedFiles) rig.world.rejectedFiles.set(key, rejected.slice(1));
    const { copies, notLooked } = await rig.why("m1");
    expect([copies.map(({ fate }) => fate.kind), notLooked.length]).toEqual([["unknown"], 1]);
  });

  test("with a record that was stepped over is told, and its record is not taken apart", async () => {
    const rig = new WhyRig([recordOf(0, [sold(1), sold(2)]), recordOf(1, [sold(3)])]);
    await rig.world.invoke(1, 2);
    await skip(rig.world.ledger, shard, sequence(0), async () => true);
    await rig.world.invoke(0, 2);
    const { copies } = await rig.why("m1");
    expect(copies).toMatchObject([{ index: null, event: null, fate: { kind: "quarantined", reason: "skipped" } }]);
  });

  test("with a record that nobody can read leaves the answer open", async () => {
    const broken = { ...recordOf(0, []), data: gzipSync("{}").subarray(0, 12) };
    const rig = new WhyRig([broken]);
    await rig.world.invoke(0, 1);
    const { copies, notLooked, says } = await rig.why("m1");
    expect([copies.length, notLooked.length]).toEqual([0, 1]);
    expect(says[0]?.text).toContain("Unknown");
  });
});

describe("an event that is not counted yet", () => {
  test("in the stream is told with how far behind the roll-up is", async () => {
    const rig = new WhyRig([recordOf(0, [sold(1)]), recordOf(1, [sold(2)])]);
    await rig.world.invoke(0, 1);
    expect((await rig.why("m2")).copies).toMatchObject([{ part: null, fate: { kind: "waiting", behindSeconds: 60 } }]);
  });

  test("in an open part is told as that", async () => {
    const rig = new WhyRig([recordOf(0, [sold(1)])]);
    const opened: Fault[] = [{ call: 11, kind: "dies before" }];
    await rig.world.invoke(0, 1, undefined, opened);
    const [part] = (await rig.world.ledger.head(shard)).open;
    expect((await rig.why("m1")).copies).toMatchObject([{ part: part?.id, fate: { kind: "open" } }]);
  });

  test("in a batch that Lambda gave up on is told with the file, until it is redriven", async () => {
    const rig = new WhyRig([recordOf(0, [sold(1)]), recordOf(1, [sold(2)])]);
    rig.failures.put(failureText({ streamName: "events", shardId, records: rig.world.records.slice(0, 1) }));
    await rig.world.invoke(1, 2);
    expect((await rig.why("m1")).copies).toMatchObject([{ fate: { kind: "given-up", file: "file-0" } }]);
    await rig.world.invoke(0, 1);
    expect(await rig.fates("m1")).toEqual(["counted"]);
  });
});

test("an event that was never sent is not found, and what was looked through is said", async () => {
  const rig = new WhyRig([recordOf(0, [sold(1)]), recordOf(1, [sold(2)])]);
  await rig.world.invoke(0, 1);
  const { copies, says, looked } = await rig.why("nobody");
  expect(copies).toEqual([]);
  expect(says[0]?.text).toContain("Not found");
  expect(looked).toMatchObject({ parts: 1, ids: 1, waitingRecords: 1 });
});

describe("where the stream has forgotten the record", () => {
  const forgotten = async (records: readonly StreamRecord[], more?: (rig: WhyRig) => void): Promise<WhyRig> => {
    const rig = new WhyRig(records);
    more?.(rig);
    for (let index = 0; index < records.length; index++) await rig.world.invoke(index, index + 1);
    rig.trimmed = records.length;
    return rig;
  };

  test("the ledger still tells a counted event from a duplicate, and not in which metrics", async () => {
    const rig = await forgotten([recordOf(0, [sold(1), sold(2)]), recordOf(1, [sold(1)])]);
    const { copies } = await rig.why("m1");
    expect(copies.map(({ fate, sequenceNumber }) => [fate.kind, sequenceNumber])).toEqual([
      ["counted-somewhere", null],
      ["duplicate", null],
    ]);
    expect(copies[0]?.says[0]?.text).toMatch(/1 chance in 10\^1\d of being another's/);
  });

  test("a rejected event is told from its file in quarantine", async () => {
    const rig = await forgotten([recordOf(0, [{ ...sold(1), timestamp: "2025-12-20T00:00:00Z" }, sold(2)])]);
    expect(await rig.fates("m1")).toEqual(["late"]);
    expect(await rig.fates("m2")).toEqual(["counted-somewhere"]);
  });

  test("and the file in quarantine is gone, what may be either is unknown", async () => {
    const rig = await forgotten([recordOf(0, [{ ...sold(1), timestamp: "2025-12-20T00:00:00Z" }, sold(2)])]);
    for (const { id } of rig.world.ledger.parts.get(shard) ?? []) rig.gone.add(id);
    const { copies, notLooked } = await rig.why("m2");
    expect([copies.map(({ fate }) => fate.kind), notLooked.length]).toEqual([["unknown"], 1]);
  });
});

test("an event of a part that is being taken over is said to be not final", async () => {
  const rig = new WhyRig([recordOf(0, [sold(1)])]);
  await rig.world.invoke(0, 1);
  // Committed, not off the list of open parts yet, and begun again under other definitions.
  const { ledger } = rig.world;
  const [part] = ledger.parts.get(shard) ?? [];
  const head = await ledger.head(shard);
  if (part === undefined) throw new Error("Expected a part, got none");
  const open = { ...part, definitions: [...part.definitions, after.hash], openedMs: rig.world.nowMs };
  await ledger.moveHead(shard, head, { ...head, open: [open] });
  const { copies } = await rig.why("m1");
  expect(copies[0]?.fate.kind).toBe("counted");
  expect(copies[0]?.says.at(-1)?.text).toContain("not final");
});

test("what the ledger may have forgotten is not taken for what was not there", async () => {
  const weekly = { ...before, hash: "weekly", dedupeWindowMs: 7 * 86_400_000 };
  const rig = new WhyRig([recordOf(0, [sold(1)])]);
  await rig.world.invoke(0, 1, weekly);
  rig.world.nowMs = baseMs + 86 * 86_400_000;
  expect((await rig.why("m1", Number.POSITIVE_INFINITY, "from=-88d")).copies).toMatchObject([
    { fate: { kind: "unknown" } },
  ]);
});

test("a group that may be over the metric's limit is said to be, where which came first is not known", async () => {
  const many = Array.from({ length: 1_001 }, (_, id) => ({
    ...sold(id * 3),
    properties: { price: 1, shop: `s${id}` },
  }));
  const rig = new WhyRig([recordOf(0, [many[0]]), recordOf(1, many)]);
  await rig.world.invoke(0, 1);
  await rig.world.invoke(1, 2);
  // One of the thousand groups is not opened, for its event is a duplicate: the last has room.
  const { copies } = await rig.why("m3000");
  expect(copies[0]?.fate).toMatchObject({
    metrics: [{ metric: "all" }, { metric: "sales", group: { shop: "s1000" }, orOther: true }],
  });
});

/** Definitions under which nearly nothing that the others count is fit. */
const strict = definitionsOf(
  defineConfig({
    metrics: { sales: { on: track("Sold"), measure: sum("properties.size") }, all: { on: page(), measure: count() } },
  }),
);

/** The same as before, with a memory of few messages. */
const forgetful = { ...before, hash: "forgetful", dedupeIdsMax: 4 };

/** Where the stream has forgotten everything, less is told, and nothing that contradicts what was told before. */
async function expectNothingElseOf(rig: WhyRig, told: ReadonlyMap<string, readonly Copy[]>): Promise<void> {
  rig.trimmed = records;
  for (const [id, before] of told) {
    for (const { part, fate, sequenceNumber } of (await rig.why(id)).copies) {
      const kinds = before.filter((copy) => copy.part === part).map((copy) => copy.fate.kind);
      const same = before.filter((copy) => copy.sequenceNumber === sequenceNumber).map((copy) => copy.fate.kind);
      if (fate.kind === "counted-somewhere") expect(kinds.filter((kind) => kind === "counted")).toHaveLength(1);
      else if (fate.kind === "duplicate")
        expect([kinds.includes("duplicate"), kinds.includes("counted")]).toEqual([true, false]);
      else if (sequenceNumber !== null) expect(same).toContain(fate.kind);
      else expect(fate.kind).toBe("unknown");
    }
  }
}

const records = 10;
const pool = 12;
type Kind = "sold" | "late" | "invalid" | "unmatched";
const eventOf = ([id, kind]: readonly [number, Kind]): Record<string, unknown> => ({
  ...sold(id),
  ...(kind === "late" ? { timestamp: "2025-12-20T00:00:00Z" } : {}),
  ...(kind === "invalid" ? { properties: { price: "much" } } : {}),
  ...(kind === "unmatched" ? { type: "page", name: "Home" } : {}),
});

test("whatever the history, the fates of all messages add up to the ledger's tallies", async () => {
  const kind = fc.constantFrom<Kind>("sold", "sold", "sold", "late", "invalid", "unmatched");
  const events = fc.array(fc.tuple(fc.nat({ max: pool - 1 }), kind), { minLength: 1, maxLength: 4 });
  const step = fc.record({
    from: fc.nat({ max: records - 1 }),
    length: fc.integer({ min: 1, max: records }),
    dies: fc.option(fc.nat({ max: 20 }), { nil: undefined, freq: 3 }),
    definitions: fc.constantFrom(before, before, after, strict, forgetful),
    laterMs: fc.constantFrom(0, 0, 200_000),
  });
  const history = fc.tuple(
    fc.array(events, { minLength: records, maxLength: records }),
    fc.array(step, { maxLength: 6 }),
    fc.array(fc.integer({ min: 1, max: records - 1 }), { maxLength: 2 }),
    fc.constantFrom(1, 3_000, Number.POSITIVE_INFINITY),
    fc.boolean(),
    fc.constantFrom(1, 20 * 60_000),
  );
  await fc.assert(
    fc.asyncProperty(history, async ([all, steps, reshards, bytesMax, refuses, apartMs]) => {
      const rig = new WhyRig(
        all.map((some, index) => ({
          ...recordOf(index, some.map(eventOf)),
          arrivalMs: baseMs + index * apartMs,
        })),
        reshards,
      );
      rig.world.store.refuse = (row) =>
        refuses && row.bucketMs === baseMs ? { reason: "late", detail: "too old" } : undefined;
      for (const { from, length, dies, definitions, laterMs } of steps) {
        rig.world.nowMs += laterMs;
        const faults: Fault[] = dies === undefined ? [] : [{ call: dies, kind: "dies before" }];
        await rig.world.invoke(from, Math.min(records, from + length), definitions, faults);
      }
      const found: Record<string, number> = {};
      const told = new Map<string, Copy[]>();
      for (let id = 0; id < pool; id++) {
        const { copies, notLooked } = await rig.why(`m${id}`, bytesMax);
        expect(notLooked).toEqual([]);
        told.set(`m${id}`, [...copies]);
        // Steps leave holes before the newest part of a shard: nobody brings these again, and no file has them.
        const holes = rig.holes((record) => all[record]?.filter(([own]) => own === id).length ?? 0);
        expect(copies.length + holes).toBe(all.flat().filter(([own]) => own === id).length);
        for (const { fate } of copies) found[fate.kind] = (found[fate.kind] ?? 0) + 1;
      }
      const { counted, duplicate, quarantined, late } = recordsOfTally(rig.world.ledger);
      const { counted: c = 0, duplicate: d = 0, quarantined: q = 0, late: l = 0, unknown = 0 } = found;
      expect({ counted: c, duplicate: d, quarantined: q, late: l, unknown }).toEqual({
        counted,
        duplicate,
        quarantined,
        late,
        unknown: 0,
      });
      await expectNothingElseOf(rig, told);
    }),
    { numRuns: 150 },
  );
});
