import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Message } from "../../../cli/recording/recorded-event.ts";
import { openRecording } from "../../../cli/recording/recording.ts";
import { type ReplayOptions, type ReplaySink, replay } from "../../../cli/recording/replay.ts";
import { runOf } from "../../../cli/recording/stamp.ts";
import { shiftTo, surveyOf } from "../../../cli/recording/survey.ts";
import { EventRefused } from "../../../lib/producer/event-refused.ts";
import { Producer } from "../../../lib/producer/producer.ts";
import { event } from "../../lib/producer/events.ts";
import { TestStream } from "../../lib/producer/stream.ts";
import { VirtualClock } from "../../lib/producer/virtual-clock.ts";
import { RecordingFolder } from "./recording-file.ts";

let folder: RecordingFolder;
beforeAll(async () => {
  folder = await RecordingFolder.make();
});
afterAll(() => folder.remove());

const startMs = Date.UTC(2026, 0, 31, 9, 30);

/** A file of one event at each of the given seconds after 09:30:00 UTC. */
const fileAt = (...seconds: number[]): Promise<string> =>
  folder.file(
    seconds
      .map((second) =>
        JSON.stringify(
          event({ messageId: `at ${second}`, timestamp: new Date(startMs + second * 1_000).toISOString() }),
        ),
      )
      .join("\n"),
  );

