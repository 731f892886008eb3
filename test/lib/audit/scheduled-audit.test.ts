import { beforeEach, describe, expect, test } from "vitest";
import {
  type ScheduledReport,
  type ScheduleName,
  scheduledAudit,
  schedules,
} from "../../../lib/audit/scheduled-audit.ts";
import type { PartRowsQuestion } from "../../../lib/store/rows/store.ts";
import { AuditRig, baseMs, committed, minuteMs } from "./rig.ts";

const hourMs = 60 * minuteMs;
/** Shards of a stream that is too large for one invocation. */
const shardIds = Array.from({ length: 60 }, (_, index) => `shardId-${String(index).padStart(12, "0")}`);
/** Every part that is read takes so long; an invocation has time for those of some twenty shards. */
const partMs = 1_000;
const invocationMs = 900_000;

let rig: AuditRig;
/** Shards whose parts were read, in order. */
let looked: string[];

beforeEach(() => {
  rig = new AuditRig();
  looked = [];
  rig.incoming = (fromMs, toMs) => recordsBetween(fromMs, toMs);
});

function fillShards(): void {
  for (const shardId of shardIds) {
    for (let place = 40; place < 60; place++) rig.ledger.table.putPart(`events/${shardId}`, committed(place));
  }
}

const recordsBetween = (fromMs: number, toMs: number): number =>
  [...rig.ledger.parts.values()]
    .flat()
    .filter(({ firstArrivalMs }) => firstArrivalMs >= fromMs && firstArrivalMs < toMs)
    .reduce((sum, { records }) => sum + records, 0);

function run(name: ScheduleName): Promise<ScheduledReport | undefined> {
  const { ledger } = rig;
  const slow = {
    head: ledger.head.bind(ledger),
    headsOf: ledger.headsOf.bind(ledger),
    neighbours: async function* (...asked: Parameters<typeof ledger.neighbours>) {
      looked.push(asked[0].slice("events/".length));
      for await (const part of ledger.neighbours(...asked)) {
        rig.nowMs += partMs;
        yield part;
      }
    },
  };
  const store = {
    // As the ledger says it of each.
    rowsOfParts: async function* ({ parts = [] }: PartRowsQuestion) {
      for (const part of parts) yield { part, rows: 2, count: 8, firstBucketMs: baseMs, lastBucketMs: baseMs };
    },
  };
  const ports = { ...rig.ports, ledger: slow, store, shardLists: [{ shardIds: async () => shardIds }] };
  return scheduledAudit(ports, name, rig.nowMs + invocationMs);
}

/** Invocations of a schedule, an hour apart, until a range was looked at whole. */
async function whole(name: ScheduleName): Promise<ScheduledReport[]> {
  const reports: ScheduledReport[] = [];
  for (let hour = 0; hour < 20; hour++) {
    const startMs = rig.nowMs;
    const report = await run(name);
    rig.nowMs = startMs + hourMs;
    if (report === undefined) throw new Error("Expected an audit that is due, got none");
    reports.push(report);
    if (report.complete) return reports;
  }
  throw new Error("Expected an audit that ends, got one that goes on");
}

describe.each(["hourly", "daily"] as const)("the %s audit of more shards than fit into one invocation", (name) => {
  beforeEach(fillShards);

  test("continues in the next invocation until every shard is checked, then reports on the whole stream", async () => {
    const startedMs = rig.nowMs;
    rig.incoming = (fromMs, toMs) => recordsBetween(fromMs, toMs) + 1_000_000;
    const reports = await whole(name);
    expect(reports.length).toBeGreaterThan(1);
    expect(new Set(looked)).toEqual(new Set(shardIds));
    expect(looked.length).toBeLessThan(2 * shardIds.length);
    expect(reports.map(({ counts }) => counts.records)).toEqual([...reports.slice(1).map(() => 0), 1]);
    expect(rig.places.get(name)).toEqual({ throughMs: startedMs - 15 * minuteMs });
  });

  test("finds nothing if all is right: a half-finished shard is not added up twice", async () => {
    const reports = await whole(name);
    expect(reports.flatMap(({ findings }) => findings)).toEqual([]);
    expect(reports.at(-1)?.incoming).toBe(recordsBetween(0, Number.POSITIVE_INFINITY));
  });

  test("says how far it is behind, each time", async () => {
    const { everyMs } = schedules[name];
    for (const [index, report] of (await whole(name)).slice(0, -1).entries()) {
      expect(report.behindMs[name]).toBeGreaterThanOrEqual(15 * minuteMs + everyMs + index * hourMs);
    }
    expect((await whole("hourly")).at(-1)?.behindMs[name]).toBeLessThan(2 * everyMs + 24 * hourMs);
  });
});

test("a scheduled audit begins an hour before the end of the last one, however long ago that was", async () => {
  await run("hourly");
  rig.nowMs += 9 * hourMs;
  const { from, to } = (await run("hourly")) ?? {};
  expect([from, to]).toEqual(
    [baseMs + 2.25 * hourMs - hourMs, baseMs + 11.25 * hourMs].map((ms) => new Date(ms).toISOString()),
  );
});

test("the daily audit is due once a day, and the hourly one says how far it is behind when it never runs", async () => {
  expect(await run("daily")).toBeDefined();
  for (let hour = 1; hour <= 23; hour++) {
    rig.nowMs += hourMs;
    expect(await run("daily"), `hour ${hour}`).toBeUndefined();
  }
  rig.nowMs += hourMs;
  expect(await run("daily")).toBeDefined();
  rig.nowMs += 60 * hourMs;
  expect((await run("hourly"))?.behindMs.daily).toBe(60 * hourMs + 15 * minuteMs);
});

test("a question that the store could not answer is asked again by the next invocation", async () => {
  fillShards();
  rig.incoming = undefined;
  const parts = { ...rig.ports, shardLists: [{ shardIds: async () => [shardIds[0] ?? ""] }] };
  const early = await scheduledAudit(parts, "daily", rig.nowMs + 100_000);
  expect(early).toMatchObject({ complete: false });
  expect(rig.places.get("daily")?.throughMs).toBeLessThan(rig.nowMs - 24 * hourMs);
  rig.nowMs += hourMs;
  expect(await scheduledAudit(parts, "daily", rig.nowMs + invocationMs)).toMatchObject({ complete: true });
});
