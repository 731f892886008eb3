import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { auditChain } from "../../handlers/audit.ts";
import type { ScheduledAuditEvent } from "../../handlers/middleware/report-audit.ts";
import type { AuditEvent } from "../../lib/audit/range.ts";
import { auditMetrics, names } from "../../lib/names.ts";
import type { MetricDatum } from "../../local/cloudwatch/metrics.ts";
import { putEmbeddedMetrics } from "../../local/lambda/embedded-metrics.ts";
import { AuditRig, baseMs, committed, minuteMs, shard } from "../lib/audit/rig.ts";
import { lambdaContext } from "./kinesis-event.ts";

let printed: string;
let rig: AuditRig;
const context = { ...lambdaContext, getRemainingTimeInMillis: () => 900_000 };

beforeEach(() => {
  printed = "";
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  }
  rig = new AuditRig();
  rig.addMany(120);
});
afterEach(() => vi.restoreAllMocks());

function published(): MetricDatum[] {
  const found: MetricDatum[] = [];
  for (const line of printed.split("\n")) putEmbeddedMetrics(line, { put: (datum) => found.push(datum) });
  return found;
}
const run = (event: ScheduledAuditEvent | AuditEvent) => auditChain(() => rig.ports)(event, context);

test("a scheduled audit publishes how much it found, under the names and the dimension that the alarms look at", async () => {
  rig.ledger.table.putPart(shard, committed(100, { counted: 7 }));
  rig.ledger.table.putPart(shard, committed(101, { doubled: 1 }));
  const report = await run({ schedule: "hourly" });
  expect(report?.counts).toMatchObject({ tally: 1, doubled: 1 });
  const values = Object.fromEntries(published().map(({ name, value }) => [name, value]));
  expect(values).toEqual({
    [auditMetrics.findings]: 2,
    [auditMetrics.behind.hourly]: 900,
    [auditMetrics.behind.daily]: 86_400 + 900,
    AuditOverlaps: 0,
    AuditTallies: 1,
    AuditRows: 0,
    AuditUnknownRows: 0,
    AuditDoubled: 1,
    AuditLineages: 0,
    AuditOpen: 0,
    AuditLost: 0,
    AuditRecords: 0,
    AuditGivenUp: 0,
  });
  for (const { namespace, dimensions } of published()) {
    expect([namespace, dimensions]).toEqual([names.metricNamespace, { service: names.audit }]);
  }
  expect(printed).toContain("The audit found something wrong");
});

test("the hourly audit asks the store nothing, the daily one a sample of the day", async () => {
  expect(await run({ schedule: "hourly" })).toMatchObject({ partsCompared: 0, parts: 105, complete: true });
  expect(await run({ schedule: "daily" })).toMatchObject({ partsCompared: 120, parts: 120, complete: true });
});

test("an audit by hand answers the same, and publishes nothing", async () => {
  rig.ledger.table.putPart(shard, committed(100, { counted: 7 }));
  const from = new Date(baseMs).toISOString();
  const to = new Date(baseMs + 120 * minuteMs).toISOString();
  expect(await run({ from, to, rows: "all" })).toMatchObject({ from, to, counts: { tally: 1 } });
  expect(published()).toEqual([]);
});

test("a range that cannot be is an error that says so", async () => {
  await expect(run({ from: "yesterday" })).rejects.toThrow("from: expected an ISO 8601 time");
});
