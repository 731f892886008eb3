import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientSettings } from "../../../lib/aws/client-settings.ts";
import { count, defineConfig, page } from "../../../lib/config.ts";
import { idBytes } from "../../../lib/dedupe/id-map.ts";
import { definitionsOf } from "../../../lib/definitions.ts";
import { DynamoLedger, ledgerKeys } from "../../../lib/ledger/dynamodb.ts";
import { type CommittedPart, newHead, type OpenPart } from "../../../lib/ledger/ledger.ts";
import { partLimits, recordLimits } from "../../../lib/limits.ts";
import { startAws, type TestAws } from "../../aws.ts";

let aws: TestAws;
let client: DynamoDBClient;
let ledger: DynamoLedger;

beforeAll(async () => {
  aws = await startAws();
  await aws.dynamodb.createTable({
    TableName: "ledger",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: ledgerKeys.partition, AttributeType: "S" },
      { AttributeName: ledgerKeys.sort, AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: ledgerKeys.partition, KeyType: "HASH" },
      { AttributeName: ledgerKeys.sort, KeyType: "RANGE" },
    ],
  } as { TableName: string });
  client = new DynamoDBClient(clientSettings());
  ledger = new DynamoLedger(client, "ledger");
});
afterAll(async () => {
  client.destroy();
  await aws[Symbol.asyncDispose]();
});

const open = (id: string, first: number, last: number): OpenPart => ({
  id,
  number: 1,
  firstSequence: String(first),
  lastSequence: String(last),
  firstArrivalMs: 1,
  lastArrivalMs: 1,
  ids: 0,
  idsName: "n",
  definitions: ["d1"],
  views: {},
  openedMs: 1,
  records: 1,
  events: 1,
  firstBucketMs: 1,
  lastBucketMs: 1,
});

const part = (first: number, last: number, more: Partial<CommittedPart> = {}): CommittedPart => ({
  id: `${first}-${last}`,
  number: 1,
  firstSequence: String(first),
  lastSequence: String(last),
  definitions: ["d1"],
  ids: 0,
  idsName: "n",
  views: {},
  records: 1,
  events: 2,
  counted: 2,
  duplicate: 0,
  quarantined: 0,
  late: 0,
  rows: 1,
  rowsCount: 2,
  doubled: 0,
  firstBucketMs: 0,
  lastBucketMs: 0,
  firstArrivalMs: 1,
  lastArrivalMs: 1,
  committedMs: 1,
  ...more,
});

describe("the head", () => {
  test("of a shard that nobody has written is revision 0 without open parts", async () => {
    expect(await ledger.head("s/unknown")).toEqual(newHead);
  });

  test("moves for one of two who saw the same revision, at the first write and at later ones", async () => {
    for (let round = 0; round < 3; round++) {
      const head = await ledger.head("s/contended");
      const moves = await Promise.all([
        ledger.moveHead("s/contended", head, { ...head, open: [open("a", 1, 2)] }),
        ledger.moveHead("s/contended", head, { ...head, open: [open("b", 1, 3)] }),
      ]);
      expect(moves.filter((moved) => moved)).toHaveLength(1);
      const now = await ledger.head("s/contended");
      expect(now.revision).toBe(head.revision + 1);
      expect(now.open[0]?.id).toBe(moves[0] ? "a" : "b");
    }
  });
});

describe("committed parts", () => {
  test("are found by overlap, in the order of the stream, however many digits their numbers have", async () => {
    for (const [first, last] of [
      [5, 9],
      [10, 99],
      [100, 100],
      [101, 250],
    ] as const)
      await ledger.commit("s/parts", part(first, last));
    const found = async (first: string, last: string): Promise<string[]> =>
      (await ledger.committed("s/parts", first, last)).map(({ id }) => id);
    expect(await found("9", "100")).toEqual(["5-9", "10-99", "100-100"]);
    expect(await found("250", "9999")).toEqual(["101-250"]);
    expect(await found("251", "9999")).toEqual([]);
    expect(await found("1", "4")).toEqual([]);
    expect((await ledger.newest("s/parts"))?.id).toBe("101-250");
  });

  test("are found beyond the first page", async () => {
    for (let at = 0; at < 60; at++) await ledger.commit("s/many", part(1_000 + at, 1_000 + at));
    expect(await ledger.committed("s/many", "1000", "1059")).toHaveLength(60);
  });

  test("come back as they were written, without rows too", async () => {
    const empty = part(7, 7, { rows: 0, rowsCount: 0, firstBucketMs: undefined, lastBucketMs: undefined });
    await ledger.commit("s/same", empty);
    expect(await ledger.committed("s/same", "7", "7")).toEqual([empty]);
  });

  test("give way to later definitions, never to earlier ones", async () => {
    await ledger.commit("s/version", part(1, 1, { definitions: ["d1", "d2"], counted: 1 }));
    await ledger.commit("s/version", part(1, 1, { definitions: ["d1"], counted: 2 }));
    expect((await ledger.committed("s/version", "1", "1"))[0]?.counted).toBe(1);
    await ledger.commit("s/version", part(1, 1, { definitions: ["d1", "d2", "d1"], counted: 3 }));
    expect((await ledger.committed("s/version", "1", "1"))[0]?.counted).toBe(3);
  });
});

test("neighbours come nearest first, on either side", async () => {
  for (const first of [10, 20, 30, 40]) await ledger.commit("s/near", part(first, first + 5));
  const ids = async (from: string, direction: "before" | "after"): Promise<string[]> =>
    (await Array.fromAsync(ledger.neighbours("s/near", from, direction))).map(({ id }) => id);
  expect(await ids("30", "before")).toEqual(["20-25", "10-15"]);
  expect(await ids("26", "after")).toEqual(["30-35", "40-45"]);
});

test("message ids are kept by part, as many as a part can have, and found by the range of their parts", async () => {
  const most = Buffer.alloc(partLimits.eventsMax * idBytes + (recordLimits.eventsMax - 1) * idBytes, 7);
  await ledger.keepIds("s/ids", { idsName: "a", lastSequence: "9" }, most);
  await ledger.keepIds("s/ids", { idsName: "b", lastSequence: "10" }, Buffer.from([1, 2]));
  await ledger.keepIds("s/ids", { idsName: "c", lastSequence: "11" }, Buffer.from([3]));
  const found = new Map(await Array.fromAsync(ledger.ids("s/ids", "9", "10")));
  expect([...found.keys()]).toEqual(["a", "b"]);
  expect(found.get("a")?.equals(most)).toBe(true);
});

test("definitions are kept by their hash", async () => {
  const definitions = definitionsOf(defineConfig({ metrics: { views: { on: page(), measure: count() } } }));
  expect(await ledger.definitions(definitions.hash)).toBeUndefined();
  await ledger.keepDefinitions(definitions);
  expect(await ledger.definitions(definitions.hash)).toEqual(definitions);
});
