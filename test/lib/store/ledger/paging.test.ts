import { PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { DynamoLedger } from "../../../../lib/store/ledger/dynamodb.ts";
import type { CommittedPart } from "../../../../lib/store/ledger/ledger.ts";
import { LedgerTable } from "../../../fakes/ledger-table.ts";

const shard = "events/shardId-000000000000";
const partOf = (number: number): CommittedPart =>
  ({
    ...{ id: `p${number}`, idsName: `p${number}-x`, number, ids: 1, definitions: ["d"], records: 1 },
    ...{ firstSequence: String(10_000 + number * 10), lastSequence: String(10_009 + number * 10) },
    ...{ firstArrivalMs: number, lastArrivalMs: number + 1, committedMs: 5, views: { "events/a": number } },
    ...(number % 2 === 0 ? { outOfOrderBefore: { number: number - 1, lastSequence: "5" } } : {}),
  }) as unknown as CommittedPart;

/** A shard of so many parts, and the limits of the queries that are made of it. */
async function tableOf(parts: number): Promise<{ ledger: DynamoLedger; limits: (number | undefined)[] }> {
  const table = new LedgerTable();
  const limits: (number | undefined)[] = [];
  const client = table.client(async (command, run) => {
    if (command instanceof QueryCommand) limits.push(command.input.Limit);
    return run();
  });
  for (let number = 1; number <= parts; number++) table.putPart(shard, partOf(number));
  return { ledger: new DynamoLedger(client, table.settings.name), limits };
}

describe("parts of a shard", () => {
  test("are read by pages that grow: few for who needs few, whole ones for who needs all", async () => {
    const { ledger, limits } = await tableOf(3_000);
    for await (const _ of ledger.neighbours(shard, "9".repeat(20), "before")) break;
    expect(limits.splice(0)).toEqual([25]);
    const numbers = (await Array.fromAsync(ledger.ranges(shard, "0", "after"))).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1));
    expect(limits.slice(0, 4)).toEqual([25, 100, 400, undefined]);
    expect(limits.length).toBeLessThan(10);
    limits.length = 0;
    expect((await ledger.newest(shard))?.number).toBe(3_000);
    expect(limits).toEqual([1]);
  });

  test("have in a read of ranges what tells which ids are remembered, and nothing else", async () => {
    const { ledger } = await tableOf(3);
    const whole = await Array.fromAsync(ledger.neighbours(shard, "9".repeat(20), "before"));
    const ranges = await Array.fromAsync(ledger.ranges(shard, "9".repeat(20), "before"));
    expect(ranges).toEqual(whole.map(({ definitions: _, records: __, committedMs: ___, ...range }) => range));
  });
});

describe("the key of message ids", () => {
  test("is drawn once for all processes, and stays when everything else of its age is forgotten", async () => {
    const table = new LedgerTable({ deletedAfterMs: 0, now: () => Date.now() + 1_000 * 86_400_000 });
    const ledgers = [1, 2, 3].map(() => new DynamoLedger(table.client(), table.settings.name));
    const keys = await Promise.all(ledgers.map((ledger) => ledger.messageKey()));
    const later = await new DynamoLedger(table.client(), table.settings.name).messageKey();
    for (const key of [...keys, later]) expect(Buffer.from(key)).toEqual(Buffer.from(keys[0] ?? []));
    expect(later).toHaveLength(16);
    const other = new LedgerTable();
    expect(await new DynamoLedger(other.client(), other.settings.name).messageKey()).not.toEqual(later);
  });

  test("is the first that was drawn, for whoever draws one meanwhile, and written by nobody who finds it", async () => {
    const table = new LedgerTable();
    const first = new DynamoLedger(table.client(), table.settings.name);
    let key: Uint8Array | undefined;
    let puts = 0;
    const slow = table.client(async (command, run) => {
      if (command instanceof PutItemCommand) {
        puts++;
        key = await first.messageKey();
      }
      return run();
    });
    const drawn = await new DynamoLedger(slow, table.settings.name).messageKey();
    expect(Buffer.from(drawn)).toEqual(Buffer.from(key ?? []));
    expect(Buffer.from(await new DynamoLedger(slow, table.settings.name).messageKey())).toEqual(Buffer.from(drawn));
    expect(puts).toBe(1);
  });

  test("is an error where the table does not keep it", async () => {
    const table = new LedgerTable();
    const forgetful = table.client(async (command, run) => (command instanceof PutItemCommand ? {} : run()));
    await expect(new DynamoLedger(forgetful, table.settings.name).messageKey()).rejects.toThrow(
      `The table ${table.settings.name} did not keep the key of the message ids`,
    );
  });

  test("is read once in a process's life", async () => {
    const table = new LedgerTable();
    const ledger = new DynamoLedger(table.client(), table.settings.name);
    await ledger.messageKey();
    const { requests } = table.consumed;
    await ledger.messageKey();
    expect(table.consumed.requests).toBe(requests);
  });
});
