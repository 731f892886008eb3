import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { rig as newRig, ok, type Rig, thrown, total } from "./rig.ts";

const A = "shardId-000000000000";
const B = "shardId-000000000001";
const C = "shardId-000000000002";
const D = "shardId-000000000003";

let rigs: Rig[] = [];
function rig(...of: Parameters<typeof newRig>): Rig {
  const made = newRig(...of);
  rigs.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(rigs.map((each) => each.stop()));
  rigs = [];
});

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => String(from + n));

describe("reading", () => {
  test("polls a shard without records once a second", async () => {
    const r = rig();
    r.stream.open(A);
    r.start();
    await r.clock.advance(10_000);
    expect(r.stream.reads).toHaveLength(11);
  });

  test("reads again at once while there are more records, and sends them in order", async () => {
    const r = rig({ batchSize: 10 });
    r.stream.open(A);
    r.stream.put(A, ...numbers(0, 95));
    r.start();
    await r.clock.advance(0);
    expect(r.succeeded).toEqual(numbers(0, 95));
    expect(r.invocations.map((each) => each.texts.length)).toEqual([...Array(9).fill(10), 5]);
  });

  test("waits for the batching window unless the batch is full before", async () => {
    const r = rig({ batchSize: 4, maximumBatchingWindowSeconds: 5 });
    r.stream.open(A);
    r.start();
    await r.clock.advance(500);
    const start = r.clock.now();
    r.stream.put(A, "a");
    await r.clock.advance(3_000);
    r.stream.put(A, "b");
    await r.clock.advance(4_000);
    expect(r.invocations.map((each) => [each.atMs - start, each.texts])).toEqual([[5_500, ["a", "b"]]]);
    r.stream.put(A, "c", "d", "e", "f", "g");
    await r.clock.advance(1_000);
    expect(r.invocations[1]?.texts).toEqual(["c", "d", "e", "f"]);
  });

  test("cuts a batch before its event is larger than the payload limit", async () => {
    const r = rig({ batchSize: 100 }, { payloadBytesMax: 5_000 });
    r.stream.open(A);
    r.stream.put(A, ...numbers(0, 20));
    r.start();
    await r.clock.advance(0);
    expect(r.succeeded).toEqual(numbers(0, 20));
    for (const each of r.invocations) expect(Buffer.byteLength(each.payload)).toBeLessThanOrEqual(5_000);
    expect(r.invocations[0]?.texts.length).toBeGreaterThan(5);
  });

  test("goes on after reading failed, and says so", async () => {
    const r = rig();
    r.stream.open(A);
    r.stream.put(A, "a");
    r.stream.failures.push(new Error("down"), new Error("down"));
    r.start();
    await r.clock.advance(5_000);
    expect(r.succeeded).toEqual(["a"]);
    expect(r.problems).toEqual([`${A} could not be read: down`, `${A} could not be read: down`]);
  });

  test("sends one batch of a shard at a time, and never holds more than two", async () => {
    const r = rig({ batchSize: 10 });
    let running = 0;
    r.answer = async () => {
      expect(++running).toBe(1);
      await r.clock.sleep(1_000);
      running--;
      return ok;
    };
    r.stream.open(A);
    r.stream.put(A, ...numbers(0, 1_000));
    r.start();
    await r.clock.advance(3_500);
    expect(r.stream.reads.reduce((sum, read) => sum + read.records, 0) - r.succeeded.length).toBeLessThanOrEqual(20);
  });
});

describe("checkpoints", () => {
  test("move only when a whole batch is done, so that a restart repeats the batch and nothing before it", async () => {
    const r = rig({ batchSize: 3, bisectBatchOnFunctionError: true });
    r.stream.open(A);
    r.stream.put(A, ...numbers(0, 6));
    r.answer = (invocation) => (invocation.texts.includes("5") ? thrown : ok);
    r.start();
    await r.clock.advance(10_000);
    await r.stop();
    expect(r.succeeded).toEqual(["0", "1", "2", "3", "4"]);
    r.answer = () => ok;
    r.start();
    await r.clock.advance(0);
    expect(r.succeeded).toEqual(["0", "1", "2", "3", "4", "3", "4", "5"]);
  });

  test("LATEST means the moment the mapping began, also after a restart", async () => {
    const r = rig({ startingPosition: { kind: "latest" } });
    r.stream.open(A);
    r.stream.put(A, "before");
    await r.clock.advance(1_000);
    r.start();
    await r.clock.advance(0);
    await r.stop();
    await r.clock.advance(60_000);
    r.stream.put(A, "while away");
    r.start();
    await r.clock.advance(0);
    expect(r.succeeded).toEqual(["while away"]);
  });

  test("AT_TIMESTAMP begins with the first record that arrived then or later", async () => {
    const r = rig();
    r.stream.open(A);
    r.stream.put(A, "early");
    await r.clock.advance(1_000);
    r.stream.put(A, "late");
    r.start({ startingPosition: { kind: "at-timestamp", ms: r.clock.now() } });
    await r.clock.advance(0);
    expect(r.succeeded).toEqual(["late"]);
  });

  test("disabling keeps the checkpoint, and enabling goes on from it", async () => {
    const r = rig({ enabled: false });
    r.stream.open(A);
    r.stream.put(A, "a");
    r.start();
    await r.clock.advance(5_000);
    expect(r.stream.reads).toEqual([]);
    r.mapping.setEnabled(true);
    await r.clock.advance(0);
    r.mapping.setEnabled(false);
    r.stream.put(A, "b");
    await r.clock.advance(60_000);
    expect(r.succeeded).toEqual(["a"]);
    r.mapping.setEnabled(true);
    await r.clock.advance(0);
    expect(r.succeeded).toEqual(["a", "b"]);
  });
});

