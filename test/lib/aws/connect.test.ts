import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connectAuditPorts } from "../../../lib/audit/connect.ts";
import { connectCollectPorts } from "../../../lib/collect/connect.ts";
import { definitionsOf } from "../../../lib/config/definitions.ts";
import { settingsOf } from "../../../lib/config/settings.ts";
import { count, defineConfig, page } from "../../../lib/config.ts";
import { environmentNames } from "../../../lib/names.ts";
import { eventLine } from "../../../lib/producer/event-line.ts";
import { connectQueryPorts } from "../../../lib/query/connect.ts";
import { connectEventPorts } from "../../../lib/query/connect-events.ts";
import { connectLookPorts } from "../../../lib/query/live/connect.ts";
import { connectQuarantine } from "../../../lib/query/quarantine/connect.ts";
import { connectSweepPorts } from "../../../lib/recovery/connect.ts";
import { connectReplayPorts } from "../../../lib/recovery/resend/connect.ts";
import { connectPorts } from "../../../lib/roll-up/connect.ts";
import { question } from "./question.ts";
import { RefusingServer } from "./refusing-server.ts";

const config = defineConfig({
  metrics: { views: { on: page(), measure: count() } },
  sources: { web: {} },
  privacy: { hash: ["userId"] },
  stream: { retention: "48h" },
});
const settings = settingsOf(config);
const place = { stream: "clicks", database: "numbers", ledger: "book", bucket: "rejects" };
const environment = Object.fromEntries(
  Object.entries(place).map(([name, value]) => [environmentNames[name as keyof typeof place], value]),
);
const shardId = "shardId-000000000000";
const shard = `${place.stream}/${shardId}`;
const row = { metric: "views", def: "d", bucketMs: 0, dimensions: [], count: 1, numbers: undefined };
const parts = { fromMs: 0, toMs: 60_000, parts: ["p"] };
const patience = { deadlineMs: Number.POSITIVE_INFINITY };
const batch = { shardId, streamName: place.stream, records: [] };
const all = Array.fromAsync;

/** A question to a port: which service it reaches, what it names there, and how often it is asked where that fails. */
type Asked = readonly [port: string, ask: () => Promise<unknown>, service: string, named: string, attempts: number];

function auditAsks(): Asked[] {
  const { shardLists, ledger, store, incoming, failures } = connectAuditPorts(environment, settings);
  return [
    ["shards of the stream", async () => shardLists[0]?.shardIds(), "kinesis", '"StreamName":"clicks"', 4],
    ["shards of the ledger", async () => shardLists[1]?.shardIds(), "dynamodb", "shards/clicks", 4],
    ["ledger", () => ledger.head(shard), "dynamodb", '"TableName":"book"', 4],
    ["store", () => all(store.rowsOfParts(parts)), "timestream", 'FROM \\"numbers\\".\\"metrics_1m\\"', 4],
    ["incoming records", () => incoming.records(0, 60_000), "monitoring", "clicks", 4],
    ["failures", () => all(failures.list()), "s3", "rejects", 4],
  ];
}

function queryAsks(): Asked[] {
  const { store, openness, look, quarantine } = connectQueryPorts(environment);
  const day = { time: "2026-01-01" };
  return [
    ["store", () => store.answer(question), "timestream", 'FROM \\"numbers\\".\\"metrics_1m\\"', 4],
    ["open parts", () => openness.during(async () => 0), "dynamodb", "shards/clicks", 4],
    ["states of shards", () => look.shards(), "lambda", "millrace-live", 1],
    ["live events", () => look.live("name=a"), "lambda", "millrace-live", 1],
    ["quarantine", async () => (await quarantine()).files.page(day), "s3", "rejects", 4],
    ["ledger of quarantine", async () => (await quarantine()).ledger.committed(shard, "1", "2"), "dynamodb", "book", 4],
  ];
}

function eventAsks(): Asked[] {
  const { why } = connectEventPorts(environment, definitionsOf(config), []);
  const day = { time: "2026-01-01" };
  return [
    ["stream", () => why.stream.read(shardId, "1", "2"), "kinesis", '"StreamName":"clicks"', 1],
    ["ledger", () => why.ledger.head(shard), "dynamodb", '"TableName":"book"', 4],
    ["quarantine", () => why.quarantine.page(day), "s3", "rejects", 4],
    ["failures", () => all(why.failures.list()), "s3", "rejects", 4],
  ];
}

function lookAsks(): Asked[] {
  const { live, shards } = connectLookPorts(environment, definitionsOf(config));
  const question = { name: "", user: "", source: "", after: new Map() };
  return [
    // One attempt: who only looks does not repeat what was throttled.
    ["live events", () => live.newest(question), "kinesis", '"StreamName":"clicks"', 1],
    ["states of shards", () => shards.now(0), "kinesis", '"StreamName":"clicks"', 1],
  ];
}

