import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientSettings } from "../../../lib/aws.ts";
import { ledgerDays, redriveDaysMax } from "../../../lib/limits.ts";
import { expireForgotten } from "../../../lib/recovery/forgotten-shards.ts";
import { DynamoLedger } from "../../../lib/store/ledger/dynamodb.ts";
import { newHead, type OpenPart } from "../../../lib/store/ledger/ledger.ts";
import { startAws, type TestAws } from "../../aws.ts";
import { createLedgerTable } from "../store/ledger/ledger-table.ts";

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);

let aws: TestAws;
let client: DynamoDBClient;
let ledger: DynamoLedger;
let nowMs: number;
let streams = 0;
let stream: string;

beforeAll(async () => {
  aws = await startAws();
  await createLedgerTable(aws, "ledger");
  client = new DynamoDBClient(clientSettings());
});
afterAll(async () => {
  client.destroy();
  await aws[Symbol.asyncDispose]();
});
beforeEach(() => {
  nowMs = startMs;
  ledger = new DynamoLedger(client, "ledger", { now: () => nowMs, sleep: async () => {} });
  stream = `stream-${streams++}`;
});

const shardOf = (shardId: string): string => `${stream}/${shardId}`;

async function begin(...shardIds: string[]): Promise<void> {
  for (const id of shardIds) await ledger.moveHead(shardOf(id), newHead, { ...newHead, bornMs: 1 });
}

/** One sweep, with the shards that the stream still has. */
async function sweepWith(...inStream: string[]): Promise<void> {
  const heads = await ledger.headsOf((await ledger.shardIds(stream)).map(shardOf));
  await expireForgotten(ledger, stream, new Set(inStream), heads);
}

/** What DynamoDB does in its own time with items whose time has passed. */
async function dropExpired(): Promise<void> {
  type Item = { shard: { S: string }; item: { S: string }; expires?: { N: string } };
  const { Items } = (await aws.dynamodb.call("Scan", { TableName: "ledger" })) as { Items: Item[] };
  for (const { shard, item, expires } of Items) {
    if (expires === undefined || Number(expires.N) * 1_000 >= nowMs) continue;
    await aws.dynamodb.call("DeleteItem", { TableName: "ledger", Key: { shard, item } });
  }
}

describe("a shard that the stream has forgotten", () => {
  test("is dropped from the ledger, head and list, long after nothing of it can be counted", async () => {
    await begin("shardId-0", "shardId-1");
    for (let day = 0; day <= ledgerDays + 12; day++) {
      nowMs = startMs + day * dayMs;
      await sweepWith("shardId-1");
      await dropExpired();
      if (day > redriveDaysMax && day <= ledgerDays) expect(await ledger.shardIds(stream)).toContain("shardId-0");
    }
    expect(await ledger.head(shardOf("shardId-0"))).toEqual(newHead);
    expect(await ledger.shardIds(stream)).toEqual(["shardId-1"]);
    expect((await ledger.head(shardOf("shardId-1"))).revision).toBe(1);
  });

  test("keeps its head for as long as a part of it is open", async () => {
    await begin("shardId-0");
    const head = await ledger.head(shardOf("shardId-0"));
    await ledger.moveHead(shardOf("shardId-0"), head, {
      ...head,
      open: [{ id: "a", definitions: [] } as unknown as OpenPart],
    });
    await sweepWith();
    expect((await ledger.head(shardOf("shardId-0"))).expiresMs).toBeUndefined();
  });

  test("stays if its head moves before it expires, and then expires later", async () => {
    await begin("shardId-0");
    await sweepWith();
    const ending = await ledger.head(shardOf("shardId-0"));
    expect(ending.expiresMs).toBe(startMs + ledgerDays * dayMs);
    nowMs += 50 * dayMs;
    expect(await ledger.moveHead(shardOf("shardId-0"), ending, ending)).toBe(true);
    expect((await ledger.head(shardOf("shardId-0"))).expiresMs).toBeUndefined();
    await sweepWith();
    expect((await ledger.head(shardOf("shardId-0"))).expiresMs).toBe(nowMs + ledgerDays * dayMs);
  });

  test("is not set to expire by a sweep that read the head before it moved", async () => {
    await begin("shardId-0");
    const seen = await ledger.head(shardOf("shardId-0"));
    await ledger.moveHead(shardOf("shardId-0"), seen, seen);
    expect(await ledger.expireHead(shardOf("shardId-0"), seen)).toBe(false);
    expect(await ledger.head(shardOf("shardId-0"))).toMatchObject({ revision: 2 });
    expect((await ledger.head(shardOf("shardId-0"))).expiresMs).toBeUndefined();
  });

  test("reads the same until the table drops it, however long that takes", async () => {
    await begin("shardId-0");
    await sweepWith();
    nowMs += 200 * dayMs;
    expect(await ledger.head(shardOf("shardId-0"))).toMatchObject({ revision: 1, bornMs: 1 });
    expect(await ledger.shardIds(stream)).toEqual(["shardId-0"]);
  });

  test("is back in the list permanently once it has a head again", async () => {
    await begin("shardId-0");
    await sweepWith();
    nowMs += (ledgerDays + 1) * dayMs;
    await dropExpired();
    await sweepWith();
    expect(await ledger.knownShards(stream)).toEqual([{ shardId: "shardId-0", isExpiring: true }]);
    await begin("shardId-0");
    expect(await ledger.knownShards(stream)).toEqual([{ shardId: "shardId-0", isExpiring: false }]);
    await ledger.listShard(shardOf("shardId-0"), true);
    await sweepWith("shardId-0");
    expect(await ledger.knownShards(stream)).toEqual([{ shardId: "shardId-0", isExpiring: false }]);
  });

  test("stays if the stream has it again, as a stream recreated under its name does", async () => {
    await begin("shardId-0");
    await sweepWith();
    await sweepWith("shardId-0");
    expect((await ledger.head(shardOf("shardId-0"))).expiresMs).toBeUndefined();
  });
});
