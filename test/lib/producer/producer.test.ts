import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EventsNotTaken } from "../../../lib/producer/drops.ts";
import { partitionKey } from "../../../lib/producer/event-line.ts";
import { Producer } from "../../../lib/producer/producer.ts";
import type { ProducerOptions } from "../../../lib/producer/settings.ts";
import { event, events } from "./events.ts";
import { TestStream } from "./stream.ts";
import { VirtualClock } from "./virtual-clock.ts";

let stream: TestStream;
/** Sequence numbers of the records that were asked for already. */
const seen = new Set<string>();

const producerOf = (options: Partial<ProducerOptions> = {}): Producer =>
  new Producer({
    client: stream.client,
    streamName: stream.name,
    clock: new VirtualClock({ runs: true }),
    ...options,
  });

const people = (count: number, each = 1) =>
  Array.from({ length: count * each }, (_, index) => event({ userId: `person ${index % count}` }));

async function sendAll(producer: Producer, all: readonly Record<string, unknown>[]): Promise<void> {
  for (const one of all) await producer.send(one);
}

/** What the stream got since this was last asked. */
async function news() {
  const records = (await stream.records()).filter(({ sequenceNumber }) => !seen.has(sequenceNumber));
  for (const { sequenceNumber } of records) seen.add(sequenceNumber);
  return records;
}

const byPerson = (all: readonly Record<string, unknown>[]) => Map.groupBy(all, partitionKey);
const throttled = { ErrorCode: "ProvisionedThroughputExceededException", ErrorMessage: "Rate exceeded" };

beforeAll(async () => {
  stream = await TestStream.open(4);
});
afterAll(() => stream.close());
afterEach(() => {
  stream.fault = undefined;
  stream.requests.length = 0;
  seen.clear();
});

/** A stream of its own for tests that read all of it. */
const fresh = async (shards: number) => {
  await stream.close();
  stream = await TestStream.open(shards);
};

describe("the producer", () => {
  it("stores every event it took, packed, in its person's shard, in the order it was sent", async () => {
    await fresh(4);
    const sent = people(50, 40);
    const producer = producerOf();
    await sendAll(producer, sent);
    await producer.close();
    const records = await news();
    expect(byPerson(records.flatMap((record) => record.events))).toEqual(byPerson(sent));
    expect(records.length).toBeLessThan(10);
    const shards = await stream.shards();
    for (const { shardId, partitionKey: key, events: packed } of records) {
      const range = shards.find(({ ShardId }) => ShardId === shardId)?.HashKeyRange;
      expect(key).toBe(partitionKey(packed[0] ?? {}));
      for (const one of packed) {
        const hash = BigInt(`0x${createHash("md5").update(partitionKey(one)).digest("hex")}`);
        expect(hash >= BigInt(range?.StartingHashKey ?? -1) && hash <= BigInt(range?.EndingHashKey ?? -1)).toBe(true);
      }
    }
    expect(producer.counters).toMatchObject({
      accepted: 2_000,
      taken: 2_000,
      notTaken: 0,
      buffered: 0,
      bufferedBytes: 0,
    });
    expect(producer.counters.storedBytes).toBe(records.reduce((sum, { data }) => sum + data.length, 0));
  });

  it.each([
    ["in the process", 3, 600],
    ["in the thread pool, where they are large", 3, 30_000],
  ])("compresses with zstd, with gzip or not at all, %s", async (_, count, bytes) => {
    await fresh(1);
    const magics: string[] = [];
    for (const compression of ["zstd", "gzip", "none"] as const) {
      const producer = producerOf({ compression });
      const text = "x".repeat(bytes);
      await sendAll(
        producer,
        people(count).map((one) => ({ ...one, text })),
      );
      await producer.close();
    }
    for (const { data, events: packed } of await news()) {
      magics.push(data.subarray(0, 2).toString("hex"));
      expect(packed.length).toBe(count);
    }
    expect(magics).toEqual(["28b5", "1f8b", "7b22"]);
  });

  it("does not compress what is charged for as a KB anyway", async () => {
    await fresh(1);
    const producer = producerOf({});
    await sendAll(producer, people(1));
    await producer.close();
    const [{ data, events: packed } = expect.fail("no record")] = await news();
    expect([data.subarray(0, 2).toString(), packed.length]).toEqual(['{"', 1]);
  });

  it("begins a new record where the next event would break a limit", async () => {
    await fresh(1);
    const producer = producerOf({ recordEventsMax: 10, recordBytesMax: 40_000, compression: "none" });
    await sendAll(producer, people(25));
    await sendAll(producer, [event({ text: "x".repeat(32_000) }), event({ text: "y".repeat(32_000) })]);
    await producer.close();
    const records = await news();
    expect(records.map((record) => record.events.length)).toEqual([10, 10, 6, 1]);
    for (const { data } of records) expect(data.length).toBeLessThanOrEqual(40_000);
  });

  it("refuses an event over the limit and takes the others", async () => {
    await fresh(1);
    const producer = producerOf();
    producer.send(event());
    expect(() => producer.send(event({ text: "x".repeat(40_000) }))).toThrow(
      /event refused: expected at most 32768 bytes/,
    );
    await producer.close();
    expect((await news()).flatMap((record) => record.events).length).toBe(1);
    expect(producer.counters).toMatchObject({ accepted: 1, refused: 1, taken: 1 });
    expect(() => producer.send(event())).toThrow("after close()");
  });

  it("sends records of several shards in one request", async () => {
    await fresh(4);
    const producer = producerOf({ compression: "none" });
    await sendAll(producer, people(50));
    await producer.close();
    expect(stream.requests.map((request) => request.length)).toEqual([4]);
  });
});

