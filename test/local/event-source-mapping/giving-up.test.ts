import { afterEach, describe, expect, test } from "vitest";
import {
  failureBodies,
  functionArn,
  rig as newRig,
  ok,
  payloadTexts,
  type Rig,
  streamArn,
  thrown,
  total,
} from "./rig.ts";

const A = "shardId-000000000000";
let rigs: Rig[] = [];
function rig(...of: Parameters<typeof newRig>): Rig {
  const made = newRig(...of);
  made.stream.open(A);
  rigs.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(rigs.map((each) => each.stop()));
  rigs = [];
});

const fatal = (text: string) => (invocation: { texts: string[] }) => (invocation.texts.includes(text) ? thrown : ok);

describe("retries", () => {
  test("go on without end by default, each after twice the time up to a minute", async () => {
    const r = rig({}, { retryDelay: { firstMs: 1_000, maxMs: 60_000, splitMs: 0, jitter: 0 } });
    r.stream.put(A, "a");
    r.answer = () => thrown;
    r.start();
    await r.clock.advance(300_000);
    const at = r.invocations.map((each) => each.atMs);
    expect(at.slice(1, 9).map((ms, n) => ms - (at[n] ?? 0))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ]);
    expect(r.objects.size).toBe(0);
  });

  test("are as many as MaximumRetryAttempts, and throttles are not among them", async () => {
    const r = rig({ maximumRetryAttempts: 3 });
    r.stream.put(A, "a", "b");
    let n = 0;
    r.answer = () => (n++ < 20 ? { kind: "throttled" } : thrown);
    r.start();
    await r.clock.advance(3_600_000);
    expect(r.invocations).toHaveLength(24);
    expect(failureBodies(r)[0]?.requestContext).toMatchObject({
      condition: "RetryAttemptsExhausted",
      approximateInvokeCount: 4,
    });
  });

  test("count an invocation that could not be made as a throttle", async () => {
    const r = rig({ maximumRetryAttempts: 0 });
    r.stream.put(A, "a");
    let n = 0;
    r.answer = () => {
      if (n++ < 3) throw new Error("connect ECONNREFUSED");
      return ok;
    };
    r.start();
    await r.clock.advance(60_000);
    expect(r.succeeded).toEqual(["a"]);
    expect(r.problems).toHaveLength(3);
  });

  test("with bisection give up the bad record alone", async () => {
    const r = rig({ maximumRetryAttempts: 2, bisectBatchOnFunctionError: true });
    r.stream.put(A, "a", "b", "c", "d", "e");
    r.answer = fatal("d");
    r.start();
    await r.clock.advance(60_000);
    expect(r.succeeded).toEqual(["a", "b", "c", "e"]);
    expect(failureBodies(r).map(payloadTexts)).toEqual([["d"]]);
  });
});

describe("stopping", () => {
  test("awaits the invocation under way, keeps its success, and does not hold its failure against the records", async () => {
    for (const outcome of [ok, thrown]) {
      const r = rig({ maximumRetryAttempts: 0 });
      r.stream.put(A, "a");
      r.answer = async () => {
        await r.clock.sleep(5_000);
        return outcome;
      };
      r.start();
      await r.clock.advance(1_000);
      await r.stop();
      expect(r.objects.size).toBe(0);
      expect(r.checkpoints.kept.has(A)).toBe(outcome === ok);
      r.answer = () => ok;
      r.start();
      await r.clock.advance(0);
      expect(r.succeeded).toEqual(["a"]);
    }
  });
});

