import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { auditChain } from "../../handlers/audit.ts";
import { liveChain } from "../../handlers/live.ts";
import { redriveChain } from "../../handlers/redrive.ts";
import { rollUpChain } from "../../handlers/roll-up.ts";
import { sweepChain } from "../../handlers/sweep.ts";
import { RequestRefused } from "../../lib/collect/request-refused.ts";
import type { Config } from "../../lib/config/shape.ts";
import { count, defineConfig, page } from "../../lib/config.ts";
import { rollUpTimeoutSeconds } from "../../lib/limits.ts";
import type { LookPorts } from "../../lib/query/live/connect.ts";
import { DuplicateMemory } from "../../lib/roll-up/dedupe/duplicate-memory.ts";
import type { BatchEvent } from "../../lib/stream/batch.ts";
import { type MetricDatum, MetricStore } from "../../local/cloudwatch/metrics.ts";
import { mappingMetrics } from "../../local/event-source-mapping/mapping-metrics.ts";
import { putEmbeddedMetrics } from "../../local/lambda/embedded-metrics.ts";
import { CollectRig } from "../handlers/collect-rig.ts";
import { kinesisEvent, lambdaContext } from "../handlers/kinesis-event.ts";
import { manyRecords, Rig, shardId, streamName } from "../lib/recovery/isolate/rig.ts";
import { baseMs, before, sold } from "../lib/roll-up/world.ts";
import { AlarmTemplate } from "./template-alarms.ts";

const config = defineConfig({
  metrics: { views: { on: page(), measure: count() } },
  sources: { web: { allowedOrigins: ["https://shop.example"] } },
  trackingPlan: { mode: "enforce", events: { Planned: { type: "object", required: ["revenue"] } } },
});
const stack = new AlarmTemplate(config);
const { template } = stack;
const startedMs = Date.now();
const alarmsOn = (metrics: MetricStore) => stack.alarmsOn(metrics, startedMs - 7_200_000);

let published: MetricDatum[];
let rig: Rig;
const context = { ...lambdaContext, getRemainingTimeInMillis: () => 900_000 };

beforeEach(() => {
  published = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      for (const line of String(text).split("\n")) putEmbeddedMetrics(line, { put: (datum) => published.push(datum) });
      return true;
    });
  }
  rig = new Rig(manyRecords(4));
});
afterEach(() => vi.restoreAllMocks());

const sweep = () => sweepChain(() => rig.ports)({}, context);
const live = () => {
  const shards = { now: async () => ({ asOf: "", shards: [] }) };
  return liveChain(() => ({ shards }) as unknown as LookPorts)({ look: "lag" }, context);
};
const redrive = () => redriveChain(() => rig.ports)({}, context);
const audit = () => {
  const { ledger, clock, files: failures } = rig;
  const store = { rowsOfParts: async function* () {} };
  const incoming = { records: async () => undefined };
  const times = { retentionMs: 86_400_000, dedupeWindowMs: 3_600_000, clock };
  const log = { read: async () => undefined, write: async () => {} };
  const ports = { streamName, shardLists: [], ledger, store, incoming, failures, log, ...times };
  return auditChain(() => ports)({ schedule: "hourly" }, context);
};
const rollUp = () => {
  const { ledger, store, stream, clock } = rig;
  const memory = new DuplicateMemory(ledger);
  const quarantine = { put: async () => {} };
  const ports = { ledger, memory, store, quarantine, stream, clock, agedAfterMs: Number.POSITIVE_INFINITY };
  return rollUpChain(before, () => ports)(kinesisEvent([JSON.stringify(sold(1))], baseMs) as BatchEvent, lambdaContext);
};
const collector = new CollectRig(config);
/** Whatever can become of a request. */
async function collect(): Promise<void> {
  const { writeKeys } = collector;
  const ask = (value: unknown, headers = {}) =>
    collector.ask({ path: "/v1/batch", headers, body: JSON.stringify({ writeKey: "web", batch: [value] }) });
  const lines: string[] = [];
  const keep = async (asked: ReturnType<typeof ask>): Promise<void> => void lines.push((await asked).log);
  await keep(ask({ type: "track", event: "Planned" }));
  await keep(ask(5));
  await keep(ask({ type: "page", text: "x".repeat(40_000) }));
  await keep(collector.ask({ path: "/v1/page", body: "{}" }));
  await keep(collector.ask({ path: "/v1/page", body: gzipSync("{}").toString("utf8") }));
  await keep(collector.ask({ path: "/v1/projects/web/settings", method: "GET", headers: { origin: "null" } }));
  for (const refusal of ["StreamThrottled", "StreamUnavailable"] as const) {
    collector.send = () => Promise.reject(new RequestRefused(refusal, "the stream"));
    await keep(ask({ type: "page" }));
  }
  collector.send = () => Promise.reject(new TypeError("a bug"));
  await keep(ask({ type: "page" }));
  collector.send = undefined;
  collector.writeKeys = { sourceOf: () => Promise.reject(new Error("no secrets")) };
  await keep(ask({ type: "page" }));
  collector.writeKeys = writeKeys;
  for (const line of lines.flatMap((log) => log.split("\n"))) {
    putEmbeddedMetrics(line, { put: (datum) => published.push(datum) });
  }
}