describe("when some entries of a request fail", () => {
  it("sends only those again", async () => {
    await fresh(4);
    let first: unknown;
    stream.fault = (entry) => {
      first ??= entry;
      return entry === first && stream.requests.length === 1 ? throttled : undefined;
    };
    const producer = producerOf({ compression: "none" });
    const sent = people(50);
    await sendAll(producer, sent);
    await producer.close();
    expect(stream.requests.map((request) => request.length)).toEqual([4, 1]);
    expect(stream.requests[1]?.[0]?.Data).toEqual(stream.requests[0]?.[0]?.Data);
    expect(byPerson((await news()).flatMap((record) => record.events))).toEqual(byPerson(sent));
    expect(producer.counters).toMatchObject({ records: 4, requests: 2, retries: 1 });
  });

  it("loses nothing, repeats nothing and keeps each person's order, whatever fails and however often", async () => {
    await fresh(4);
    const faults = fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }).filter((all) => all.includes(false));
    await fc.assert(
      fc.asyncProperty(events(60), faults, fc.integer({ min: 1, max: 9 }), async (sent, fails, recordEventsMax) => {
        let entries = 0;
        stream.fault = () => (fails[entries++ % fails.length] ? throttled : undefined);
        const producer = producerOf({ recordEventsMax, backoff: { attemptsMax: 1_000 }, bufferedBytesMax: 10_000 });
        await sendAll(producer, sent);
        await producer.close();
        const stored = (await news()).flatMap((record) => record.events);
        expect(byPerson(stored)).toEqual(byPerson(JSON.parse(JSON.stringify(sent))));
      }),
      { numRuns: 15 },
    );
  });

  it("gives up after the bound and says how many events were not taken, and why", async () => {
    await fresh(4);
    const lost = partitionKey(people(1)[0] ?? {});
    stream.fault = ({ Data }) => (Buffer.from(Data ?? []).includes(`"${lost}"`) ? throttled : undefined);
    const clock = new VirtualClock({ runs: true });
    const producer = producerOf({ clock, compression: "none", backoff: { attemptsMax: 4 } });
    const sent = people(50);
    await sendAll(producer, sent);
    const failure: unknown = await producer.flush().catch((error: unknown) => error);
    const stored = (await news()).flatMap((record) => record.events).length;
    if (!(failure instanceof EventsNotTaken)) throw new Error("expected EventsNotTaken");
    expect(failure.events).toBe(50 - stored);
    expect(failure.message).toContain("not taken by stream events");
    expect(failure.message).toContain("ProvisionedThroughputExceededException: Rate exceeded (after 4 attempts)");
    expect(producer.counters).toMatchObject({ taken: stored, notTaken: 50 - stored, buffered: 0, retries: 3 });
    // Told once; what is sent afterwards is a new account.
    stream.fault = undefined;
    await sendAll(producer, people(5));
    await producer.close();
  });
});

