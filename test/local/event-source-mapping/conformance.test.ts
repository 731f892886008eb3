import { afterEach, describe, expect, test } from "vitest";
import type { MappingPace } from "../../../local/event-source-mapping/mapping.ts";
import { mappingSettings } from "../../../local/event-source-mapping/mapping-settings.ts";
import {
  type Changes,
  failureBodies,
  fatal,
  functionArn,
  namedFailed,
  rig as newRig,
  ok,
  payloadTexts,
  type Rig,
  streamArn,
  thrown,
  total,
} from "./rig.ts";

/** Pages of the Lambda developer guide, but for the API reference and what was recorded. */
const pages = {
  streams: "How Lambda processes records from Amazon Kinesis Data Streams",
  parameters: "Lambda parameters for Amazon Kinesis Data Streams event source mappings",
  batching: "Batching behavior",
  partial: "Configuring partial batch response with Kinesis Data Streams and Lambda",
  discarded: "Retain discarded batch records for a Kinesis Data Streams event source in Lambda",
  metrics: "Types of metrics for Lambda functions",
  mapping: "API reference, CreateEventSourceMapping",
  destination: "API reference, OnFailure",
  seen: "seen at AWS, in recordings of LocalStack's tests",
} as const;

interface Row {
  readonly page: keyof typeof pages;
  readonly fact: string;
  readonly settings?: Changes;
  readonly pace?: MappingPace;
  /** Plays the fact on a stream of one shard, A. */
  readonly scene: (r: Rig) => Promise<void>;
}

const A = "shardId-000000000000";
const queue = "arn:aws:sqs:eu-west-1:123456789012:failures";
const topic = "arn:aws:sns:eu-west-1:123456789012:failures";
const reporting = { reportBatchItemFailures: true } as const;
const minute = 60_000;

const batches = (r: Rig): string[] => r.invocations.map(({ texts }) => texts.join(""));

async function run(r: Rig, texts: string, ms = minute): Promise<void> {
  r.stream.put(A, ...texts);
  r.start();
  await r.clock.advance(ms);
}

const responding = (response: unknown) => () => ({ kind: "ok", payload: JSON.stringify(response) }) as const;

