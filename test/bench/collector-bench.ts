import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { Message } from "../../cli/recording/recorded-event.ts";
import { openRecording } from "../../cli/recording/recording.ts";
import { stamp } from "../../cli/recording/stamp.ts";
import { collectChain } from "../../handlers/collect.ts";
import type { CollectPorts } from "../../lib/collect/collect.ts";
import { privacyOf } from "../../lib/collect/privacy.ts";
import { streamSender } from "../../lib/collect/stream-sender.ts";
import { privacyRulesOf, sourcesOf } from "../../lib/config/settings.ts";
import type { Config } from "../../lib/config/shape.ts";
import { trackingPlanOf } from "../../lib/config/tracking-plan/compile-at-start.ts";
import { count, defineConfig, track } from "../../lib/config.ts";
import { partitionKey } from "../../lib/producer/event-line.ts";
import { rees46File } from "../e2e/rees46-count.ts";
import { apiRequest, basic } from "../handlers/api-request.ts";
import { lambdaContext } from "../handlers/kinesis-event.ts";
import { chunks } from "./rees46-batches.ts";

const batchSizes = [1, 20, 100] as const;

/** Of one run: fewer would take less time than the garbage collector's next turn. */
const requestsOf = (batchSize: number): number => (batchSize === 100 ? 150 : 600);

const metrics = { events: { on: track(), measure: count() } };
const hashEnd = 1n << 128n;
const listOf = (shards: number): string =>
  JSON.stringify({
    Shards: Array.from({ length: shards }, (_, index) => ({
      ShardId: `shardId-${String(index).padStart(12, "0")}`,
      HashKeyRange: {
        StartingHashKey: String((hashEnd * BigInt(index)) / BigInt(shards)),
        EndingHashKey: String((hashEnd * BigInt(index + 1)) / BigInt(shards) - 1n),
      },
      SequenceNumberRange: { StartingSequenceNumber: "1" },
    })),
  });

/** A stream that takes everything at once: what is left is what a collector costs. */
function streamAtOnce(shards = 1): KinesisClient {
  const listed = listOf(shards);
  const answer = (target: string | undefined, body: Buffer): string => {
    if (target?.endsWith("ListShards")) return listed;
    const records = body.toString("latin1").split('"PartitionKey"').length - 1;
    const taken = '{"SequenceNumber":"49590000000000000000000000000000000001","ShardId":"shardId-000000000000"}';
    return `{"FailedRecordCount":0,"Records":[${Array(records).fill(taken).join(",")}]}`;
  };
  const requestHandler = {
    metadata: { handlerProtocol: "http/1.1" },
    handle: async ({ headers, body }: { headers: Record<string, string>; body: Uint8Array }) => {
      const sent = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      const bytes = Buffer.from(answer(headers["x-amz-target"], sent));
      const answered = { "content-type": "application/x-amz-json-1.1", "content-length": String(bytes.length) };
      return { response: { statusCode: 200, headers: answered, body: Readable.from([bytes]) } };
    },
    destroy: () => {},
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  } as unknown as NodeHttpHandler;
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  return new KinesisClient({
    region: "us-east-1",
    credentials,
    endpoint: "http://127.0.0.1:1",
    requestHandler,
    maxAttempts: 1,
  });
}

type Handler = (event: APIGatewayProxyEventV2) => Promise<unknown>;

/** What one writes who needs a collector today: the body's messages into the stream as they are, one record each. */
function bare(): Handler {
  const client = streamAtOnce();
  return async ({ body = "" }) => {
    const { batch } = JSON.parse(body) as { batch: Message[] };
    const Records = batch.map((event) => ({
      Data: Buffer.from(JSON.stringify(event)),
      PartitionKey: partitionKey({ ...event }),
    }));
    await client.send(new PutRecordsCommand({ StreamName: "events", Records }));
    return { statusCode: 200, body: '{"success":true}' };
  };
}

function collector(config: Pick<Config, "privacy" | "trackingPlan">, shards = 1): Handler {
  const whole = defineConfig({ metrics, sources: { shop: {} }, ...config });
  const sources = sourcesOf(whole);
  const privacy = privacyOf(privacyRulesOf(whole), "secret");
  const ports: CollectPorts = {
    sources,
    writeKeys: { sourceOf: async () => sources[0] },
    hosts: [],
    plan: trackingPlanOf(whole),
    privacy: async () => privacy,
    send: streamSender(streamAtOnce(shards), "events"),
  };
  const chain = collectChain(sources, () => ports);
  return async (event) => chain(event, lambdaContext);
}