describe("record age", () => {
  test("is judged record by record: only what is too old is discarded, the rest is delivered", async () => {
    const r = rig({ maximumRecordAgeSeconds: 60 });
    r.stream.put(A, "old");
    await r.clock.advance(61_000);
    r.stream.put(A, "new");
    r.start();
    await r.clock.advance(0);
    expect(r.succeeded).toEqual(["new"]);
    const [body] = failureBodies(r);
    expect(body?.requestContext.condition).toBe("RecordAgeExceeded");
    expect(body).not.toHaveProperty("responseContext");
    expect(body?.KinesisBatchInfo.batchSize).toBe(1);
  });

  test("ends retries that have no other end, and throttles too", async () => {
    for (const outcome of [thrown, { kind: "throttled" } as const]) {
      const r = rig({ maximumRecordAgeSeconds: 600 });
      r.stream.put(A, "a", "b");
      r.answer = () => outcome;
      r.start();
      await r.clock.advance(599_000);
      expect(r.objects.size).toBe(0);
      await r.clock.advance(62_000);
      expect(failureBodies(r).map(payloadTexts)).toEqual([["a", "b"]]);
    }
  });

  test("is at most the retention of the stream", async () => {
    const r = rig({}, { streamRetentionHours: 24 });
    r.stream.put(A, "a");
    r.answer = () => thrown;
    r.start();
    await r.clock.advance(24 * 3_600_000 - 60_000);
    expect(r.objects.size).toBe(0);
    await r.clock.advance(120_000);
    expect(failureBodies(r)).toHaveLength(1);
  });
});

describe("the destination", () => {
  test("gets the object that Lambda documents, under the documented key, with the payload as escaped JSON", async () => {
    const r = rig({ maximumRetryAttempts: 0 });
    const arrival = new Date(r.clock.now()).toISOString();
    r.stream.put(A, "a", "b");
    await r.clock.advance(1_234);
    r.answer = () => thrown;
    r.start();
    await r.clock.advance(0);
    const [[key, body]] = [...r.objects] as [[string, string]];
    expect(key).toMatch(
      new RegExp(
        `^failures/aws/lambda/0f5ad3e4-0000-4000-8000-000000000001/${A}/2026/01/01/2026-01-01T00\\.00\\.01-[0-9a-f-]{36}$`,
      ),
    );
    const parsed = JSON.parse(body) as Record<string, unknown>;
    expect(parsed).toEqual({
      requestContext: {
        requestId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        functionArn,
        condition: "RetryAttemptsExhausted",
        approximateInvokeCount: 1,
      },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      version: "1.0",
      timestamp: "2026-01-01T00:00:01.234Z",
      KinesisBatchInfo: {
        shardId: A,
        startSequenceNumber: "495400000000000000000001",
        endSequenceNumber: "495400000000000000000002",
        approximateArrivalOfFirstRecord: arrival,
        approximateArrivalOfLastRecord: arrival,
        batchSize: 2,
        streamArn,
      },
      payload: r.invocations[0]?.payload,
    });
  });

  test("that fails loses the records, which is counted, and the shard goes on", async () => {
    const r = rig({ maximumRetryAttempts: 0, batchSize: 1 });
    r.destinationFailure = new Error("no space left");
    r.stream.put(A, "a", "b");
    r.answer = fatal("a");
    r.start();
    await r.clock.advance(0);
    expect(r.succeeded).toEqual(["b"]);
    expect(total(r.metrics, "DestinationDeliveryFailures")).toBe(1);
    expect(total(r.metrics, "DroppedEventCount")).toBe(1);
    expect(r.problems[0]).toContain("no space left");
  });

  test("may be missing: the records are then dropped, and counted", async () => {
    const r = rig({ maximumRetryAttempts: 0, onFailure: undefined });
    r.stream.put(A, "a", "b");
    r.answer = () => thrown;
    r.start();
    await r.clock.advance(0);
    expect(r.objects.size).toBe(0);
    expect(total(r.metrics, "DroppedEventCount")).toBe(2);
  });

  test("gets a record that no invocation can carry, and the records beside it are delivered", async () => {
    const r = rig({}, { payloadBytesMax: 2_000 });
    r.stream.put(A, "a", "x".repeat(3_000), "b");
    r.start();
    await r.clock.advance(0);
    expect(r.succeeded).toEqual(["a", "b"]);
    expect(failureBodies(r).map((body) => body.requestContext)).toMatchObject([
      { condition: "RecordTooLarge", approximateInvokeCount: 0 },
    ]);
  });
});