describe("shards", () => {
  test("a child is read after its parent, and both children of a split are", async () => {
    const r = rig();
    r.stream.open(A);
    r.stream.put(A, "a1", "a2");
    r.stream.close(A);
    r.stream.open(B, A);
    r.stream.open(C, A);
    r.stream.put(B, "b");
    r.stream.put(C, "c");
    r.answer = async () => {
      await r.clock.sleep(5_000);
      return ok;
    };
    r.start();
    await r.clock.advance(4_999);
    expect(r.stream.reads.map((read) => read.shardId)).not.toContain(B);
    await r.clock.advance(20_000);
    expect(r.succeeded).toEqual(["a1", "a2", "b", "c"]);
  });

  test("the child of a merge is read after both parents", async () => {
    const r = rig();
    for (const shard of [A, B]) r.stream.open(shard);
    r.stream.close(A);
    r.stream.open(C, A, B);
    r.stream.put(B, "b");
    r.stream.put(C, "c");
    r.start();
    await r.clock.advance(100_000);
    expect(r.succeeded).toEqual(["b"]);
    r.stream.close(B);
    await r.clock.advance(1_000);
    expect(r.succeeded).toEqual(["b", "c"]);
  });

  test("a shard that appears is found, and one whose parents have expired is read", async () => {
    const r = rig();
    r.stream.open(A);
    r.start();
    await r.clock.advance(0);
    r.stream.open(B, D);
    r.stream.put(B, "b");
    await r.clock.advance(30_000);
    expect(r.succeeded).toEqual(["b"]);
    r.stream.forget(B);
    await r.clock.advance(30_000);
    expect(r.mapping.status().map((status) => status.shardId)).toContain(A);
  });

  test("one that fails for good holds up no other", async () => {
    const r = rig();
    for (const shard of [A, B]) r.stream.open(shard);
    r.stream.put(A, "a");
    r.answer = (invocation) => (invocation.shardId === A ? thrown : ok);
    r.start();
    for (const n of numbers(0, 50)) {
      r.stream.put(B, n);
      await r.clock.advance(1_000);
    }
    expect(r.succeeded).toEqual(numbers(0, 50));
    const [a, b] = r.mapping.status();
    expect(a).toMatchObject({ shardId: A, lastResult: "PROBLEM: Function call failed: Error: no" });
    expect(a?.retries).toBeGreaterThan(3);
    expect(a?.iteratorAgeMs).toBe(50_000);
    expect(b).toMatchObject({ lastResult: "OK", retries: 0, iteratorAgeMs: 0 });
  });

  test("whatever the reshards, failures and restarts, every record succeeds, in order within its line of shards", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("put", "split", "fail", "throttle", "restart", "wait"), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        async (script, batchSize) => {
          const r = rig({ batchSize, bisectBatchOnFunctionError: true }, { listIntervalMs: 2_000 });
          const expected: string[] = [];
          let tip = A;
          r.stream.open(A);
          let broken = 0;
          r.answer = () => {
            if (broken === 0) return ok;
            broken--;
            return broken % 2 === 0 ? thrown : { kind: "throttled" };
          };
          r.start();
          for (const [n, act] of script.entries()) {
            if (act === "put") {
              const texts = numbers(n * 100, n * 100 + 5);
              expected.push(...texts);
              r.stream.put(tip, ...texts);
            } else if (act === "split") {
              const child = `shardId-${String(n + 1).padStart(12, "0")}`;
              r.stream.close(tip);
              r.stream.open(child, tip);
              tip = child;
            } else if (act === "fail") broken += 3;
            else if (act === "throttle") broken += 1;
            else if (act === "wait") await r.clock.advance(1_500);
            else {
              await r.stop();
              r.start();
            }
          }
          await r.clock.advance(3_600_000);
          const firsts = r.succeeded.filter((text, at) => r.succeeded.indexOf(text) === at);
          expect(firsts).toEqual(expected);
          await r.stop();
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("metrics", () => {
  test("IteratorAge is the age of the last record as the event is sent, and GetRecords has an age of its own", async () => {
    const r = rig({ batchSize: 2 });
    r.stream.open(A);
    r.stream.put(A, "a");
    await r.clock.advance(2_000);
    r.stream.put(A, "b");
    await r.clock.advance(3_000);
    r.stream.put(A, "c");
    r.start();
    await r.clock.advance(0);
    const of = (name: string) => r.metrics.filter((datum) => datum.name === name);
    expect(of("IteratorAge").map((datum) => datum.value)).toEqual([3_000, 0]);
    expect(of("IteratorAge")[0]?.dimensions).toEqual({ FunctionName: "roll-up" });
    const read = of("GetRecords.IteratorAgeMilliseconds");
    expect(read.map((datum) => datum.value)).toEqual([3_000, 0]);
    expect(read[0]).toMatchObject({ namespace: "AWS/Kinesis", dimensions: { StreamName: "events" } });
  });

  test("the EventCount group is kept by mapping, if the mapping asks for it", async () => {
    for (const eventCountMetrics of [true, false]) {
      const r = rig({ eventCountMetrics, batchSize: 10, maximumRetryAttempts: 1 });
      r.stream.open(A);
      r.stream.put(A, ...numbers(0, 4));
      r.answer = () => thrown;
      r.start();
      await r.clock.advance(10_000);
      const sums = ["PolledEventCount", "InvokedEventCount", "FailedInvokeEventCount", "DroppedEventCount"];
      expect(sums.map((name) => total(r.metrics, name))).toEqual(eventCountMetrics ? [4, 8, 8, 0] : [0, 0, 0, 0]);
      expect(total(r.metrics, "OnFailureDestinationDeliveredEventCount")).toBe(eventCountMetrics ? 4 : 0);
    }
  });
});