const reading: Row[] = [
  {
    page: "streams",
    fact: "a batch is records of one shard, in their order, and shards are worked on at the same time",
    scene: async (r) => {
      r.stream.open("B");
      for (const n of "123") for (const shard of [A, "B"]) r.stream.put(shard, `${shard.slice(-1)}${n}`);
      r.answer = async () => {
        await r.clock.sleep(5_000);
        return ok;
      };
      await run(r, "");
      expect(r.invocations.map(({ texts, shardId }) => [shardId, ...texts])).toEqual([
        [A, "01", "02", "03"],
        ["B", "B1", "B2", "B3"],
      ]);
      expect(r.invocations[1]?.atMs).toBe(r.invocations[0]?.atMs);
    },
  },
  {
    page: "streams",
    fact: "a shard is polled at a base rate of once a second",
    scene: async (r) => {
      await run(r, "", 10_000);
      expect(r.stream.reads).toHaveLength(11);
    },
  },
  {
    page: "parameters",
    fact: "BatchSize is the most records of a batch, 100 by default",
    settings: { batchSize: mappingSettings(least(), { uuid: "u", functionArn }).batchSize },
    scene: async (r) => {
      await run(r, "x".repeat(250));
      expect(r.invocations.map(({ texts }) => texts.length)).toEqual([100, 100, 50]);
    },
  },
  {
    page: "batching",
    fact: "a batch is sent when it is full, before its batching window is over",
    settings: { batchSize: 2, maximumBatchingWindowSeconds: 300 },
    scene: async (r) => {
      await run(r, "ab", 0);
      expect(batches(r)).toEqual(["ab"]);
    },
  },
  {
    page: "batching",
    fact: "a batch is sent when its batching window is over, full or not",
    settings: { batchSize: 3, maximumBatchingWindowSeconds: 5 },
    scene: async (r) => {
      await run(r, "ab", 4_999);
      expect(batches(r)).toEqual([]);
      await r.clock.advance(1);
      expect(batches(r)).toEqual(["ab"]);
    },
  },
  {
    page: "batching",
    fact: "a batch is sent before its payload is over 6 MB",
    settings: { batchSize: 10_000 },
    scene: async (r) => {
      for (let n = 0; n < 10; n++) r.stream.put(A, "x".repeat(1024 * 1024));
      await run(r, "");
      expect(r.invocations.map(({ texts }) => texts.length)).toEqual([4, 4, 2]);
      for (const { payload } of r.invocations) expect(payload.length).toBeLessThanOrEqual(6 * 1024 * 1024);
    },
  },
  {
    page: "parameters",
    fact: "the batching window is 0 by default: what was read is sent at once",
    scene: async (r) => {
      await run(r, "a", 0);
      expect(batches(r)).toEqual(["a"]);
    },
  },
  {
    page: "parameters",
    fact: "TRIM_HORIZON begins with the oldest record that the stream has",
    scene: async (r) => {
      r.stream.put(A, "a");
      await r.clock.advance(minute);
      await run(r, "b");
      expect(r.succeeded).toEqual(["a", "b"]);
    },
  },
  {
    page: "parameters",
    fact: "LATEST begins with records that come after the mapping",
    settings: { startingPosition: { kind: "latest" } },
    scene: async (r) => {
      r.stream.put(A, "a");
      await r.clock.advance(1);
      await run(r, "");
      r.stream.put(A, "b");
      await r.clock.advance(1_000);
      expect(r.succeeded).toEqual(["b"]);
    },
  },
  {
    page: "parameters",
    fact: "AT_TIMESTAMP begins with the first record of that time",
    scene: async (r) => {
      r.stream.put(A, "a");
      await r.clock.advance(minute);
      r.stream.put(A, "b");
      r.start({ startingPosition: { kind: "at-timestamp", ms: r.clock.now() } });
      await r.clock.advance(0);
      expect(r.succeeded).toEqual(["b"]);
    },
  },
  {
    page: "mapping",
    fact: "a disabled mapping pauses, and goes on from its checkpoint",
    scene: async (r) => {
      await run(r, "a");
      r.mapping.setEnabled(false);
      r.stream.put(A, "b");
      await r.clock.advance(minute);
      expect(r.succeeded).toEqual(["a"]);
      r.mapping.setEnabled(true);
      await r.clock.advance(1_000);
      expect(r.succeeded).toEqual(["a", "b"]);
    },
  },
  {
    page: "streams",
    fact: "every record is processed at least once: a process that dies after the function succeeded sends the batch again",
    scene: async (r) => {
      r.answer = () => {
        r.kill();
        return ok;
      };
      await run(r, "a");
      r.answer = () => ok;
      r.start();
      await r.clock.advance(0);
      expect(batches(r)).toEqual(["a", "a"]);
    },
  },
];

