import { describe, expect, test } from "vitest";
import type { AuditReport } from "../../../lib/audit/audit.ts";
import { AuditRun } from "../../../lib/audit/audit-run.ts";
import { type FindingKind, findingKinds } from "../../../lib/audit/finding.ts";
import { writtenMsOf } from "../../../lib/audit/given-up.ts";
import { UnknownRows } from "../../../lib/audit/unknown-rows.ts";
import { newHead } from "../../../lib/store/ledger/ledger.ts";
import { AuditRig, baseMs, committed, minuteMs, shard, shardId } from "./rig.ts";

const rigOf = (places = 60): AuditRig => {
  const rig = new AuditRig();
  rig.addMany(places);
  return rig;
};
const none = Object.fromEntries(findingKinds.map((kind) => [kind, 0]));
const expectOnly = (report: AuditReport, counts: Partial<Record<FindingKind, number>>): void => {
  expect(report.counts).toEqual({ ...none, ...counts });
  expect(report.complete).toBe(true);
};
const isoOf = (minute: number): string => new Date(baseMs + minute * minuteMs).toISOString();

describe("a ledger that is right", () => {
  test("has no findings, and its sums are said", async () => {
    const report = await rigOf().audit();
    expectOnly(report, {});
    expect(report).toMatchObject({
      shards: 1,
      parts: 60,
      records: 240,
      events: 480,
      counted: 480,
      partsCompared: 60,
      incoming: 240,
      notes: [],
    });
  });

  test("of before, behind and without a record in the range is not part of it", async () => {
    const report = await rigOf().audit({ fromMs: baseMs + 10 * minuteMs, toMs: baseMs + 20 * minuteMs });
    expectOnly(report, {});
    expect(report).toMatchObject({ parts: 10, records: 40, partsCompared: 10 });
  });

  test("may have parts that are committed and not yet off the open list, and promises that are being kept", async () => {
    const rig = rigOf();
    rig.open(59, { openedMs: rig.nowMs - minuteMs });
    rig.open(58, { openedMs: rig.nowMs - minuteMs, definitions: ["d1", "d2"] });
    rig.open(60, { openedMs: rig.nowMs - minuteMs });
    const report = await rig.audit();
    expectOnly(report, {});
    expect(report.partsCompared).toBe(58);
  });

  test("that is empty is right", async () => {
    expectOnly(await new AuditRig().audit(), {});
  });
});

describe("parts that overlap", () => {
  test("are found, however far one reaches over others", async () => {
    const rig = rigOf();
    rig.ledger.table.putPart(shard, committed(30, { firstSequence: String(1_000_000 + 28 * 10 + 5) }));
    const report = await rig.audit();
    expectOnly(report, { overlap: 2 });
    expect(report.findings[0]).toMatchObject({
      where: shardId,
      parts: ["part-29", "part-30"],
      sequences: ["1000290", "1000299"],
      amount: 4,
    });
    expect(report.findings[1]).toMatchObject({ parts: ["part-28", "part-30"], sequences: ["1000285", "1000289"] });
  });

  test("are found where one is open", async () => {
    const rig = rigOf();
    rig.open(40, { id: "other", openedMs: rig.nowMs });
    const report = await rig.audit();
    expectOnly(report, { overlap: 1 });
    expect(report.findings[0]?.detail).toContain("an open part that overlaps a committed one");
  });
});

test("a part whose events do not add up is found", async () => {
  const rig = rigOf(5);
  rig.ledger.table.putPart(shard, committed(2, { counted: 7 }));
  const report = await rig.audit();
  expectOnly(report, { tally: 1 });
  expect(report.findings[0]).toMatchObject({
    parts: ["part-2"],
    amount: 1,
    unit: "events",
    minutes: [isoOf(2), isoOf(2)],
  });
});

