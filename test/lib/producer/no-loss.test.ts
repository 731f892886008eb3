import fc from "fast-check";
import { expect, it } from "vitest";
import { EventsNotTaken } from "../../../lib/producer/drops.ts";
import { partitionKey } from "../../../lib/producer/event-line.ts";
import { type DropReason, Producer } from "../../../lib/producer/producer.ts";
import { BadLine, type Mishap, mishaps } from "./bad-line.ts";
import { events } from "./events.ts";
import { TestStream } from "./stream.ts";

const bufferedBytesMax = 10_000;

type Sent = Record<string, unknown>;
const idOf = (event: Sent): string => String(event.messageId);

/** A day with the line: what befalls each request in turn, how the producer is set up, and what else happens. */
const day = fc.record({
  sent: events(60),
  line: fc.array(fc.constantFrom(...mishaps.filter((mishap) => mishap !== "silence"), "none", "none"), {
    minLength: 1,
    maxLength: 25,
  }),
  reshardings: fc.integer({ min: 0, max: 2 }),
  flushEvery: fc.integer({ min: 5, max: 40 }),
  deadlineMs: fc.constantFrom(undefined, 0, 3, 20),
  options: fc.record({
    compression: fc.constantFrom("zstd" as const, "gzip" as const, "none" as const),
    recordEventsMax: fc.integer({ min: 1, max: 9 }),
    inFlightMax: fc.integer({ min: 1, max: 4 }),
    lingerMs: fc.constantFrom(0, 1, 5),
    backoff: fc.record({ attemptsMax: fc.integer({ min: 1, max: 6 }), baseMs: fc.constant(1), capMs: fc.constant(4) }),
    retryForMs: fc.constantFrom(0, 10, 10_000),
  }),
});
type Day = typeof day extends fc.Arbitrary<infer T> ? T : never;

/** What the producer said of the events that it gave up. */
class Told {
  readonly dropped = new Map<string, DropReason>();
  readonly inErrors: string[] = [];
  count = 0;

  onDrop = (all: readonly Sent[], reason: DropReason): void => {
    for (const event of all) {
      if (this.dropped.has(idOf(event))) throw new Error(`${idOf(event)} was given up twice`);
      this.dropped.set(idOf(event), reason);
    }
  };

  async by(done: Promise<void>): Promise<void> {
    try {
      await done;
    } catch (cause) {
      if (!(cause instanceof EventsNotTaken)) throw cause;
      const ids = cause.drops.flatMap((drop) => drop.events.map(idOf));
      this.inErrors.push(...ids);
      this.count += cause.events;
      // An error holds so many events and counts the others.
      const heldBytes = cause.drops.reduce((sum, { bytes }) => sum + bytes, 0);
      expect(heldBytes).toBeLessThanOrEqual(2 * bufferedBytesMax);
    }
  }
}

async function reshard(stream: TestStream, times: number): Promise<void> {
  if (times > 0) await stream.split("shardId-000000000000");
  if (times > 1) await stream.merge("shardId-000000000003", "shardId-000000000001");
}

async function live({ sent, line: fate, reshardings, flushEvery, deadlineMs, options }: Day): Promise<void> {
  const stream = await TestStream.open(2);
  const line = await BadLine.to(stream.endpoint);
  let requests = 0;
  line.mishap = (): Mishap => fate[requests++ % fate.length] ?? "none";
  const told = new Told();
  const producer = new Producer({
    client: line.client,
    streamName: stream.name,
    bufferedBytesMax,
    onDrop: told.onDrop,
    ...options,
  });
  let resharded = Promise.resolve();
  for (const [index, event] of sent.entries()) {
    await producer.send(event);
    if (index === sent.length >> 1) resharded = reshard(stream, reshardings);
    if (index % flushEvery === flushEvery - 1)
      await told.by(producer.flush(deadlineMs === undefined ? {} : { deadlineMs }));
  }
  await resharded;
  await told.by(producer.close());
  const records = await stream.records();
  line.close();
  await stream.close();

  const stored = records.flatMap((record) => record.events);
  const storedIds = new Set(stored.map(idOf));
  const { dropped } = told;
  for (const event of sent) {
    const reason = dropped.get(idOf(event));
    if (reason === undefined) expect(storedIds, "what was not given up is in the stream").toContain(idOf(event));
    else if (!reason.inDoubt)
      expect(storedIds, "what was surely not taken is not in the stream").not.toContain(idOf(event));
  }
  expect(told.count).toBe(dropped.size);
  expect(told.inErrors.length).toBe(new Set(told.inErrors).size);
  for (const id of told.inErrors) expect(dropped.has(id)).toBe(true);
  expect(producer.counters).toMatchObject({
    accepted: sent.length,
    taken: sent.length - dropped.size,
    notTaken: dropped.size,
    buffered: 0,
    bufferedBytes: 0,
  });
  // A person's events come in order: a repetition after an answer that got lost adds nothing new.
  const kept = (all: readonly Sent[]): Map<string, string[]> => {
    const ids = (events: readonly Sent[]) => [...new Set(events.map(idOf))].filter((id) => !dropped.has(id));
    return new Map(
      [...Map.groupBy(all, partitionKey)]
        .map(([key, events]) => [key, ids(events)] as const)
        .filter(([, its]) => its.length > 0),
    );
  };
  expect(kept(stored)).toEqual(kept(sent));
}

it("takes every event or gives it up with a reason, and keeps each person's order, whatever befalls the line and while the stream is resharded", async () => {
  await fc.assert(fc.asyncProperty(day, live), { numRuns: 25 });
});