const retries: Row[] = [
  {
    page: "discarded",
    fact: "with the default settings a bad record blocks its shard for as long as the stream keeps it, up to a week",
    pace: { streamRetentionHours: 168, retryDelay: { firstMs: minute, maxMs: minute, splitMs: 0, jitter: 0 } },
    scene: async (r) => {
      r.answer = fatal("a");
      await run(r, "a", 60 * minute);
      r.stream.put(A, "b");
      await r.clock.advance(167 * 60 * minute - 1_000);
      expect(r.succeeded).toEqual([]);
      await r.clock.advance(2 * minute);
      expect(r.succeeded).toEqual(["b"]);
    },
  },
  {
    page: "discarded",
    fact: "an invocation that is throttled is tried until the records are too old, and not counted by MaximumRetryAttempts",
    settings: { maximumRetryAttempts: 0, maximumRecordAgeSeconds: 3_600 },
    scene: async (r) => {
      r.answer = () => ({ kind: "throttled" });
      await run(r, "a", 59 * minute);
      expect(r.written).toEqual([]);
      await r.clock.advance(3 * minute);
      expect(failureBodies(r)[0]?.requestContext.condition).toBe("RecordAgeExceeded");
    },
  },
  {
    page: "discarded",
    fact: "a function error is tried again until the retry quota: MaximumRetryAttempts times after the first",
    settings: { maximumRetryAttempts: 3 },
    scene: async (r) => {
      r.answer = () => thrown;
      await run(r, "ab");
      expect(batches(r)).toEqual(["ab", "ab", "ab", "ab"]);
    },
  },
  {
    page: "discarded",
    fact: "after the discard the shard goes on with the next batch",
    settings: { maximumRetryAttempts: 1, batchSize: 1 },
    scene: async (r) => {
      r.answer = fatal("a");
      await run(r, "ab");
      expect(r.succeeded).toEqual(["b"]);
    },
  },
  {
    page: "discarded",
    fact: "bisection splits a failed batch in two and isolates the bad record",
    settings: { bisectBatchOnFunctionError: true, maximumRetryAttempts: 0 },
    scene: async (r) => {
      r.answer = fatal("c");
      await run(r, "abcdefgh");
      expect(batches(r)).toEqual(["abcdefgh", "abcd", "ab", "cd", "c", "d", "efgh"]);
      expect(failureBodies(r).map(payloadTexts)).toEqual([["c"]]);
    },
  },
  {
    page: "discarded",
    fact: "splitting a batch does not consume the retry quota",
    settings: { bisectBatchOnFunctionError: true, maximumRetryAttempts: 2 },
    scene: async (r) => {
      r.answer = fatal("a");
      await run(r, "abcdefgh");
      expect(batches(r).filter((batch) => batch === "a")).toHaveLength(3);
    },
  },
  {
    page: "seen",
    fact: "the maximum age is judged record by record: of a mixed backlog only what is too old is discarded",
    settings: { maximumRecordAgeSeconds: 60 },
    scene: async (r) => {
      r.stream.put(A, "a");
      await r.clock.advance(61_000);
      await run(r, "b", 0);
      expect(r.succeeded).toEqual(["b"]);
      expect(failureBodies(r).map(payloadTexts)).toEqual([["a"]]);
    },
  },
];