/** Notes what it is sent, and when. */
class Notes implements ReplaySink {
  readonly messages: Message[] = [];
  readonly times: number[] = [];
  readonly counters = { notTaken: 0 };
  flushes = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  send(message: Message): undefined {
    if (message.messageId === "refuse me") throw new EventRefused("not-json", "as the test has it");
    this.messages.push(message);
    this.times.push(this.#clock.now());
  }

  async flush(): Promise<void> {
    this.flushes++;
  }
}

async function replayed(file: string, options: Partial<ReplayOptions> = {}) {
  const clock = new VirtualClock({ runs: true, nowMs: 0 });
  const notes = new Notes(clock);
  const result = await replay({ recording: await openRecording(file), producer: notes, speed: 1, clock, ...options });
  return { notes, result, clock };
}

describe("the pace of a replay", () => {
  it("is the recording's own, or so many times as fast", async () => {
    const file = await fileAt(0, 0, 10, 12, 90);
    expect((await replayed(file)).notes.times).toEqual([0, 0, 10_000, 12_000, 90_000]);
    const { notes, result } = await replayed(file, { speed: 20 });
    expect(notes.times).toEqual([0, 0, 500, 600, 4_500]);
    expect(result).toEqual({ events: 5, refused: 0, elapsedMs: 4_500, stopped: false });
    expect(notes.flushes).toBe(1);
  });

  it("does not wait at all at the greatest speed", async () => {
    const { clock, notes } = await replayed(await fileAt(0, 1_000, 5_000_000), { speed: "max" });
    expect(clock.slept).toEqual([]);
    expect(notes.messages.length).toBe(3);
  });

  it("sends an event that is out of order at once", async () => {
    expect((await replayed(await fileAt(10, 5, 12))).notes.times).toEqual([0, 0, 2_000]);
  });

  it("refuses a speed that is none", async () => {
    const file = await fileAt(0);
    await expect(replayed(file, { speed: 0 })).rejects.toThrow("expected a speed above 0 or max, got 0");
    await expect(replayed(file, { speed: Number.NaN })).rejects.toThrow("got NaN");
  });
});

describe("a replay", () => {
  it("stops when told, and still flushes what it sent", async () => {
    const stop = new AbortController();
    const clock = new VirtualClock({ runs: true });
    const notes = new Notes(clock);
    notes.send = (message) => {
      notes.messages.push(message);
      if (notes.messages.length === 2) stop.abort();
      return undefined;
    };
    const { result } = await replayed(await fileAt(0, 1, 2, 3), { producer: notes, clock, signal: stop.signal });
    expect(result).toMatchObject({ events: 2, stopped: true });
    expect(notes.flushes).toBe(1);
  });

  it("leaves out what the producer refuses, and says so", async () => {
    const lines = [event(), event({ messageId: "refuse me" }), event()];
    const file = await folder.file(lines.map((line) => JSON.stringify(line)).join("\n"));
    const refused: string[] = [];
    const onRefused = (messageId: string, reason: string) => refused.push(`${messageId}: ${reason}`);
    const { result } = await replayed(file, { onRefused });
    expect(result).toMatchObject({ events: 2, refused: 1 });
    expect(refused).toEqual(["refuse me: as the test has it"]);
    await expect(replayed(file)).rejects.toThrow(EventRefused);
  });

  it("gives up when the stream does not take its events", async () => {
    const lines = Array.from({ length: 5_000 }, () => JSON.stringify(event()));
    const file = await folder.file(lines.join("\n"));
    const stream = await TestStream.open(1);
    const producer = new Producer({ client: stream.client, streamName: "no-such-stream", bufferedBytesMax: 10_000 });
    await expect(replayed(file, { producer, speed: "max" })).rejects.toThrow(/not taken by stream no-such-stream/);
    expect(producer.counters.accepted).toBeLessThan(5_000);
    await stream.close();
  });
});

describe("a shift to now", () => {
  it("is a whole number of minutes, after which the recording ends within the last minute", async () => {
    const file = await fileAt(30, 95, 60);
    for (const nowMs of [startMs + 10_000, startMs + 95_000, startMs + 154_999, startMs + 155_000, startMs + 1e9 + 7]) {
      const shiftMs = shiftTo(nowMs, await surveyOf(file));
      const endMs = startMs + 95_000 + shiftMs;
      expect(Math.abs(shiftMs % 60_000)).toBe(0);
      expect(endMs <= nowMs && endMs > nowMs - 60_000).toBe(true);
    }
    expect(await surveyOf(file)).toEqual({ events: 3, firstMs: startMs + 30_000, lastMs: startMs + 95_000 });
    await expect(surveyOf(await folder.file('{"a":1}\n'))).rejects.toThrow("expected events, got none");
  });

  it("moves every time of a message, keeps their spacing, and marks its id with the run", async () => {
    const timestamp = "2026-01-31T09:30:00.250Z";
    const line = event({
      messageId: "m",
      timestamp,
      sentAt: "2026-01-31T10:30:01.000+01:00",
      originalTimestamp: "soon",
    });
    const file = await folder.file(JSON.stringify(line));
    const shiftMs = shiftTo(startMs + 3_600_000, { lastMs: startMs + 250 });
    const { notes } = await replayed(file, { stamp: { shiftMs, run: runOf(shiftMs) } });
    expect(notes.messages[0]).toEqual({
      ...line,
      messageId: "m-59m",
      timestamp: "2026-01-31T10:29:00.250Z",
      sentAt: "2026-01-31T10:29:01.000Z",
      originalTimestamp: "soon",
    });
  });

  it("gives the same ids for the same shift or the same run, and the recording's own without either", async () => {
    expect([runOf(0), runOf(-120_000), runOf(60_000, "tuesday")]).toEqual(["", "-2m", "tuesday"]);
    expect(() => runOf(0, "a b")).toThrow('expected a run of 1 to 64 letters, digits, ".", "_" or "-", got "a b"');
    const { notes } = await replayed(await fileAt(0));
    expect(notes.messages[0]).toMatchObject({ messageId: "at 0", timestamp: "2026-01-31T09:30:00.000Z" });
  });
});

const data = "../shared/data/";
const clickstream = `${data}rees46_2019-10-01.csv.gz`;
const invoices = `${data}online_retail_2011-09_to_2011-11.csv.gz`;

const countBy = <T>(all: readonly T[], key: (one: T) => unknown) =>
  Object.fromEntries([...Map.groupBy(all, key)].map(([name, group]) => [name, group.length]));
const propertiesOf = ({ properties }: Message) => properties as { revenue: number; price: number };

describe("the recordings of real shops", () => {
  it.skipIf(!existsSync(clickstream))(
    "gives every row of the clickstream, to the stream and back (skipped without the file)",
    async () => {
      const stream = await TestStream.open(3);
      const producer = new Producer({ client: stream.client, streamName: stream.name });
      const { result } = await replayed(clickstream, { producer, speed: "max" });
      expect(result).toMatchObject({ events: 17_434, refused: 0 });
      const messages = (await stream.records()).flatMap((record) => record.events) as Message[];
      await stream.close();
      expect(countBy(messages, ({ event }) => event)).toEqual({
        "Product Viewed": 17_055,
        "Product Added": 165,
        "Order Completed": 214,
      });
      expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(17_434);
      expect(new Set(messages.map(({ userId }) => userId)).size).toBe(4_504);
      const orders = messages.filter(({ event }) => event === "Order Completed");
      expect(orders.reduce((sum, order) => sum + propertiesOf(order).revenue, 0)).toBeCloseTo(59_442.63, 2);
    },
  );

  it.skipIf(!existsSync(invoices))("gives every line of the invoices (skipped without the file)", async () => {
    const names: Record<string, number> = {};
    const [ids, minutes, customers] = [new Set<string>(), new Set<number>(), new Set<unknown>()];
    const times: number[] = [];
    let [anonymous, free] = [0, 0];
    for await (const batch of await openRecording(invoices, { strict: true })) {
      for (const { timeMs, message } of batch) {
        names[String(message.event)] = (names[String(message.event)] ?? 0) + 1;
        ids.add(message.messageId);
        minutes.add(timeMs);
        times[times.length === 0 ? 0 : 1] = timeMs;
        if (message.userId === undefined) anonymous++;
        else customers.add(message.userId);
        if (propertiesOf(message).price === 0) free++;
      }
    }
    expect(names).toEqual({ "Order Completed": 192_217, "Order Cancelled": 3_081, "Stock Corrected": 381 });
    expect(times).toEqual([Date.UTC(2011, 8, 1, 8, 25), Date.UTC(2011, 10, 30, 17, 42)]);
    expect({ ids: ids.size, minutes: minutes.size, customers: customers.size, anonymous, free }).toEqual({
      ids: 195_679,
      minutes: 7_484,
      customers: 2_872,
      anonymous: 38_564,
      free: 664,
    });
  });
});