function sweepAsks(): Asked[] {
  const { shardLists, ledger, stream, failures, rollUp } = connectSweepPorts(environment, settings);
  return [
    ["shards of the stream", async () => shardLists[0]?.shardIds(), "kinesis", '"StreamName":"clicks"', 4],
    ["shards of the ledger", async () => shardLists[1]?.shardIds(), "dynamodb", "shards/clicks", 4],
    ["ledger", () => ledger.head(shard), "dynamodb", '"TableName":"book"', 4],
    ["stream", () => stream.read(shardId, "1", "2"), "kinesis", '"StreamName":"clicks"', 4],
    ["failures", () => all(failures.list()), "s3", "rejects", 4],
    // An invocation whose answer was lost has run all the same.
    ["roll-up", () => rollUp.run(batch), "lambda", "millrace-roll-up", 1],
  ];
}

function rollUpAsks(): Asked[] {
  const { ledger, store, quarantine, stream } = connectPorts(environment, settings);
  const place = { part: "p", version: 1, firstArrivalMs: 0 };
  return [
    ["ledger", () => ledger.head(shard), "dynamodb", '"TableName":"book"', 4],
    // How long to go on is the roll-up's own decision.
    ["store", () => store.write("p", 1, [row], patience), "timestream", '"DatabaseName":"numbers"', 1],
    ["quarantine", () => quarantine.put(shard, place, []), "s3", "rejects", 4],
    ["stream", () => stream.ancestry(shardId), "kinesis", '"StreamName":"clicks"', 4],
  ];
}

function replayAsks(): Asked[] {
  const { files, failures, ledger, marks, stream } = connectReplayPorts(place);
  const day = { time: "2026-01-01" };
  return [
    ["quarantine", () => files.page(day), "s3", "rejects", 4],
    ["failures", () => all(failures.list()), "s3", "rejects", 4],
    ["ledger", () => ledger.head(shard), "dynamodb", '"TableName":"book"', 4],
    ["marks", () => marks.read({ source: "web", messageId: "m" }), "dynamodb", '"TableName":"book"', 4],
    ["stream", () => stream.shardIds(), "kinesis", '"StreamName":"clicks"', 4],
  ];
}

function collectAsks(): Asked[] {
  const { privacy, writeKeys } = connectCollectPorts(environment, config, undefined);
  return [
    ["key for hashing", privacy, "secretsmanager", "millrace/privacy-key", 2],
    ["write keys", () => writeKeys.sourceOf("k"), "secretsmanager", "write-keys/web", 2],
  ];
}

let services: RefusingServer;

beforeEach(async () => {
  services = await RefusingServer.start();
  vi.stubEnv("AWS_ENDPOINT_URL", services.url);
  vi.stubEnv("AWS_REGION", "eu-central-1");
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await services[Symbol.asyncDispose]();
});

describe.each<[of: string, asks: () => Asked[]]>([
  ["the audit", auditAsks],
  ["the query API", queryAsks],
  ["questions about events", eventAsks],
  ["those who look", lookAsks],
  ["sweep and redrive", sweepAsks],
  ["the roll-up", rollUpAsks],
  ["a replay", replayAsks],
  ["the collector", collectAsks],
])("%s", (_, asks) => {
  test("asks the services for what the environment names, in its region, so often as is said for each", async () => {
    for (const [port, ask, service, named, attempts] of asks()) {
      await ask().catch(() => {});
      const [request] = services.taken();
      expect({ port, ...request }).toMatchObject({ port, service, region: "eu-central-1", attempts });
      expect(request?.asked, port).toContain(named);
    }
  });
});

test("an environment that lacks names is refused with all that it lacks", () => {
  for (const connect of [
    () => connectAuditPorts({}, settings),
    () => connectQueryPorts({}),
    () => connectEventPorts({}, definitionsOf(config), []),
    () => connectLookPorts({}, definitionsOf(config)),
    () => connectSweepPorts({}, settings),
    () => connectPorts({}, settings),
    () => connectQuarantine({}, { committed: async () => [] }),
  ]) {
    expect(connect).toThrow(/Expected the environment variables .*MILLRACE_STREAM.* to be set, got none/);
  }
});

test.each<[of: string, send: () => Promise<unknown>]>([
  [
    "the collector",
    async () => {
      const { send } = connectCollectPorts(environment, { ...config, privacy: {} }, undefined);
      const event = { type: "page", messageId: "m" };
      await send([{ event, line: eventLine(event) }]);
    },
  ],
  ["a replay", () => connectReplayPorts(place).send([{ type: "page" }], 1_000)],
])("%s sends to the stream, and leaves it to the producer to try again", async (_, send) => {
  await expect(send()).rejects.toThrow();
  for (const request of services.taken()) {
    expect(request).toMatchObject({ service: "kinesis", region: "eu-central-1", attempts: 1 });
    expect(request.asked).toContain('"StreamName":"clicks"');
  }
});

test("the collector keeps nothing while the key for hashing cannot be read", async () => {
  const { privacy } = connectCollectPorts(environment, config, undefined);
  await expect(privacy()).rejects.toMatchObject({ refusal: "KeysUnavailable" });
});

test("the roll-up takes records for aged an hour and the arrivals' disorder before the stream drops them", () => {
  expect(connectPorts(environment, settings).agedAfterMs).toBe((48 - 1) * 3_600_000 - 600_000);
});
