import { expect, test } from "vitest";
import { newHead, type OpenPart } from "../../../lib/ledger/ledger.ts";
import { ShardStates } from "../../../lib/query/shards.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";

const nowMs = Date.UTC(2026, 0, 2, 12);

/** The states of shards whose first record that is not counted arrived at the given times. */
async function statesOf(arrivals: Readonly<Record<string, number | undefined>>, ledger = new TableLedger()) {
  const stream = {
    shardIds: async () => Object.keys(arrivals),
    nextArrivalMs: async (shardId: string) => arrivals[shardId],
  };
  return (await new ShardStates(stream, "events", ledger).now(nowMs)).shards;
}

test("a shard's age is that of its oldest record that is not counted, and never below zero", async () => {
  const ages = await statesOf({ "shardId-0": nowMs - 90_000, "shardId-1": undefined, "shardId-2": nowMs + 250 });
  expect(ages.map(({ iteratorAgeMs }) => iteratorAgeMs)).toEqual([90_000, 0, 0]);
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