const partial: Row[] = [
  {
    page: "partial",
    fact: "of several items the lowest sequence number is the checkpoint, and everything from there is retried, successes too",
    settings: reporting,
    scene: async (r) => {
      r.answer = (invocation) => (r.invocations.length === 1 ? namedFailed("d", "b")(invocation) : ok);
      await run(r, "abcde");
      expect(batches(r)).toEqual(["abcde", "bcde"]);
    },
  },
  {
    page: "partial",
    fact: "the lowest sequence number is a checkpoint that outlives the process",
    settings: reporting,
    scene: async (r) => {
      r.answer = namedFailed("c");
      await run(r, "abcd", 100);
      r.kill();
      r.answer = () => ok;
      r.start();
      await r.clock.advance(0);
      expect(batches(r)).toEqual(["abcd", "cd"]);
    },
  },
  ...[{ batchItemFailures: [] }, { batchItemFailures: null }, {}, null, "", []].map(
    (response): Row => ({
      page: "partial",
      fact: `a response of ${JSON.stringify(response)} is a complete success`,
      settings: reporting,
      scene: async (r) => {
        r.answer = responding(response);
        await run(r, "ab");
        expect(batches(r)).toEqual(["ab"]);
        expect(r.checkpoints.kept.get(A)).toEqual({ kind: "after", sequenceNumber: "495400000000000000000002" });
      },
    }),
  ),
  {
    page: "partial",
    fact: "an empty response is a complete success",
    settings: reporting,
    scene: async (r) => {
      r.answer = () => ({ kind: "ok", payload: "" });
      await run(r, "ab");
      expect(batches(r)).toEqual(["ab"]);
    },
  },
  ...[{ itemIdentifier: "" }, { itemIdentifier: null }, { foo: 123 }, { foo: null }].map(
    (item): Row => ({
      page: "partial",
      fact: `an item ${JSON.stringify(item)} is a complete failure`,
      settings: { ...reporting, maximumRetryAttempts: 2 },
      scene: completeFailure(item),
    }),
  ),
  {
    page: "seen",
    fact: "an identifier that is of no record of the batch is a complete failure",
    settings: { ...reporting, maximumRetryAttempts: 2 },
    scene: completeFailure({ itemIdentifier: 123 }),
  },
  {
    page: "partial",
    fact: "a response that names failed records counts for nothing unless ReportBatchItemFailures is on",
    scene: async (r) => {
      r.answer = namedFailed("a");
      await run(r, "ab");
      expect(batches(r)).toEqual(["ab"]);
    },
  },
  {
    page: "partial",
    fact: "with bisection a thrown error splits the batch in half",
    settings: { ...reporting, bisectBatchOnFunctionError: true },
    scene: async (r) => {
      r.answer = () => (r.invocations.length === 1 ? thrown : ok);
      await run(r, "abcd");
      expect(batches(r)).toEqual(["abcd", "ab", "cd"]);
    },
  },
  {
    page: "partial",
    fact: "with bisection a partial response splits at the returned sequence number, and only the rest is retried",
    settings: { ...reporting, bisectBatchOnFunctionError: true },
    scene: async (r) => {
      r.answer = (invocation) => (r.invocations.length === 1 ? namedFailed("d")(invocation) : ok);
      await run(r, "abcde");
      expect(batches(r)).toEqual(["abcde", "de"]);
    },
  },
  {
    page: "seen",
    fact: "progress starts the count anew: the last of three that always fails is seen 5 times with 3 retries",
    settings: { ...reporting, batchSize: 3, maximumRetryAttempts: 3, onFailure: { kind: "sqs", arn: queue } },
    scene: async (r) => {
      r.answer = namedFailed("c");
      await run(r, "abc");
      expect(batches(r).filter((batch) => batch.includes("c"))).toHaveLength(5);
      expect(JSON.parse(r.sent[0]?.body ?? "").requestContext.approximateInvokeCount).toBe(4);
    },
  },
  {
    page: "seen",
    fact: "an exhausted partial response is told with status 200 and without a function error",
    settings: { ...reporting, maximumRetryAttempts: 1 },
    scene: async (r) => {
      r.answer = namedFailed("a");
      await run(r, "a");
      expect(failureBodies(r)[0]?.requestContext.condition).toBe("RetryAttemptsExhausted");
      expect(failureBodies(r)[0]?.responseContext).toMatchObject({ statusCode: 200, functionError: null });
    },
  },
];

function completeFailure(item: unknown): Row["scene"] {
  return async (r) => {
    r.answer = ({ sequenceNumbers }) =>
      responding({ batchItemFailures: [{ itemIdentifier: sequenceNumbers[1] }, item] })();
    await run(r, "ab");
    expect(batches(r)).toEqual(["ab", "ab", "ab"]);
    expect(failureBodies(r)[0]?.requestContext.approximateInvokeCount).toBe(3);
    expect(failureBodies(r)[0]?.responseContext).toMatchObject({ statusCode: 200, functionError: null });
  };
}

const metadata = (r: Rig) => ({
  requestContext: {
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    functionArn,
    condition: "RetryAttemptsExhausted",
    approximateInvokeCount: 1,
  },
  responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
  version: "1.0",
  timestamp: new Date(r.invocations[0]?.atMs ?? 0).toISOString(),
  KinesisBatchInfo: {
    shardId: A,
    startSequenceNumber: "495400000000000000000001",
    endSequenceNumber: "495400000000000000000002",
    approximateArrivalOfFirstRecord: "2026-01-01T00:00:00.000Z",
    approximateArrivalOfLastRecord: "2026-01-01T00:00:00.000Z",
    batchSize: 2,
    streamArn,
  },
});

