import { expect, test } from "vitest";
import { ShardStates } from "../../../lib/query/shards.ts";
import { newHead, type OpenPart } from "../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";

const nowMs = Date.UTC(2026, 0, 2, 12);

/** The states of shards whose first record that is not counted arrived at the given times. */
async function statesOf(arrivals: Readonly<Record<string, number | undefined>>, ledger = new TableLedger()) {
  const stream = {
    shardIds: async () => Object.keys(arrivals),
    next: async (shardId: string) => ({ arrivalMs: arrivals[shardId], asOfMs: nowMs }),
  };
  return (await new ShardStates(stream, "events", ledger).now(nowMs)).shards;
}

test("a shard's age is that of its oldest record that is not counted, and never below zero", async () => {
  const ages = await statesOf({ "shardId-0": nowMs - 90_000, "shardId-1": undefined, "shardId-2": nowMs + 250 });
  expect(ages.map(({ iteratorAgeMs }) => iteratorAgeMs)).toEqual([90_000, 0, 0]);
});

test("a shard that could not be looked at says how old its state is, and its age grows", async () => {
  const gauge = {
    shardIds: async () => ["shardId-0"],
    next: async () => ({ arrivalMs: nowMs - 90_000, asOfMs: nowMs - 7_000 }),
  };
  const { shards } = await new ShardStates(gauge, "events", new TableLedger()).now(nowMs);
  expect(shards).toMatchObject([{ iteratorAgeMs: 90_000, staleMs: 7_000 }]);
});

test("an answer stands for a second, and with many shards for 10 ms each", async () => {
  for (const [count, freshMs] of [
    [1, 1_000],
    [100, 1_000],
    [1_000, 10_000],
  ] as const) {
    let looks = 0;
    const shardIds = async () => {
      looks++;
      return Array.from({ length: count }, (_, index) => `shardId-${index}`);
    };
    const gauge = { shardIds, next: async () => ({ arrivalMs: undefined, asOfMs: nowMs }) };
    const states = new ShardStates(gauge, "events", { headsOf: async () => new Map(), newest: async () => undefined });
    for (const afterMs of [0, freshMs - 1, freshMs]) await states.now(nowMs + afterMs);
    expect(looks).toBe(2);
  }
});

test("a look of many shards ends after two seconds, and the next ones go on until all are known", async () => {
  const shardIds = Array.from({ length: 45 }, (_, index) => `shardId-${index}`);
  let lookMs = nowMs;
  const looks: string[] = [];
  const gauge = {
    shardIds: async () => shardIds,
    next: async (shardId: string) => {
      looks.push(shardId);
      lookMs += 100;
      return { arrivalMs: undefined, asOfMs: lookMs };
    },
  };
  const states = new ShardStates(gauge, "events", new TableLedger(), { now: () => lookMs });
  const look = async () => {
    looks.length = 0;
    lookMs += 1_000;
    const { shards, notLookedAt } = await states.now(lookMs);
    expect(shards.length + notLookedAt).toBe(shardIds.length);
    return [looks[0], looks.length, notLookedAt, Math.max(...shards.map(({ staleMs }) => staleMs))];
  };
  expect(await look()).toEqual(["shardId-0", 20, 25, 0]);
  expect(await look()).toEqual(["shardId-20", 20, 5, 2_900]);
  // What was not seen again is there still, and says how old it is.
  expect(await look()).toEqual(["shardId-40", 20, 0, 4_400]);
  shardIds.length = 3;
  expect(await look()).toEqual(["shardId-0", 3, 0, 0]);
});

test("the open parts of many shards are known by one reading of their heads", async () => {
  const ledger = new TableLedger();
  let readings = 0;
  const { headsOf } = ledger;
  ledger.headsOf = (shards) => {
    readings++;
    return headsOf.call(ledger, shards);
  };
  const part = { id: "a", definitions: ["d"] as readonly string[] } as OpenPart;
  await ledger.moveHead("events/shardId-7", newHead, { ...newHead, open: [part, part] });
  const shardIds = Array.from({ length: 25 }, (_, index) => `shardId-${index}`);
  const states = await statesOf(Object.fromEntries(shardIds.map((id) => [id, undefined])), ledger);
  expect(states.map(({ shardId }) => shardId)).toEqual(shardIds);
  expect(states.map(({ openParts }) => openParts)).toEqual(shardIds.map((_, index) => (index === 7 ? 2 : 0)));
  expect(readings).toBe(1);
});