const mapping = () => mappingMetrics(stack.mapping, { put: (datum) => published.push(datum) });

const seriesOf = (...[namespace, name, dimensions]: [string, string, Readonly<Record<string, string>>]): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);

describe("every alarm", () => {
  test("looks at a metric with exactly the dimensions that it is published with", async () => {
    await sweep();
    await redrive();
    await audit();
    await rollUp();
    await live();
    await collect();
    mapping().iteratorAge(0, startedMs);
    mapping().events("DroppedEventCount", 0, startedMs);
    mapping().events("OnFailureDestinationDeliveredEventCount", 0, startedMs);
    // Lambda developer guide, "Types of metrics for Lambda functions": the dimension FunctionName.
    for (const [name, FunctionName] of [
      ["Errors", "millrace-collect"],
      ["Throttles", "millrace-collect"],
      ["Invocations", "millrace-sweep"],
    ] as const) {
      const dimensions = { FunctionName };
      published.push({ namespace: "AWS/Lambda", name, dimensions, value: 0, unit: "Count", atMs: startedMs });
    }
    const series = published.map(({ namespace, name, dimensions }) => seriesOf(namespace, name, dimensions));
    const alarms = alarmsOn(new MetricStore()).alarms.map(({ settings }) => settings);
    const known = [
      "millrace-batches-left",
      "millrace-batches-out-of-reach",
      "millrace-collector-compression-destroyed",
      "millrace-collector-errors",
      "millrace-collector-failed",
      "millrace-collector-function-throttled",
      "millrace-collector-keys-unavailable",
      "millrace-collector-origin-forbidden",
      "millrace-collector-refused-invalid",
      "millrace-collector-refused-plan",
      "millrace-collector-refused-too-large",
      "millrace-collector-stream-throttled",
      "millrace-collector-stream-unavailable",
      "millrace-collector-unauthorized",
      "millrace-events-dropped",
      "millrace-events-given-up",
      "millrace-iterator-age",
      "millrace-iterator-age-silent",
      "millrace-promises-lost",
      "millrace-promises-not-kept",
      "millrace-promises-out-of-reach",
      "millrace-redrive-skipped-records",
      "millrace-rows-doubled",
      "millrace-sweep-skipped-records",
    ];
    expect(alarms.map(({ name }) => name)).toEqual(expect.arrayContaining(known));
    for (const { of } of alarms) {
      for (const { namespace, metric, dimensions } of "text" in of ? Object.values(of.metrics) : [of]) {
        expect(series).toContain(seriesOf(namespace, metric, dimensions));
      }
    }
  });

  test("of a loss says what is wrong, and the command to begin with", () => {
    const losses = Object.entries(template.findResources("AWS::CloudWatch::Alarm")).filter(([id]) =>
      /^Losses/.test(id),
    );
    expect(losses).toHaveLength(10);
    for (const [, { Properties }] of losses) {
      expect(Properties.AlarmDescription).toMatch(/npx millrace (sweep|redrive|gaps|skip|audit)/);
      // CloudWatch API reference, PutMetricAlarm.
      expect(Properties.AlarmDescription.length).toBeLessThanOrEqual(1_024);
    }
  });
});

