import { expect, test } from "vitest";
import { newHead, type OpenPart } from "../../../lib/ledger/ledger.ts";
import { ShardStates } from "../../../lib/query/shards.ts";
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
