import { expect, test } from "vitest";
import { type IdsName, readIds } from "../../../../lib/roll-up/dedupe/stored-ids.ts";
import { TableLedger } from "../../../fakes/ledger-table.ts";

const shard = "events/shardId-000000000000";
const name = (number: number): IdsName => ({
  ...{ number, idsName: `p${number}`, lastSequence: String(1_000 + number) },
  ...{ firstArrivalMs: number * 1_000, lastArrivalMs: number * 1_000 + 999 },
});

test.each([
  ["a few", [1, 20], 1],
  ["fifty", [1, 52], 1],
  ["fifty-one", [1, 53], 2],
  ["many, twice", [1, 2, 100, 101, 200], 3],
])(
  "ids of parts with %s others between them are read in as many queries as that is worth",
  async (_, numbers, queries) => {
    const ledger = new TableLedger();
    for (let number = 1; number <= 200; number++) await ledger.keepIds(shard, name(number), Buffer.alloc(8, number));
    const heldMs = Float64Array.from({ length: 200 }, (_, index) => (index + 1) * 1_000).filter(
      (ms) => !numbers.includes(ms / 1_000),
    );
    const before = ledger.table.consumed.requests;
    const read = await Array.fromAsync(readIds(ledger, shard, numbers.toReversed().map(name), heldMs));
    expect(read.map(([part, ids]) => [part.number, ids[0]])).toEqual(numbers.map((number) => [number, number]));
    expect(ledger.table.consumed.requests - before).toBe(queries);
  },
);

test("the ids of a part that are not there are missed, whatever else was read", async () => {
  const ledger = new TableLedger();
  await ledger.keepIds(shard, name(1), Buffer.alloc(8, 1));
  await expect(Array.fromAsync(readIds(ledger, shard, [name(1), name(2)]))).rejects.toThrow(
    `The ledger of ${shard} lacks the message ids p2 of a part`,
  );
});