describe("an alarm of the collector", () => {
  test("says what happens to the events, and the command to begin with", () => {
    const found = Object.entries(template.findResources("AWS::CloudWatch::Alarm")).filter(([id]) =>
      /^CollectorAlarms/.test(id),
    );
    expect(found).toHaveLength(12);
    for (const [, { Properties }] of found) {
      expect(Properties.AlarmDescription).toMatch(/(aws (kinesis|logs|lambda|secretsmanager)|npx millrace) [a-z-]+ /);
      expect(Properties.AlarmDescription.length).toBeLessThanOrEqual(1_024);
    }
  });

  test("is there where there is a collector, and for the plan where that is enforced", () => {
    const namesOf = (more: Partial<Config>): string[] => {
      const other = new AlarmTemplate({ metrics: config.metrics, ...more });
      const alarms = other.template.findResources("AWS::CloudWatch::Alarm");
      const all = Object.values(alarms).map(({ Properties }) => String(Properties.AlarmName));
      return all.filter((name) => name.startsWith("millrace-collector"));
    };
    expect(namesOf({})).toEqual([]);
    const observed = namesOf({ sources: { web: {} }, trackingPlan: { mode: "observe", events: {} } });
    expect(observed).toHaveLength(11);
    expect(observed).not.toContain("millrace-collector-refused-plan");
  });
});

describe("the alarm that goes off", () => {
  /** A part is begun, and its writer dies. */
  async function begin(): Promise<void> {
    for (let call = 0; (await rig.ledger.head(`${streamName}/${shardId}`)).open.length === 0; call++) {
      await rig.deliver(0, 4, [call]);
    }
    rig.nowMs += rollUpTimeoutSeconds * 1_000;
  }

  /** Names of the alarms that are on, a minute after it was published. */
  function on(): string[] {
    const metrics = new MetricStore();
    for (const datum of published) metrics.put(datum);
    const watch = alarmsOn(metrics);
    watch.check(Date.now() + 60_000);
    return watch.alarms.flatMap(({ state, settings }) => (state === "ALARM" ? [settings.name] : []));
  }

  test("is none where all is well", async () => {
    rig.giveUp(0, 4);
    await redrive();
    await sweep();
    await rollUp();
    expect(on()).toEqual([]);
  });

  test("is that of a lost promise, where its records have expired", async () => {
    await begin();
    rig.trimmed = 4;
    await sweep();
    expect(on()).toEqual(["millrace-promises-lost"]);
  });

  test("is that of a promise not kept, where the store stays down", async () => {
    await begin();
    rig.storeDown = true;
    await sweep();
    expect(on()).toEqual(["millrace-promises-not-kept"]);
  });

  test("is that of a promise out of reach, where its records are in the bucket and the store takes them no more", async () => {
    await begin();
    rig.giveUp(0, 4);
    rig.trimmed = 4;
    rig.nowMs += 3 * 86_400_000;
    await sweep();
    expect(on()).toEqual(["millrace-promises-out-of-reach"]);
  });

  test("is that of a batch out of reach, where the store takes it no more, and not that of one left", async () => {
    rig.giveUp(0, 4);
    rig.nowMs += 3 * 86_400_000;
    await redrive();
    expect(on()).toEqual(["millrace-batches-out-of-reach"]);
  });

  test("is that of a stream that the collector could not reach, once senders may give up", () => {
    const unavailable = (atMs: number): void => {
      const dimensions = { service: "millrace-collect" };
      published.push({
        namespace: "Millrace",
        name: "StreamUnavailable",
        dimensions,
        value: 1,
        unit: "Count",
        atMs,
      });
    };
    unavailable(Date.now());
    expect(on()).toEqual([]);
    unavailable(Date.now() - 60_000);
    expect(on()).toEqual(["millrace-collector-stream-unavailable"]);
  });

  test("is that of a batch left, where it cannot be read", async () => {
    rig.files.put("{");
    await redrive();
    expect(on()).toEqual(["millrace-batches-left"]);
  });

  test("is that of a record skipped by redrive, where it ends the process", async () => {
    rig.killers.add(2);
    rig.giveUp(0, 4);
    await redrive();
    expect(on()).toEqual(["millrace-redrive-skipped-records"]);
  });

  test("is that of records given up, and of those dropped, by the mapping", () => {
    mapping().events("OnFailureDestinationDeliveredEventCount", 3, startedMs - 60_000);
    expect(on()).toEqual(["millrace-events-given-up"]);
    mapping().events("DroppedEventCount", 3, startedMs - 60_000);
    expect(on()).toEqual(["millrace-events-dropped", "millrace-events-given-up"]);
  });
});