describe("rows in the store", () => {
  test.each([
    ["a row too few", (rig: AuditRig): boolean => rig.store.rows.delete("part-3 1"), 1, "rows"],
    ["a row too many", (rig: AuditRig) => rig.write("part-3", baseMs + 3 * minuteMs, [4, 4, 1]), 1, "rows"],
    ["another count", (rig: AuditRig) => rig.write("part-3", baseMs + 3 * minuteMs, [4, 7]), 3, "events"],
    ["no row at all", (rig: AuditRig) => rig.forget("part-3"), 2, "rows"],
  ] as const)("with %s are found, after the store was asked twice", async (_, change, amount, unit): Promise<void> => {
    const rig = rigOf();
    change(rig);
    for (const rows of ["all", "sample"] as const) {
      const report = await rig.audit({ rows });
      expectOnly(report, { rows: 1 });
      expect(report.findings[0]).toMatchObject({ parts: ["part-3"], amount, unit, minutes: [isoOf(3), isoOf(3)] });
    }
    expect(rig.slept).toBe(2);
    expectOnly(await rig.audit({ rows: "none" }), {});
  });

  test("with other sums are found, even where nothing else differs", async () => {
    const rig = rigOf();
    const numbers = (sum: number) => ({ sum, min: -sum, max: sum });
    const put = (index: number, sum: number): void => {
      const stored = rig.store.rows.get(`part-3 ${index}`);
      if (stored !== undefined)
        rig.store.rows.set(`part-3 ${index}`, { ...stored, row: { ...stored.row, numbers: numbers(sum) } });
    };
    rig.ledger.table.putPart(shard, committed(3, { rowsSum: "300.3" }));
    put(0, 100.1);
    put(1, -200.2);
    expectOnly(await rig.audit(), {});
    // The last digits depend on the order in which they are added up.
    put(1, -200.2 * (1 + 1e-12));
    expectOnly(await rig.audit(), {});
    put(1, -200.3);
    const report = await rig.audit();
    expectOnly(report, { rows: 1 });
    expect(report.findings[0]).toMatchObject({ parts: ["part-3"], amount: 2, unit: "rows" });
    expect(report.findings[0]?.detail).toContain("expected sums of 300.3, got 300.4");
  });

  test("that met others of their version are always compared, and are fine if they agree", async () => {
    for (const rows of ["none", "sample", "all"] as const) {
      const rig = rigOf();
      rig.ledger.table.putPart(shard, committed(3, { existing: 1 }));
      expectOnly(await rig.audit({ rows }), {});
      rig.write("part-3", baseMs + 3 * minuteMs, [4, 7]);
      expectOnly(await rig.audit({ rows }), { rows: 1 });
    }
  });

  test("that met others of their version cause no question about other parts", async () => {
    const rig = rigOf();
    rig.ledger.table.putPart(shard, committed(3, { existing: 1 }));
    expect((await rig.audit({ rows: "none" })).partsCompared).toBe(1);
  });

  test("that are there when the store is asked again are right", async () => {
    const rig = rigOf();
    rig.store.rows.delete("part-3 1");
    const clock = rig.clock(() => rig.write("part-3", baseMs + 3 * minuteMs, [4, 4]));
    expectOnly(await rig.audit({}, { clock }), {});
  });

  test("of a part committed less than 15 minutes ago are not compared", async () => {
    const rig = rigOf();
    rig.ledger.table.putPart(shard, committed(3, { committedMs: rig.nowMs - 14 * minuteMs }));
    rig.store.rows.delete("part-3 1");
    const report = await rig.audit();
    expectOnly(report, {});
    expect(report.partsCompared).toBe(59);
  });

  test("of a part that is being written anew are not wrong", async () => {
    const rig = rigOf();
    rig.store.rows.delete("part-3 1");
    const clock = rig.clock(() => rig.open(3, { openedMs: rig.nowMs, definitions: ["d1", "d2"] }));
    expectOnly(await rig.audit({}, { clock }), {});
  });

  test("of parts that the ledger does not know are found by asking of all", async () => {
    const rig = rigOf();
    rig.write("stray", baseMs + 7 * minuteMs, [3, 2, 1]);
    expectOnly(await rig.audit({ rows: "sample" }), {});
    const report = await rig.audit();
    expectOnly(report, { "unknown-rows": 1 });
    expect(report.findings[0]).toMatchObject({
      parts: ["stray"],
      amount: 3,
      detail: expect.stringContaining("count 6"),
      minutes: [isoOf(7), isoOf(7)],
    });
  });

  test("of very many unknown parts are found up to a limit, and the report says so", async () => {
    const rig = rigOf();
    for (let stray = 0; stray < 2_100; stray++) rig.write(`stray-${stray}`, baseMs + 7 * minuteMs, [1]);
    expect(await rig.audit()).toMatchObject({
      complete: false,
      counts: { "unknown-rows": 2_000 },
      notes: [expect.stringContaining("narrow the range")],
    });
  });

  test("of unknown parts are not looked for where the ids of all known ones are too many to hold", async () => {
    const rig = rigOf();
    rig.write("stray", baseMs + 7 * minuteMs, [3]);
    const options = { fromMs: baseMs, toMs: baseMs + 60 * minuteMs, rows: "all", deadlineMs: baseMs * 2 } as const;
    const run = new AuditRun(rig.ports, options);
    const unknown = new UnknownRows(run, 2);
    for (const place of [1, 2]) unknown.knowPart(committed(place));
    await unknown.finish([shardId]);
    expect([run.isComplete, run.findings.listed()]).toEqual([false, []]);
    expect([...run.notes][0]).toContain("narrow the range");
  });

  test("of a part that was opened while the audit ran are not unknown", async () => {
    const rig = rigOf();
    rig.write("part-61", baseMs + 7 * minuteMs, [3]);
    const clock = rig.clock(() => rig.open(61, { openedMs: rig.nowMs }));
    expectOnly(await rig.audit({}, { clock }), {});
  });

  test("of earlier definitions that could not be taken back are a finding of their own", async () => {
    const rig = rigOf();
    rig.ledger.table.putPart(shard, committed(3, { doubled: 2 }));
    expectOnly(await rig.audit(), { doubled: 1 });
    rig.write("part-3", baseMs + 3 * minuteMs, [4, 4, 8]);
    expectOnly(await rig.audit(), { doubled: 1 });
    rig.store.rows.delete("part-3 1");
    rig.store.rows.delete("part-3 2");
    expectOnly(await rig.audit(), { doubled: 1, rows: 1 });
  });

  test("that may repeat what came in forgotten shards are a finding, and later ones of the same shard are not", async () => {
    const rig = rigOf();
    const orphanedMs = baseMs + 30 * minuteMs;
    rig.ledger.table.putHead(shard, { ...newHead, orphanedMs });
    const retentionMs = 90 * minuteMs;
    // What came before half past twelve less half an hour, and the 20 minutes that arrivals may be out of order by.
    expectOnly(await rig.audit({}, { retentionMs }), { lineage: 21 });
    expectOnly(await rig.audit({}, { retentionMs: 24 * 60 * minuteMs }), {});
  });

  test("of many parts are asked for 200 parts of a sample, in one question", async () => {
    const rig = new AuditRig();
    const more = { firstArrivalMs: baseMs, lastArrivalMs: baseMs, committedMs: baseMs };
    for (let place = 0; place < 1_000; place++) rig.add(place, more);
    const { store } = rig;
    let asked = 0;
    const rowsOfParts: typeof store.rowsOfParts = (question) => {
      asked++;
      expect(new Set(question.parts).size).toBe(200);
      return store.rowsOfParts(question);
    };
    expect((await rig.audit({ rows: "sample" }, { store: { rowsOfParts } })).partsCompared).toBe(200);
    expect(asked).toBe(1);
  });
});