const destinations: Row[] = [
  ...(
    [
      ["sqs", queue],
      ["sns", topic],
    ] as const
  ).map(
    ([kind, arn]): Row => ({
      page: "discarded",
      fact: `a destination at ${kind} is told about the records, and does not get them`,
      settings: { maximumRetryAttempts: 0, onFailure: { kind, arn } },
      scene: async (r) => {
        r.answer = () => thrown;
        await run(r, "ab");
        expect(r.sent.map((each) => each.arn)).toEqual([arn]);
        expect(JSON.parse(r.sent[0]?.body ?? "")).toEqual(metadata(r));
      },
    }),
  ),
  {
    page: "discarded",
    fact: "a destination at S3 gets the same and the whole invocation, as an escaped JSON string",
    settings: { maximumRetryAttempts: 0 },
    scene: async (r) => {
      r.answer = () => thrown;
      await run(r, "ab");
      expect(JSON.parse(r.written[0] ?? "")).toEqual({ ...metadata(r), payload: r.invocations[0]?.payload });
    },
  },
  {
    page: "discarded",
    fact: "an object in S3 is named aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<random UUID>",
    settings: { maximumRetryAttempts: 0 },
    scene: async (r) => {
      r.answer = () => thrown;
      await run(r, "ab");
      const [key] = r.objects.keys();
      expect(key).toMatch(
        /^failures\/aws\/lambda\/0f5ad3e4-0000-4000-8000-000000000001\/shardId-000000000000\/2026\/01\/01\/2026-01-01T00\.00\.00-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      );
    },
  },
  {
    page: "seen",
    fact: "what grew too old is told as RecordAgeExceeded, and without a response, though the function had answered",
    settings: { maximumRecordAgeSeconds: 60, onFailure: { kind: "sqs", arn: queue } },
    scene: async (r) => {
      r.answer = () => thrown;
      await run(r, "a", 3 * minute);
      const body = JSON.parse(r.sent[0]?.body ?? "");
      expect(body.requestContext.condition).toBe("RecordAgeExceeded");
      expect(body).not.toHaveProperty("responseContext");
    },
  },
  {
    page: "destination",
    fact: "a message to SNS of the largest batch is far below its limit of 256 KB",
    settings: { maximumRetryAttempts: 0, batchSize: 10_000, onFailure: { kind: "sns", arn: topic } },
    scene: async (r) => {
      r.answer = () => thrown;
      await run(r, "x".repeat(10_000));
      expect(JSON.parse(r.sent[0]?.body ?? "").KinesisBatchInfo.batchSize).toBe(10_000);
      expect(Buffer.byteLength(r.sent[0]?.body ?? "")).toBeLessThan(2_000);
    },
  },
];

const dropped = ["DroppedEventCount", "OnFailureDestinationDeliveredEventCount", "DestinationDeliveryFailures"];

