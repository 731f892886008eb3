import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BufferedEvent } from "../../../lib/producer/batch.ts";
import { eventLine, partitionKey } from "../../../lib/producer/event-line.ts";
import { Routing } from "../../../lib/producer/routing.ts";
import { ShardMap } from "../../../lib/producer/shards.ts";
import { events } from "./events.ts";
import { eventsIn } from "./stream.ts";

const even = (count: number): ShardMap => {
  const width = (1n << 128n) / BigInt(count);
  return new ShardMap(
    Array.from({ length: count }, (_, index) => ({
      id: `${count}-${index}`,
      firstHash: width * BigInt(index),
      lastHash: index === count - 1 ? (1n << 128n) - 1n : width * BigInt(index + 1) - 1n,
    })),
  );
};

const limits = fc.record({
  recordBytesMax: fc.integer({ min: 40_000, max: 80_000 }),
  recordEventsMax: fc.integer({ min: 1, max: 20 }),
});

type Sent = Record<string, unknown>;
const buffered = (event: Sent, serial: number): BufferedEvent => ({
  ...eventLine(event),
  key: partitionKey(event),
  serial,
});
const byPerson = (all: readonly Sent[]) => Map.groupBy(all, partitionKey);

describe("packing", () => {
  it("keeps every event, each in its person's shard, in the order of the person, inside the limits, over any resharding", () => {
    const steps = fc.array(fc.record({ sent: events(30), shards: fc.integer({ min: 1, max: 6 }) }), { maxLength: 4 });
    fc.assert(
      fc.property(limits, steps, (limit, all) => {
        const routing = new Routing(limit);
        let map = even(1);
        let serial = 1;
        for (const { sent, shards } of all) {
          for (const event of sent) routing.add(buffered(event, serial++), 0);
          map = even(shards);
          routing.reroute(map);
        }
        const sent = all.flatMap((step) => step.sent);
        const out: Sent[] = [];
        for (const [index, lane] of routing.lanes.entries()) {
          for (const batch of lane.batches) {
            const data = batch.toBuffer();
            const unpacked = eventsIn(data);
            expect(data.length).toBe(batch.bytes);
            expect(data.length).toBeLessThanOrEqual(limit.recordBytesMax);
            expect(unpacked.length).toBe(batch.events);
            expect(unpacked.length).toBeLessThanOrEqual(limit.recordEventsMax);
            for (const event of unpacked) expect(map.indexOf(partitionKey(event))).toBe(index);
            out.push(...unpacked);
          }
        }
        expect(out.length).toBe(sent.length);
        expect(byPerson(out)).toEqual(byPerson(sent));
      }),
    );
  });

  it("adds nothing to a batch that is on its way or waits for its next attempt", () => {
    const routing = new Routing({ recordBytesMax: 40_000, recordEventsMax: 10 });
    const lane = routing.lanes[0];
    if (lane === undefined) throw new Error("expected a lane");
    let serial = 1;
    const add = () => routing.add(buffered({ type: "page" }, serial++), 0);
    expect([add(), add()]).toEqual([true, false]);
    lane.busy = true;
    expect([add(), add()]).toEqual([true, false]);
    lane.shift();
    expect(add()).toBe(true);
    expect(lane.batches.map((batch) => batch.events)).toEqual([2, 1]);
  });
});