describe("a promise", () => {
  test("that is open for more than half an hour is found, with what it holds", async () => {
    const rig = rigOf();
    rig.open(70, { openedMs: rig.nowMs - 31 * minuteMs });
    const report = await rig.audit();
    expectOnly(report, { open: 1 });
    expect(report.findings[0]).toMatchObject({
      where: shardId,
      parts: ["part-70"],
      minutes: [isoOf(70), isoOf(70)],
      amount: 8,
      command: "npx millrace sweep",
    });
  });

  test("whose records the stream has no more is lost", async () => {
    const rig = new AuditRig();
    rig.open(-24 * 60, { openedMs: rig.nowMs - 31 * minuteMs });
    expectOnly(await rig.audit(), { lost: 1 });
  });

  test("that is only not taken off the list loses nothing, whenever it is from", async () => {
    const rig = rigOf();
    rig.add(-24 * 60);
    rig.open(-24 * 60, { openedMs: rig.nowMs - 31 * minuteMs });
    const report = await rig.audit();
    expectOnly(report, { open: 1 });
    expect(report.findings[0]?.amount).toBe(0);
  });
});

describe("records", () => {
  test.each([
    ["more than parts may hold", 241, "records", 1],
    ["fewer than parts surely hold", 239, "records", 1],
  ])("of the stream that are %s are found", async (_, incoming, kind, amount) => {
    const rig = rigOf();
    rig.incoming = () => incoming;
    const report = await rig.audit();
    expectOnly(report, { [kind]: 1 });
    expect(report.findings[0]).toMatchObject({ where: "events", amount });
  });

  test("at the edges may or may not be in the range", async () => {
    const rig = rigOf();
    const options = { fromMs: baseMs + 10 * minuteMs, toMs: baseMs + 20 * minuteMs };
    // Minutes 10 to 19; 11 to 18 are surely in, 9 and 20 may be.
    for (const [incoming, found] of [
      [31, 1],
      [32, 0],
      [52, 0],
      [53, 1],
    ] as const) {
      rig.incoming = () => incoming;
      expect((await rig.audit(options)).counts.records, `${incoming}`).toBe(found);
    }
  });

  test("of an open part may have come, and need not", async () => {
    const rig = rigOf();
    rig.open(60, { openedMs: rig.nowMs });
    for (const [incoming, found] of [
      [239, 1],
      [240, 0],
      [244, 0],
      [245, 1],
    ] as const) {
      rig.incoming = () => incoming;
      expect((await rig.audit()).counts.records, `${incoming}`).toBe(found);
    }
  });

  test("are not compared where CloudWatch has nothing to say, or the range is too young", async () => {
    const rig = rigOf();
    rig.incoming = () => undefined;
    const report = await rig.audit();
    expectOnly(report, {});
    expect(report).toMatchObject({ incoming: "unknown", notes: [expect.stringContaining("no data points")] });
    rig.incoming = () => 1;
    const young = await rig.audit({ fromMs: rig.nowMs - 10 * minuteMs, toMs: rig.nowMs });
    expect(young).toMatchObject({ incoming: "unknown", notes: [expect.stringContaining("15 minutes")] });
  });
});