const price = { type: "number", minimum: 0 };
const plan = { type: "object", properties: { price, brand: { type: "string" } }, required: ["price"] };
const ways: Readonly<Record<string, () => Handler>> = {
  bare,
  collector: () => collector({}),
  "to 4 shards": () => collector({}, 4),
  "with a plan and privacy": () =>
    collector({
      privacy: { remove: ["context.device"], hash: ["userId"] },
      trackingPlan: {
        mode: "enforce",
        events: { "Product Viewed": plan, "Product Added": plan, "Order Completed": plan },
      },
    }),
};

/** Messages as analytics-node 3 sends them. */
async function recorded(): Promise<object[]> {
  const messages: object[] = [];
  for await (const batch of await openRecording(rees46File)) {
    for (const event of batch) {
      messages.push({
        ...stamp(event, { shiftMs: 0, run: "" }),
        timestamp: new Date().toISOString(),
        messageId: `node-next-${event.timeMs}-${randomUUID()}`,
        context: { library: { name: "@segment/analytics-node", version: "3.1.0" } },
        integrations: {},
        _metadata: { nodeVersion: "24.0.0", jsRuntime: "node" },
      });
    }
  }
  return messages;
}

async function requests(batchSize: number): Promise<APIGatewayProxyEventV2[]> {
  const messages = chunks(await recorded(), batchSize).slice(0, requestsOf(batchSize));
  const headers = { authorization: basic("shop:"), "content-type": "application/json" };
  return messages.map((batch) => {
    const body = JSON.stringify({ batch, sentAt: new Date().toISOString() });
    return apiRequest({ path: "/v1/batch", headers, body });
  });
}

export interface CollectorFigures {
  readonly batchSize: number;
  readonly requests: number;
  /** Microseconds of all threads an event, compression included. */
  readonly us: Readonly<Record<string, number>>;
  /** How many times the bare handler of the same run, which a busy machine slows down alike. */
  readonly toBare: Readonly<Record<string, number>>;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function cpuUs(handler: Handler, events: readonly APIGatewayProxyEventV2[]): Promise<number> {
  const start = process.cpuUsage();
  for (const event of events) await handler(event);
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** What a request costs the collector and the bare handler, in interleaved runs. */
export async function collectorFigures(runs = 9): Promise<CollectorFigures[]> {
  const before = process.env.POWERTOOLS_METRICS_DISABLED;
  // To publish its counters is part of what the collector does; what it writes goes nowhere.
  process.env.POWERTOOLS_METRICS_DISABLED = "false";
  const write = process.stdout.write;
  process.stdout.write = () => true;
  try {
    const figures: CollectorFigures[] = [];
    for (const batchSize of batchSizes) figures.push(await figuresOf(batchSize, runs));
    return figures;
  } finally {
    process.stdout.write = write;
    process.env.POWERTOOLS_METRICS_DISABLED = before;
  }
}

async function figuresOf(batchSize: number, runs: number): Promise<CollectorFigures> {
  const asked = await requests(batchSize);
  const handlers = Object.entries(ways).map(([name, make]) => ({ name, handler: make() }));
  const measured: Record<string, number>[] = [];
  for (let run = 0; run < runs + 3; run++) {
    const us: Record<string, number> = {};
    for (const { name, handler } of handlers) us[name] = (await cpuUs(handler, asked)) / (asked.length * batchSize);
    // The first runs warm up the compiler.
    if (run >= 3) measured.push(us);
  }
  const all = (of: (us: Record<string, number>, name: string) => number | undefined): Record<string, number> =>
    Object.fromEntries(handlers.map(({ name }) => [name, median(measured.map((us) => of(us, name) ?? Number.NaN))]));
  return {
    batchSize,
    requests: asked.length,
    us: all((us, name) => us[name]),
    toBare: all((us, name) => (us[name] ?? Number.NaN) / (us.bare ?? Number.NaN)),
  };
}

/** The figures as lines. */
export function collectorLines(figures: readonly CollectorFigures[]): string[] {
  const lines = figures.flatMap(({ batchSize, requests, us, toBare }) => [
    `  ${batchSize} a request, ${requests} requests`,
    ...Object.entries(us).map(
      ([name, value]) =>
        `    ${name.padEnd(26)}${value.toFixed(1).padStart(8)}${(toBare[name] ?? Number.NaN).toFixed(2).padStart(8)} x bare`,
    ),
  ]);
  return [
    "\nThe collector: microseconds of CPU an event, all threads",
    "  (bare: parses the body and puts its messages into the stream, one record each)",
    ...lines,
    "  at most 1.5 x bare",
  ];
}
