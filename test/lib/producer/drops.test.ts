import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventsNotTaken } from "../../../lib/producer/drops.ts";
import { EventRefused } from "../../../lib/producer/event-refused.ts";
import { type DropReason, Producer } from "../../../lib/producer/producer.ts";
import type { ProducerOptions } from "../../../lib/producer/settings.ts";
import { BadLine } from "./bad-line.ts";
import { event } from "./events.ts";
import { TestStream } from "./stream.ts";
import { VirtualClock } from "./virtual-clock.ts";

let stream: TestStream;
let line: BadLine;
let clock: VirtualClock;
const dropped: [ids: unknown[], reason: DropReason][] = [];

const producerOf = (options: Partial<ProducerOptions> = {}): Producer =>
  new Producer({
    client: line.client,
    streamName: stream.name,
    clock,
    onDrop: (events, reason) => dropped.push([events.map(({ messageId }) => messageId), reason]),
    ...options,
  });

const named = (...ids: string[]) => ids.map((messageId) => event({ messageId, userId: "someone" }));
const stored = async () => (await stream.records()).flatMap(({ events }) => events.map(({ messageId }) => messageId));
const failureOf = async (done: Promise<void>): Promise<EventsNotTaken> => {
  const cause: unknown = await done.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(cause instanceof EventsNotTaken)) throw new Error(`expected EventsNotTaken, got ${String(cause)}`);
  return cause;
};
const idsIn = ({ drops }: EventsNotTaken) => drops.flatMap((drop) => drop.events.map(({ messageId }) => messageId));

/** A producer that knows the shards, so that the next request is a PutRecords. */
async function warm(options: Partial<ProducerOptions> = {}): Promise<Producer> {
  const producer = producerOf(options);
  producer.send(event({ messageId: "warm" }));
  await producer.flush();
  return producer;
}

beforeEach(async () => {
  stream = await TestStream.open(1);
  line = await BadLine.to(stream.endpoint);
  clock = new VirtualClock();
  dropped.length = 0;
});
afterEach(async () => {
  line.close();
  await stream.close();
});

describe("a flush with a deadline", () => {
  it("breaks off the request at the deadline, names the events that were not taken, and sends none of them later", async () => {
    const producer = await warm();
    line.mishap = () => "silence";
    for (const one of named("a", "b")) producer.send(one);
    const arrived = line.arrival();
    const broken = line.breakingOff();
    const flushed = failureOf(producer.flush({ deadlineMs: 2_000 }));
    await arrived;
    clock.advance(2_000);
    const failure = await flushed;
    await broken;
    expect(failure.message).toBe("2 events were not taken by stream events (2: not taken within 2000 ms)");
    expect(idsIn(failure)).toEqual(["a", "b"]);
    expect(dropped).toEqual([[["a", "b"], { code: "deadline", detail: "not taken within 2000 ms", inDoubt: true }]]);
    expect(producer.counters).toMatchObject({ accepted: 3, taken: 1, notTaken: 2, buffered: 0, bufferedBytes: 0 });
    // The producer is as good as new.
    line.mishap = () => "none";
    for (const one of named("c")) producer.send(one);
    await producer.flush({ deadlineMs: 2_000 });
    await producer.close();
    expect(await stored()).toEqual(["warm", "c"]);
  });

  it("gives up what waits for its next attempt, and lets later events go at once", async () => {
    const producer = await warm({ backoff: { baseMs: 60_000, capMs: 60_000 }, random: () => 0.9 });
    const refused = line.arrival();
    line.mishap = () => "entries";
    producer.send(event({ messageId: "a" }));
    const flushed = failureOf(producer.flush({ deadlineMs: 1_000 }));
    await refused;
    // The answer has come when the producer begins to wait for the next attempt.
    while (producer.counters.retries === 0) await stream.shards();
    clock.advance(1_000);
    expect(idsIn(await flushed)).toEqual(["a"]);
    expect(dropped[0]?.[1]).toEqual({
      code: "deadline",
      detail: "not taken within 1000 ms, last answer: ProvisionedThroughputExceededException: Rate exceeded",
      inDoubt: false,
    });
    line.mishap = () => "none";
    producer.send(event({ messageId: "b" }));
    await producer.flush();
    expect(await stored()).toEqual(["warm", "b"]);
  });

  it("does not wait for the list of the shards either", async () => {
    const producer = producerOf();
    line.mishap = () => "silence";
    producer.send(event({ messageId: "a" }));
    const flushed = failureOf(producer.flush({ deadlineMs: 1_000 }));
    clock.advance(1_000);
    expect(idsIn(await flushed)).toEqual(["a"]);
    expect(dropped[0]?.[1]).toMatchObject({ code: "deadline", inDoubt: false });
    line.mishap = () => "none";
    producer.send(event({ messageId: "b" }));
    await producer.flush();
    expect(await stored()).toEqual(["b"]);
  });

  it("leaves alone what was sent after it began", async () => {
    const producer = await warm({ recordEventsMax: 2 });
    line.mishap = () => "silence";
    for (const one of named("a", "b", "c")) producer.send(one);
    const arrived = line.arrival();
    const flushed = failureOf(producer.flush({ deadlineMs: 1_000 }));
    await arrived;
    // It shares a batch with the third.
    for (const one of named("d")) producer.send(one);
    line.mishap = () => "none";
    clock.advance(1_000);
    expect(idsIn(await flushed)).toEqual(["a", "b", "c"]);
    await producer.flush();
    expect(await stored()).toEqual(["warm", "d"]);
  });

  it("resolves when all is taken in time, whatever the deadline of another one says", async () => {
    const producer = await warm();
    producer.send(event({ messageId: "a" }));
    await Promise.all([producer.flush({ deadlineMs: 1_000 }), producer.flush(), producer.flush({ deadlineMs: 5 })]);
    clock.advance(10_000);
    expect(dropped).toEqual([]);
    await expect(producer.flush({ deadlineMs: -1 })).rejects.toThrow(
      "expected deadlineMs to be a number from 0 to 2147483647, got -1",
    );
  });
});

