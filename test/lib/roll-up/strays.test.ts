import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { aggregatedBy } from "../stream/aggregated.ts";
import { recordOf, shard, sold, World } from "./world.ts";

const half = 2n ** 127n;
const keys = ["ann", "ben", "cem", "dan", "eva", "fay"];
const isLow = (key: string): boolean => (createHash("md5").update(key).digest()[0] ?? 0) < 0x80;
/** Without ids: only the key says that two are one. */
const event = (index: number): string => JSON.stringify({ ...sold(index), messageId: undefined });
const users = keys.map((key, index) => ({ key, text: event(index) }));
const ofRecord = (index: number, some: typeof users) => ({ ...recordOf(index, []), data: aggregatedBy(some) });

describe("user records that came into a shard which is not theirs", () => {
  /** The KPL has packed for the parent, which was split: all came into one half, and the others come again in the other. */
  function split(): World {
    const others = users.filter(({ key }) => !isLow(key));
    const world = new World([ofRecord(0, users), ofRecord(1, users), ofRecord(2, others), ofRecord(3, others)], [2]);
    world.hashKeys.set("shardId-000000000000", { first: "0", last: String(half - 1n) });
    world.hashKeys.set("shardId-000000000001", { first: String(half), last: String(2n * half - 1n) });
    return world;
  }
  const tallies = (world: World) =>
    [...world.ledger.parts.values()].flat().map(({ events, counted, quarantined }) => [events, counted, quarantined]);

  test("count once, in their own", async () => {
    const world = split();
    const first = await world.invoke(0, 2);
    await world.invoke(2, 4);
    const low = users.filter(({ key }) => isLow(key)).length;
    expect(tallies(world)).toEqual([
      [2 * low, 2 * low, 0],
      [2 * (users.length - low), 2 * (users.length - low), 0],
    ]);
    expect(first?.strays).toBe(2 * (users.length - low));
  });

  test("are left out too where a part is finished by another, who asks the ledger and not the stream", async () => {
    const world = split();
    for (let call = 0; call < 14; call++) {
      await world.invoke(0, 2, undefined, [{ call, kind: "dies after" }]).catch(() => {});
      if ((await world.ledger.head(shard)).bornMs > 0) world.hashKeys.clear();
    }
    await world.invoke(0, 2);
    const low = users.filter(({ key }) => isLow(key)).length;
    expect(tallies(world)).toEqual([[2 * low, 2 * low, 0]]);
  });
});