const metrics: Row[] = [
  {
    page: "metrics",
    fact: "IteratorAge is the age of the last record of the batch as the event is sent",
    scene: async (r) => {
      r.stream.put(A, "a");
      await r.clock.advance(2_000);
      r.stream.put(A, "b");
      await r.clock.advance(3_000);
      await run(r, "");
      expect(r.metrics.filter((datum) => datum.name === "IteratorAge")).toMatchObject([
        { namespace: "AWS/Lambda", dimensions: { FunctionName: "roll-up" }, value: 3_000, unit: "Milliseconds" },
      ]);
    },
  },
  {
    page: "metrics",
    fact: "PolledEventCount is what was read, and 0 for a poll that finds nothing",
    scene: async (r) => {
      await run(r, "abc", 2_000);
      const polled = r.metrics.filter((datum) => datum.name === "PolledEventCount");
      expect(polled.map((datum) => datum.value)).toEqual([3, 0, 0]);
      expect(polled[0]?.dimensions).toEqual({ EventSourceMappingUUID: "0f5ad3e4-0000-4000-8000-000000000001" });
    },
  },
  {
    page: "metrics",
    fact: "InvokedEventCount counts an event once more with every retry",
    settings: { maximumRetryAttempts: 2 },
    scene: async (r) => {
      r.answer = () => thrown;
      await run(r, "ab");
      expect(total(r.metrics, "InvokedEventCount")).toBe(6);
    },
  },
  {
    page: "metrics",
    fact: "FailedInvokeEventCount counts the events of invocations that failed, at the end of the invocation",
    settings: { maximumRetryAttempts: 0 },
    scene: async (r) => {
      r.answer = async () => {
        await r.clock.sleep(5_000);
        return thrown;
      };
      await run(r, "ab");
      expect(r.metrics.filter((datum) => datum.name === "FailedInvokeEventCount")).toMatchObject([
        { value: 2, atMs: (r.invocations[0]?.atMs ?? 0) + 5_000 },
      ]);
    },
  },
  {
    page: "metrics",
    fact: "FailedInvokeEventCount includes events that a partial response names",
    settings: reporting,
    scene: async (r) => {
      r.answer = (invocation) => (r.invocations.length === 1 ? namedFailed("b")(invocation) : ok);
      await run(r, "ab");
      expect(total(r.metrics, "FailedInvokeEventCount")).toBe(1);
    },
  },
  {
    page: "metrics",
    fact: "DroppedEventCount is what was given up without a destination",
    settings: { maximumRetryAttempts: 0, onFailure: undefined },
    scene: counts([2, 0, 0], () => thrown),
  },
  {
    page: "metrics",
    fact: "DroppedEventCount includes what exceeds MaximumRecordAgeInSeconds",
    settings: { maximumRecordAgeSeconds: 60, onFailure: undefined },
    scene: counts([2, 0, 0], () => thrown),
  },
  {
    page: "metrics",
    fact: "DroppedEventCount does not include records that the stream itself no longer keeps",
    settings: { onFailure: undefined },
    pace: { streamRetentionHours: 0.5 },
    scene: counts([0, 0, 0], () => thrown),
  },
  {
    page: "metrics",
    fact: "DroppedEventCount excludes what the on-failure destination got, which has a count of its own",
    settings: { maximumRetryAttempts: 0 },
    scene: counts([0, 2, 0], () => thrown),
  },
  ...(["s3", "sqs", "sns"] as const).map(
    (kind): Row => ({
      page: "metrics",
      fact: `a delivery to ${kind} that fails is 1 delivery failure and as many dropped events, and the records are gone`,
      settings: {
        maximumRetryAttempts: 0,
        onFailure: kind === "s3" ? { kind, bucket: "failures" } : { kind, arn: kind === "sqs" ? queue : topic },
      },
      scene: async (r) => {
        r.destinationFailure = new Error("access denied");
        await counts([2, 0, 1], fatal("a"))(r);
        r.stream.put(A, "c");
        await r.clock.advance(1_000);
        expect(r.succeeded).toEqual(["c"]);
      },
    }),
  ),
  {
    page: "metrics",
    fact: "a mapping without MetricsConfig has no event counts, but its delivery failures are the function's",
    settings: { maximumRetryAttempts: 0, eventCountMetrics: false },
    scene: async (r) => {
      r.destinationFailure = new Error("access denied");
      await counts([0, 0, 1], () => thrown)(r);
      expect(total(r.metrics, "InvokedEventCount") + total(r.metrics, "PolledEventCount")).toBe(0);
    },
  },
  {
    page: "metrics",
    fact: "a mapping that is disabled has no event counts",
    settings: { enabled: false },
    scene: async (r) => {
      await run(r, "a");
      expect(r.metrics).toEqual([]);
    },
  },
];