describe("batches that Lambda gave up on", () => {
  const key = (time: string): string =>
    `aws/lambda/69fd1b7b-5f3c-4d1e-8a6e-000000000001/${shardId}/2026/01/02/${time}-69fd1b7b-5f3c-4d1e-8a6e-000000000002`;

  test("and that wait for more than half an hour are found; where no time can be read they wait", async () => {
    const rig = rigOf();
    const add = (name: string): void => void rig.files.push({ key: name, shardId, bytes: 1 });
    add(key("2026-01-02T02.05.00"));
    expectOnly(await rig.audit(), {});
    add(key("2026-01-02T01.59.00"));
    add("aws/lambda/else");
    const report = await rig.audit();
    expectOnly(report, { "given-up": 1 });
    expect(report.findings[0]).toMatchObject({
      amount: 2,
      minutes: [isoOf(119), isoOf(119)],
      command: "npx millrace redrive",
    });
    for (let file = 0; file < 2_000; file++) add(`aws/lambda/${file}`);
    expect((await rig.audit()).findings[0]).toMatchObject({ amount: 2_002, unit: "batches" });
  });

  test("say in their keys when they were written", () => {
    expect(writtenMsOf(key("2026-01-02T02.05.09"))).toBe(Date.UTC(2026, 0, 2, 2, 5, 9));
    expect(writtenMsOf(key("2026-13-02T02.05.09"))).toBeUndefined();
    expect(writtenMsOf("aws/lambda/else")).toBeUndefined();
  });
});

describe("a report", () => {
  test("lists at most 100 findings, of each kind some, and counts them all", async () => {
    const rig = rigOf();
    const parts = rig.ledger.parts.get(shard) ?? [];
    for (const [place, part] of parts.entries())
      rig.ledger.table.putPart(shard, { ...part, counted: 7, doubled: place === 30 ? 1 : 0 });
    rig.store.rows.clear();
    const report = await rig.audit();
    expectOnly(report, { tally: 60, rows: 60, doubled: 1 });
    expect(report.findings).toHaveLength(100);
    expect(report.findings.filter(({ kind }) => kind === "doubled")).toHaveLength(1);
  });

  test("says where there was no time for all of it, and then says nothing of what would need all", async () => {
    const rig = rigOf();
    rig.incoming = () => 1_000;
    const none = await rig.audit({ deadlineMs: rig.nowMs });
    expect(none).toMatchObject({ complete: false, parts: 0, counts: { records: 0 } });
    const noRows = await rig.audit({ deadlineMs: rig.nowMs + 100_000 });
    expect(noRows).toMatchObject({ complete: false, parts: 60, partsCompared: 0, counts: { records: 1 } });
  });
});

test("a promise closed while the audit looks at its shard is not a finding", async () => {
  const rig = new AuditRig();
  rig.addMany(10);
  rig.open(20);
  expect((await rig.audit()).counts.open).toBe(1);
  const { headsOf } = rig.ledger;
  rig.ledger.headsOf = async (shards) => {
    const heads = await headsOf.call(rig.ledger, shards);
    rig.ledger.table.putHead(shard, { ...newHead, revision: 9 });
    return heads;
  };
  expect((await rig.audit()).counts.open).toBe(0);
});