describe("a flush", () => {
  it("ends when what was sent before it is settled, however much is sent meanwhile", async () => {
    const producer = await warm({ recordEventsMax: 1 });
    let sent = 0;
    line.mishap = () => {
      // Never less than two wait.
      producer.send(event({ messageId: `more ${sent++}` }));
      producer.send(event({ messageId: `more ${sent++}` }));
      return "none";
    };
    producer.send(event());
    await producer.flush();
    expect(producer.counters.buffered).toBeGreaterThan(0);
    line.mishap = () => "none";
    await producer.close();
  });

  it("tells each of several who wait of the events they wait for, and nobody of an event twice", async () => {
    const producer = await warm({ recordEventsMax: 1, backoff: { attemptsMax: 1 } });
    line.mishap = () => "throttled";
    const told: Promise<EventsNotTaken>[] = [];
    for (const one of named("a", "b")) {
      producer.send(one);
      told.push(failureOf(producer.flush()));
    }
    for (const one of named("c")) producer.send(one);
    expect((await Promise.all(told)).map(idsIn)).toEqual([["a"], ["a", "b"]]);
    expect(idsIn(await failureOf(producer.flush()))).toEqual(["c"]);
    await producer.flush();
  });
});

describe("an event that is given up", () => {
  it("is handed to onDrop with the last answer of the stream, once its shard took nothing for retryForMs", async () => {
    const moving = new VirtualClock({ runs: true });
    const producer = await warm({ clock: moving, retryForMs: 5_000, random: () => 0.5 });
    line.mishap = () => "throttled";
    producer.send(event({ messageId: "a" }));
    const failure = await failureOf(producer.flush());
    expect(idsIn(failure)).toEqual(["a"]);
    const [[ids, reason] = []] = dropped;
    expect(ids).toEqual(["a"]);
    expect(reason).toMatchObject({ code: "retries-exhausted", inDoubt: false });
    expect(reason?.detail).toMatch(/^ProvisionedThroughputExceededException: .* \(after 9 attempts\)$/);
    expect(line.puts.length).toBe(10);
  });

  it("does not keep onDrop's own error to itself, nor let it harm the others", async () => {
    const warnings: string[] = [];
    const listen = (warning: Error): unknown => warnings.push(warning.message);
    process.on("warning", listen);
    const producer = producerOf({
      streamName: "no-such-stream",
      onDrop: () => {
        throw new Error("the disk is full");
      },
    });
    producer.send(event({ messageId: "a" }));
    const failure = await failureOf(producer.close());
    expect(idsIn(failure)).toEqual(["a"]);
    expect(failure.drops[0]?.reason.code).toBe("refused");
    await new Promise(setImmediate);
    process.off("warning", listen);
    expect(warnings).toContain("onDrop threw for 1 events: Error: the disk is full");
  });

  it("may be sent again from inside onDrop", async () => {
    const producer: Producer = await warm({
      backoff: { attemptsMax: 1 },
      onDrop: (events) => {
        line.mishap = () => "none";
        for (const one of events) producer.send(one);
      },
    });
    line.mishap = () => "throttled";
    producer.send(event({ messageId: "a" }));
    await failureOf(producer.flush());
    await producer.close();
    expect(await stored()).toEqual(["warm", "a"]);
  });
});

describe("closing", () => {
  it("sends what waits, and refuses what comes later", async () => {
    const producer = producerOf();
    for (const one of named("a", "b")) producer.send(one);
    await producer.close({ timeoutMs: 10_000 });
    expect(await stored()).toEqual(["a", "b"]);
    expect(() => producer.send(event())).toThrow(EventRefused);
    await producer.close();
  });

  it("gives up what is not taken within its time limit", async () => {
    const producer = await warm();
    line.mishap = () => "silence";
    producer.send(event({ messageId: "a" }));
    const arrived = line.arrival();
    const closed = failureOf(producer.close({ timeoutMs: 3_000 }));
    await arrived;
    clock.advance(3_000);
    expect(idsIn(await closed)).toEqual(["a"]);
    expect(dropped[0]?.[1]).toEqual({ code: "closed", detail: "not taken within 3000 ms of closing", inDoubt: true });
  });

  it("happens at the end of an await using block", async () => {
    {
      await using producer = producerOf();
      producer.send(event({ messageId: "a" }));
    }
    expect(await stored()).toEqual(["a"]);
  });
});

describe("send", () => {
  it("refuses with a code that says whether the event or the moment is to blame", async () => {
    const producer = producerOf({ bufferedBytesMax: 50_000 });
    const codeOf = (value: unknown): string | undefined => {
      try {
        void producer.send(value as Record<string, unknown>);
        return undefined;
      } catch (cause) {
        return cause instanceof EventRefused ? cause.code : String(cause);
      }
    };
    expect(codeOf([1])).toBe("not-json");
    expect(codeOf({ big: "x".repeat(33_000) })).toBe("too-large");
    // A caller who does not wait.
    const codes = Array.from({ length: 5 }, () => codeOf({ big: "x".repeat(30_000) }));
    expect(codes).toEqual([undefined, undefined, undefined, undefined, "buffer-full"]);
    await producer.close();
    expect(codeOf({})).toBe("closed");
    expect(producer.counters).toMatchObject({ accepted: 4, refused: 4, taken: 4 });
  });
});