describe("when requests fail as a whole", () => {
  it("sends them again after the network came back", async () => {
    await fresh(2);
    stream.fault = (_, request) => {
      if (request < 3) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
      return undefined;
    };
    const producer = producerOf();
    await sendAll(producer, people(20));
    await producer.close();
    expect((await news()).flatMap((record) => record.events).length).toBe(20);
  });

  it("does not try again what can never work", async () => {
    await fresh(1);
    const clock = new VirtualClock({ runs: true });
    const producer = producerOf({ streamName: "no-such-stream", clock });
    await sendAll(producer, people(20));
    await expect(producer.flush()).rejects.toThrow(
      /^20 events were not taken by stream no-such-stream .*ResourceNotFound/,
    );
    // One linger, no wait between attempts.
    expect(clock.slept).toEqual([100]);
    await sendAll(producer, people(1));
    await expect(producer.close()).rejects.toThrow(/^1 event was not taken/);
  });

  it("gives up a request that is never answered", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const client = new KinesisClient({
      endpoint: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      region: "eu-west-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 1,
    });
    const producer = producerOf({ client, requestTimeoutMs: 10, backoff: { attemptsMax: 2 } });
    producer.send(event());
    await expect(producer.close()).rejects.toThrow(/1 event was not taken .*shards could not be listed.*abort/i);
    client.destroy();
    silent.closeAllConnections();
    silent.close();
  });

  it("tells everyone who is waiting for the flush", async () => {
    await fresh(1);
    const producer = producerOf({ streamName: "no-such-stream" });
    producer.send(event());
    const answers = await Promise.allSettled([producer.flush(), producer.flush()]);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(producer.flush()).resolves.toBeUndefined();
  });
});

describe("waiting", () => {
  it("lets events wait for company until lingerMs have passed, and no longer", async () => {
    await fresh(1);
    const clock = new VirtualClock();
    const producer = producerOf({ clock, lingerMs: 100 });
    // Once the shards are known.
    producer.send(event());
    await producer.flush();
    clock.advance(1_000);
    await stream.shards();
    stream.requests.length = 0;
    const arrived = new Promise<void>((resolve) => {
      stream.fault = () => {
        resolve();
        return undefined;
      };
    });
    producer.send(event());
    clock.advance(99);
    producer.send(event());
    await stream.shards();
    expect(stream.requests.length).toBe(0);
    clock.advance(1);
    await arrived;
    await producer.flush();
    expect((await news()).map((record) => record.events.length)).toEqual([1, 2]);
  });

  it("asks the caller to wait when the buffer is full, and lets him go on when there is room", async () => {
    await fresh(2);
    const bufferedBytesMax = 20_000;
    const producer = producerOf({ bufferedBytesMax });
    let waits = 0;
    for (const one of people(40, 25)) {
      const room = producer.send(one);
      expect(producer.counters.bufferedBytes).toBeLessThan(bufferedBytesMax + 1_000);
      if (room === undefined) continue;
      waits++;
      await room;
      expect(producer.counters.bufferedBytes).toBeLessThan(bufferedBytesMax);
    }
    await producer.close();
    expect(waits).toBeGreaterThan(0);
    expect((await news()).flatMap((record) => record.events).length).toBe(1_000);
  });

  it("fills the next record while one is on its way", async () => {
    await fresh(1);
    const producer = producerOf({ lingerMs: 0 });
    let sent = 0;
    stream.fault = () => {
      // All of these find the first record on its way.
      while (sent < 50) producer.send(event({ messageId: `behind ${sent++}` }));
      return undefined;
    };
    producer.send(event());
    await producer.flush();
    // Which waited for the first one alone.
    await producer.flush();
    expect((await news()).map((record) => record.events.length)).toEqual([1, 50]);
  });
});

describe("when the stream is resharded", () => {
  it("goes on with the new shards as soon as an answer shows them, each person in order", async () => {
    await fresh(2);
    const clock = new VirtualClock({ runs: true });
    const producer = producerOf({ clock, recordEventsMax: 20 });
    const sent = people(30, 20);
    const phase = async (from: number, to: number) => {
      clock.advance(2_000);
      await sendAll(producer, sent.slice(from, to));
      await producer.flush();
    };
    await phase(0, 200);
    await stream.split("shardId-000000000000");
    await phase(200, 400);
    await stream.merge("shardId-000000000003", "shardId-000000000001");
    await phase(400, 600);
    await producer.close();
    const records = await news();
    expect(byPerson(records.flatMap((record) => record.events))).toEqual(byPerson(sent));
    expect(new Set(records.map((record) => record.shardId)).size).toBe(5);
    // At most the one record per shard that showed the change may hold persons of the other half.
    const after = records.filter(
      ({ shardId }) => shardId === "shardId-000000000002" || shardId === "shardId-000000000003",
    );
    expect(after.length).toBeGreaterThan(2);
  });

  it("lists the shards when it is told to", async () => {
    await fresh(1);
    const producer = producerOf();
    await sendAll(producer, people(10));
    await producer.flush();
    await stream.split("shardId-000000000000");
    producer.refreshShards();
    await sendAll(producer, people(10));
    await producer.close();
    const shards = (await news()).map((record) => record.shardId);
    expect(shards).toEqual(["shardId-000000000000", "shardId-000000000001", "shardId-000000000002"]);
  });
});
