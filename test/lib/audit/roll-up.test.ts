import fc from "fast-check";
import { expect, test } from "vitest";
import { type AuditReport, audit } from "../../../lib/audit/audit.ts";
import { rollUpTimeoutSeconds } from "../../../lib/limits.ts";
import type { CommittedPart } from "../../../lib/store/ledger/ledger.ts";
import { shardKey } from "../../../lib/stream/sequence.ts";
import type { LedgerTable } from "../../fakes/ledger-table.ts";
import { after, baseMs, before, type Fault, recordOf, sold, World } from "../roll-up/world.ts";

const hourMs = 3_600_000;
const records = 12;
const fault = fc.record({
  call: fc.nat({ max: 32 }),
  kind: fc.constantFrom<Fault["kind"]>("dies before", "dies after", "sleeps before"),
});
const step = fc.record({
  from: fc.nat({ max: records - 1 }),
  length: fc.integer({ min: 1, max: records }),
  definitions: fc.constantFrom(before, before, after),
  faults: fc.array(fault, { maxLength: 2 }),
});
/** Events by their ids, which repeat; some records hold none that can be counted. */
const datas = fc.array(fc.array(fc.nat({ max: 19 }), { maxLength: 4 }), { minLength: records, maxLength: records });
const reshards = fc.array(fc.integer({ min: 1, max: records - 1 }), { maxLength: 2 });
const history = fc.tuple(datas, fc.array(step, { maxLength: 6 }), reshards);

type History = typeof history extends fc.Arbitrary<infer Past> ? Past : never;

async function worldAfter([ids, steps, reshardedAfter]: History): Promise<World> {
  const all = ids.map((own, index) =>
    recordOf(
      index,
      own.map((id) => sold(id)),
    ),
  );
  const world = new World(all, reshardedAfter);
  for (const { from, length, definitions, faults } of steps) {
    world.nowMs += rollUpTimeoutSeconds * 1_000;
    void world.invoke(from, Math.min(records, from + length), definitions, faults);
    await world.settle();
  }
  for (const [from, to] of world.shards) {
    world.nowMs += rollUpTimeoutSeconds * 1_000;
    await world.invoke(from, to);
  }
  world.wake();
  await world.settle();
  world.nowMs += hourMs;
  return world;
}

const auditOf = ({ records, shards, ledger, store, nowMs }: World): Promise<AuditReport> =>
  audit(
    {
      streamName: "events",
      shardLists: [{ shardIds: async () => shards.map((_, index) => `shardId-${String(index).padStart(12, "0")}`) }],
      ledger,
      store,
      incoming: {
        records: async (fromMs, toMs) =>
          records.filter(({ arrivalMs }) => arrivalMs >= fromMs && arrivalMs < toMs).length,
      },
      failures: { list: async function* () {} },
      retentionMs: 24 * hourMs,
      dedupeWindowMs: hourMs,
      clock: { now: () => nowMs, sleep: async () => {} },
    },
    { fromMs: baseMs - 300_000, toMs: baseMs + 300_000, rows: "all", deadlineMs: Number.POSITIVE_INFINITY },
  );

const totalOf = ({ counts }: AuditReport): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

test("whatever history a ledger has, the audit finds nothing wrong with it", async () => {
  await fc.assert(
    fc.asyncProperty(history, async (past) => {
      const report = await auditOf(await worldAfter(past));
      expect(report.findings).toEqual([]);
      expect(report).toMatchObject({ records, incoming: records, complete: true, partsCompared: report.parts });
      expect(report.parts).toBeGreaterThan(0);
    }),
    { numRuns: 100 },
  );
});

/** Ways to spoil a ledger or a store, each at some place. */
const damages: Readonly<Record<string, (world: World, place: number) => boolean>> = {
  "a part that is gone": (world, place) => spoil(world, place, (table, shard, part) => table.removePart(shard, part)),
  "a part that is there twice": (world, place) =>
    spoil(world, place, (table, shard, part) =>
      table.putPart(shard, { ...part, id: "again", lastSequence: `${part.lastSequence}0` }),
    ),
  ...Object.fromEntries(
    (["events", "counted", "duplicate", "rows", "rowsCount"] as const).map((field) => [
      `another number of ${field}`,
      (world: World, place: number) =>
        spoil(world, place, (table, shard, part) => table.putPart(shard, { ...part, [field]: part[field] + 1 })),
    ]),
  ),
  "a row that is gone": (world, place) => {
    const rows = [...world.store.rows].filter(([, { row }]) => row.count > 0);
    const key = rows[place % rows.length]?.[0];
    return key !== undefined && world.store.rows.delete(key);
  },
  "a row with another count": (world, place) => {
    const stored = [...world.store.rows.values()].filter(({ row }) => row.count > 0);
    const one = stored[place % stored.length];
    if (one === undefined) return false;
    one.row = { ...one.row, count: one.row.count + 1 };
    return true;
  },
  "a row of no part": (world, place) => {
    const stored = [...world.store.rows.values()].filter(({ row }) => row.count > 0);
    const one = stored[place % stored.length];
    if (one === undefined) return false;
    world.store.rows.set("another", { ...one, part: "another" });
    return true;
  },
};

type Damage = (table: LedgerTable, shard: string, part: CommittedPart) => void;

function spoil({ shards, ledger }: World, place: number, damage: Damage): boolean {
  const all = shards.map((_, index) => shardKey("events", `shardId-${String(index).padStart(12, "0")}`));
  const key = all[place % all.length] ?? "";
  const parts = ledger.parts.get(key) ?? [];
  const part = parts[place % parts.length];
  if (part === undefined) return false;
  damage(ledger.table, key, part);
  return true;
}

test.each(Object.entries(damages))("%s is found, whatever history the ledger has", async (_, damage) => {
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), async (past, place) => {
      const world = await worldAfter(past);
      fc.pre(damage(world, place));
      expect(totalOf(await auditOf(world))).toBeGreaterThan(0);
    }),
    { numRuns: 20 },
  );
});
