import { afterEach, describe, expect, test } from "vitest";
import { count, defineConfig, page } from "../../lib/config.ts";
import { rollUpTimeoutSeconds } from "../../lib/limits.ts";
import type { AlarmWatch } from "../../local/cloudwatch/alarm-watch.ts";
import { MetricStore } from "../../local/cloudwatch/metrics.ts";
import { failed, LagWorld } from "./lag-world.ts";
import { AlarmTemplate } from "./template-alarms.ts";

const stack = new AlarmTemplate(defineConfig({ metrics: { views: { on: page(), measure: count() } } }));
/** The alarms that are looked at every minute; the others, which take their time, now and then. */
const looked = /^millrace-(audit|iterator)/;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const ringing = (watch: AlarmWatch): string[] =>
  watch.alarms.flatMap(({ state, settings }) => (state === "ALARM" ? [settings.name] : []));

let world: LagWorld;
afterEach(() => world?.end());

/** What rings at the end of each minute, while events arrive at some shards. */
async function minutes(watch: AlarmWatch, most: number, shardIds: readonly string[], until?: string[]) {
  let found: string[] = [];
  for (let minute = 1; minute <= most; minute++) {
    await world.minute(shardIds);
    watch.check(world.clock.now());
    found = ringing(watch);
    if (until !== undefined && String(found) === String(until)) return { minute, found };
  }
  return { minute: most, found };
}

interface Case {
  readonly what: string;
  /** Shards at which something arrives: all, or the first alone, beside which the others are idle. */
  readonly at: "all" | "first";
  readonly begin: () => void;
  readonly mend: () => void;
}

const outcome = (instead: LagWorld["instead"]) => () => {
  world.instead = instead;
};

const cases: readonly Case[] = [
  {
    what: "one shard is blocked and the others are idle",
    at: "first",
    begin: () => world.blocked.add(world.shardIds[0] ?? ""),
    mend: () => world.blocked.clear(),
  },
  {
    what: "one shard is blocked and the others are counted",
    at: "all",
    begin: () => world.blocked.add(world.shardIds[0] ?? ""),
    mend: () => world.blocked.clear(),
  },
  {
    what: "the ledger answers errors to everybody",
    at: "first",
    begin: () => {
      world.ledgerDown = true;
    },
    mend: () => {
      world.ledgerDown = false;
    },
  },
  {
    what: "the store is down, and each invocation waits for it until its time is over",
    at: "all",
    begin: () => {
      world.storeDown = true;
    },
    mend: () => {
      world.storeDown = false;
    },
  },
  {
    what: "the mapping is disabled",
    at: "all",
    begin: () => world.mapping.setEnabled(false),
    mend: () => world.mapping.setEnabled(true),
  },
  { what: "the function fails at once", at: "all", begin: outcome(async () => failed), mend: outcome(undefined) },
  {
    what: "the function runs into its time limit",
    at: "all",
    begin: outcome(async () => {
      await world.clock.sleep(rollUpTimeoutSeconds * 1_000);
      return failed;
    }),
    mend: outcome(undefined),
  },
  {
    what: "the function is throttled",
    at: "all",
    begin: outcome(async () => ({ kind: "throttled" })),
    mend: outcome(undefined),
  },
];

describe.each([1, 3])("with %i shards", (shards) => {
  test.each(cases)(
    "the alarm rings within ten minutes where $what, and ends when that is over",
    async ({ at, begin, mend }) => {
      world = new LagWorld(stack.mapping, shards);
      const startMs = world.clock.now();
      const watch = stack.alarmsOn(world.metrics, startMs, looked);
      const busy = at === "all" ? world.shardIds : world.shardIds.slice(0, 1);
      world.start();
      expect((await minutes(watch, 3, busy)).found).toEqual([]);
      begin();
      const alarm = ["millrace-iterator-age"];
      const { minute, found } = await minutes(watch, 12, busy, alarm);
      expect(found).toEqual(alarm);
      const all = stack.alarmsOn(world.metrics, startMs);
      all.check(world.clock.now());
      expect(ringing(all)).toEqual(alarm);
      expect(minute).toBeGreaterThan(5);
      expect(minute).toBeLessThanOrEqual(10);
      mend();
      expect((await minutes(watch, 12, busy, [])).found).toEqual([]);
    },
  );

  test("no alarm rings where nothing arrives, from the first deployment on", async () => {
    world = new LagWorld(stack.mapping, shards);
    const sinceMs = world.clock.now() - 4 * hourMs;
    const watch = stack.alarmsOn(world.metrics, sinceMs, looked);
    const all = stack.alarmsOn(world.metrics, sinceMs);
    world.start();
    for (let minute = 0; minute < 32; minute++) {
      for (const each of minute % 8 === 0 ? [all, watch] : [watch]) {
        each.check(world.clock.now());
        expect(ringing(each)).toEqual([]);
      }
      await world.minute([]);
    }
  });
});

describe("what has fallen silent", () => {
  const lag = { namespace: "Millrace", name: "ShardLag", dimensions: { service: "millrace-events" } } as const;
  const audit = {
    namespace: "Millrace",
    name: "AuditHourlyBehind",
    dimensions: { service: "millrace-audit" },
  } as const;
  const sweep = {
    namespace: "AWS/Lambda",
    name: "Invocations",
    dimensions: { FunctionName: "millrace-sweep" },
  } as const;
  /** How often each publishes, and what. */
  const published = { lag: [lag, 1, 0], audit: [audit, 61, 3_600], sweep: [sweep, 5, 1] } as const;

  /** Minutes after which each alarm that rings does so first, in the first hours of a deployment in which only these run. */
  function rings(running: readonly (keyof typeof published)[], fromMinute = 0): Record<string, number> {
    const startMs = Date.UTC(2026, 0, 1) + 7 * minuteMs;
    const metrics = new MetricStore();
    const watch = stack.alarmsOn(metrics, startMs - 8 * hourMs, looked);
    const found: Record<string, number> = {};
    for (let minute = 0; minute < 330; minute++) {
      for (const name of minute < fromMinute ? (["lag", "audit", "sweep"] as const) : running) {
        const [metric, everyMinutes, value] = published[name];
        const isDue = minute > 0 && minute % everyMinutes === 0;
        if (isDue) metrics.put({ ...metric, value, unit: "None", atMs: startMs + minute * minuteMs });
      }
      if (minute % 3 === 0) watch.check(startMs + minute * minuteMs);
      for (const name of ringing(watch)) found[name] ??= minute;
    }
    return found;
  }

  test("does not ring where all runs, nor before anything has run", () => {
    expect(rings(["lag", "audit", "sweep"])).toEqual({});
    expect(rings([])).toEqual({});
  });

  test("rings where nobody says how far the roll-up is behind, after two quarters of an hour", () => {
    const { "millrace-iterator-age-silent": minute, ...others } = rings(["audit", "sweep"]);
    expect(others).toEqual({});
    expect(minute).toBeGreaterThanOrEqual(15);
    expect(minute).toBeLessThanOrEqual(45);
  });

  test("rings where no audit says how far it is, after three hours", () => {
    const { "millrace-audit-silent": minute, ...others } = rings(["lag", "sweep"]);
    expect(others).toEqual({});
    expect(minute).toBeGreaterThanOrEqual(120);
    expect(minute).toBeLessThanOrEqual(240);
  });

  test("rings where it ran before, and is still on hours later", () => {
    expect(Object.keys(rings(["sweep"], 70)).sort()).toEqual(["millrace-audit-silent", "millrace-iterator-age-silent"]);
  });
});