function counts(expected: number[], answer: Rig["answer"]): Row["scene"] {
  return async (r) => {
    r.answer = answer;
    await run(r, "ab", 40 * minute);
    expect(dropped.map((name) => total(r.metrics, name))).toEqual(expected);
  };
}

let made: Rig | undefined;
afterEach(() => made?.stop());

describe.each([
  ["reading and batching", reading],
  ["retries, age and bisection", retries],
  ["partial batch responses", partial],
  ["on-failure destinations", destinations],
  ["metrics", metrics],
] as const)("documented: %s", (_, rows) => {
  test.each(rows.map((row) => [row.fact, pages[row.page], row] as const))("%s (%s)", async (_fact, _page, row) => {
    made = newRig(row.settings, row.pace);
    made.stream.open(A);
    await row.scene(made);
  });
});

function least(): Record<string, unknown> {
  return { EventSourceArn: streamArn, StartingPosition: "TRIM_HORIZON" };
}

describe("not run, and refused by name:", () => {
  test.each([
    ["tumbling windows", { TumblingWindowInSeconds: 60 }],
    ["filters", { FilterCriteria: { Filters: [{ Pattern: "{}" }] } }],
    ["the key of filters", { KmsKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/k" }],
    ["several batches of a shard at once", { ParallelizationFactor: 2 }],
    ["an enhanced fan-out consumer", { EventSourceArn: `${streamArn}/consumer/fast:1` }],
    ["provisioned pollers, which are for queues and Kafka", { ProvisionedPollerConfig: { MinimumPollers: 1 } }],
    ["a maximum concurrency, which is for queues", { ScalingConfig: { MaximumConcurrency: 2 } }],
    ["error counts, which are for Kafka", { MetricsConfig: { Metrics: ["EventCount", "ErrorCount"] } }],
    ["logging, which is for Kafka", { LoggingConfig: { SystemLogLevel: "INFO" } }],
    ["a Kafka topic as destination", { DestinationConfig: { OnFailure: { Destination: "kafka://failures" } } }],
    ["a FIFO queue as destination", { DestinationConfig: { OnFailure: { Destination: `${queue}.fifo` } } }],
    ["a FIFO topic as destination", { DestinationConfig: { OnFailure: { Destination: `${topic}.fifo` } } }],
    ["another kind of response", { FunctionResponseTypes: ["ReportBatchItemFailures", "Other"] }],
    ["another source", { EventSourceArn: "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/s" }],
    ["topics", { Topics: ["t"] }],
    ["queues", { Queues: ["q"] }],
    ["a property that nobody knows", { ParallelisationFactor: 1 }],
  ])("%s", (_, properties: Record<string, unknown>) => {
    const [name] = Object.keys(properties);
    const read = () => mappingSettings({ ...least(), ...properties }, { uuid: "u", functionArn });
    expect(read).toThrow(new RegExp(`^AWS::Lambda::EventSourceMapping ${name}[.\\w]*: expected .+, got `));
  });

  test("a destination that nothing was given to send to with", () => {
    for (const kind of ["sqs", "sns"] as const) {
      const arn = kind === "sqs" ? queue : topic;
      expect(() => newRig({ onFailure: { kind, arn } }, {}, { put: async () => {} })).toThrow(`can send to ${arn}`);
    }
  });

  test.each([
    ["BatchSize", 0, 10_001],
    ["MaximumBatchingWindowInSeconds", -1, 301],
    ["MaximumRetryAttempts", -2, 10_001],
    ["MaximumRecordAgeInSeconds", 59, 604_801],
  ])("%s out of its documented range", (name, ...values) => {
    for (const value of values) {
      expect(() => mappingSettings({ ...least(), [name]: value }, { uuid: "u", functionArn })).toThrow(`got ${value}`);
    }
  });
});
