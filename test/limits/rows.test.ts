import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { definitionsOf } from "../../lib/config/definitions.ts";
import type { Config } from "../../lib/config/shape.ts";
import { count, defineConfig, sum, track } from "../../lib/config.ts";
import { timestreamLimits } from "../../lib/limits.ts";
import { TimestreamStore } from "../../lib/store/rows/timestream.ts";
import { startAws, type TestAws } from "../aws.ts";
import { problemsOf } from "../lib/config/problems.ts";
import { folded, record } from "../lib/roll-up/fold/shop.ts";

const nowMs = Math.floor(Date.now() / 60_000) * 60_000;
const patience = { deadlineMs: Number.POSITIVE_INFINITY };
let aws: TestAws;
let store: TimestreamStore;

beforeAll(async () => {
  aws = await startAws();
  const call = (operation: string, request: object) =>
    aws.timestream.handle(operation, JSON.stringify(request), aws.url);
  await call("CreateDatabase", { DatabaseName: "limits" });
  await call("CreateTable", { DatabaseName: "limits", TableName: "rows" });
  store = TimestreamStore.connect({ database: "limits", table: "rows" });
});
afterAll(() => aws[Symbol.asyncDispose]());

/** Bytes of a row beside the metric's name and dimensions, as the check of the configuration reckons. */
const overheadBytes = 220;

/** The configuration whose rows are as large as they may be: so many dimensions, their names stretched to the limit. */
function widest(dimensions: number, dimensionBytes: number): Config {
  const name = "m".repeat(128);
  const left = timestreamLimits.recordBytesMax - overheadBytes - name.length - dimensions * dimensionBytes;
  const lengths = Array.from({ length: dimensions }, (_, place) =>
    Math.min(60, Math.floor(left / dimensions) + (place < left % dimensions ? 1 : 0)),
  );
  const by = lengths.map((length, place) => [
    `d${place}_`.padEnd(length, "x").slice(0, length),
    `properties.p${place}`,
  ]);
  const metric = { on: track(), measure: sum("properties.n"), by: Object.fromEntries(by) };
  return { metrics: { [name]: metric }, limits: { dimensionBytes } };
}

const event = (dimensions: number, value: (place: number) => string) => ({
  type: "track",
  event: "Sold",
  properties: {
    n: -1.234567890123456e14,
    ...Object.fromEntries(Array.from({ length: dimensions }, (_, place) => [`p${place}`, value(place)])),
  },
});

describe("the largest row that a configuration allows", () => {
  test.each([
    [1, 1_024],
    [6, 256],
    [20, 64],
    [75, 16],
  ])("is taken by Timestream: %d dimensions of %d bytes", async (dimensions, bytes) => {
    const config = widest(dimensions, bytes);
    expect(problemsOf(config)).toEqual([]);
    const full = event(dimensions, (place) => "é".repeat(bytes / 2 - 1) + String(place % 10).repeat(2));
    const over = event(dimensions, () => `${"x".repeat(bytes)}y`);
    const records = [record([full, full, over, over, over])].map((one) => ({ ...one, arrivalMs: nowMs }));
    const fold = folded(records, definitionsOf(config));
    const rows = fold.rows();
    expect(rows.map((row) => row.count)).toEqual([2, 3]);
    expect(rows[1]?.dimensions.map(([, value]) => value)).toEqual(Array(dimensions).fill("(other)"));
    expect(await store.write(`part-${dimensions}`, 1, rows, patience)).toEqual({ refusals: [], existing: 0 });
  });

  test("has no room for another byte in a name: the configuration is refused", () => {
    const { metrics, limits } = widest(6, 256);
    const [[name, metric]] = Object.entries(metrics) as [[string, Config["metrics"][string]]];
    const [[alias, path], ...others] = Object.entries(metric.by ?? {}) as [[string, string], ...[string, string][]];
    const by = Object.fromEntries([[`${alias.slice(0, -1)}yz`, path], ...others]);
    expect(alias.length).toBeLessThan(60);
    expect(problemsOf({ metrics: { [name]: { ...metric, by } }, limits })).toMatchObject([
      { path: `metrics.${name}.by`, received: '"6 dimensions, 2049 bytes"' },
    ]);
  });
});

test("a minute with ten times as many groups as it may have is written, and its total is exact", async () => {
  const config = defineConfig({
    metrics: { seen: { on: track(), measure: count(), by: { who: "properties.p0" } } },
    limits: { groupsPerBucket: 300 },
  });
  const events = Array.from({ length: 3_000 }, (_, place) => event(1, () => `person ${place}`));
  const fold = folded([{ ...record(events), arrivalMs: nowMs }], definitionsOf(config));
  const rows = fold.rows();
  expect(rows).toHaveLength(301);
  expect(await store.write("part-groups", 1, rows, patience)).toEqual({ refusals: [], existing: 0 });
  const QueryString = `SELECT sum(count), max(count), count(*) FROM "limits"."rows" WHERE part = 'part-groups'`;
  const { body } = await aws.timestream.handle("Query", JSON.stringify({ QueryString }), aws.url);
  const [row] = (body as { Rows: { Data: { ScalarValue: string }[] }[] }).Rows;
  expect(row?.Data.map(({ ScalarValue }) => Number(ScalarValue))).toEqual([3_000, 2_700, 301]);
});
