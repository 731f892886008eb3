import { randomUUID } from "node:crypto";
import { type BatchGetItemCommandInput, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientSettings } from "../../../../lib/aws.ts";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import { count, defineConfig, page } from "../../../../lib/config.ts";
import { partLimits, recordLimits } from "../../../../lib/limits.ts";
import { idBytes } from "../../../../lib/roll-up/dedupe/id-map.ts";
import { DynamoLedger } from "../../../../lib/store/ledger/dynamodb.ts";
import { type CommittedPart, newHead, type OpenPart } from "../../../../lib/store/ledger/ledger.ts";
import { startAws, type TestAws } from "../../../aws.ts";
import { createLedgerTable } from "./ledger-table.ts";

let aws: TestAws;
let client: DynamoDBClient;
let ledger: DynamoLedger;
/** Another for each test. */
let stream = "";

beforeAll(async () => {
  aws = await startAws();
  await createLedgerTable(aws, "ledger");
  client = new DynamoDBClient(clientSettings());
  ledger = new DynamoLedger(client, "ledger");
});
beforeEach(() => {
  stream = randomUUID();
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
    expect(await ledger.head(`${stream}/unknown`)).toEqual(newHead);
  });

  test("moves for one of two who saw the same revision, at the first write and at later ones", async () => {
    for (let round = 0; round < 3; round++) {
      const head = await ledger.head(`${stream}/contended`);
      const moves = await Promise.all([
        ledger.moveHead(`${stream}/contended`, head, { ...head, open: [open("a", 1, 2)] }),
        ledger.moveHead(`${stream}/contended`, head, { ...head, open: [open("b", 1, 3)] }),
      ]);
      expect(moves.filter((moved) => moved)).toHaveLength(1);
      const now = await ledger.head(`${stream}/contended`);
      expect(now.revision).toBe(head.revision + 1);
      expect(now.open[0]?.id).toBe(moves[0] ? "a" : "b");
    }
  });
});

describe("the heads of many shards", () => {
  test("are each as if read alone, those that nobody has written too", async () => {
    const shards = Array.from({ length: 230 }, (_, index) => `heads/shardId-${index}`);
    await Promise.all(
      shards.flatMap((shard, index) =>
        index % 3 === 0 ? [] : [ledger.moveHead(shard, newHead, { ...newHead, bornMs: index })],
      ),
    );
    const heads = await ledger.headsOf([...shards, ...shards.slice(0, 5)]);
    expect([...heads.keys()]).toEqual(shards);
    for (const [shard, head] of heads) expect(head).toEqual(await ledger.head(shard));
    expect(await ledger.headsOf([])).toEqual(new Map());
  });

  test("are asked for again where DynamoDB leaves some out, strongly consistent each time", async () => {
    const partly = new DynamoDBClient(clientSettings());
    const asked: { keys: number; isConsistent: boolean | undefined }[] = [];
    const pauses: number[] = [];
    partly.middlewareStack.add(
      (next) => async (args) => {
        const { RequestItems = {} } = args.input as BatchGetItemCommandInput;
        const { Keys = [], ConsistentRead } = RequestItems.ledger ?? {};
        asked.push({ keys: Keys.length, isConsistent: ConsistentRead });
        const some = { RequestItems: { ledger: { ...RequestItems.ledger, Keys: Keys.slice(0, 40) } } };
        const answer = await next({ ...args, input: some });
        const left = Keys.slice(40);
        if (left.length > 0) Object.assign(answer.output, { UnprocessedKeys: { ledger: { Keys: left } } });
        return answer;
      },
      { step: "initialize" },
    );
    const clock = { now: () => 0, sleep: async (ms: number) => void pauses.push(ms) };
    const shards = Array.from({ length: 100 }, (_, index) => `left/shardId-${index}`);
    await Promise.all(shards.map((shard) => ledger.moveHead(shard, newHead, { ...newHead, bornMs: 7 })));
    const heads = await new DynamoLedger(partly, "ledger", clock).headsOf(shards);
    partly.destroy();
    expect([...heads.values()].every(({ bornMs }) => bornMs === 7)).toBe(true);
    expect(asked).toEqual([100, 60, 20].map((keys) => ({ keys, isConsistent: true })));
    expect(pauses).toHaveLength(2);
  });

  test("are an error where the table answers none of them for long", async () => {
    const throttled = new DynamoDBClient(clientSettings());
    throttled.middlewareStack.add(
      () => async (args) => {
        const { RequestItems } = args.input as BatchGetItemCommandInput;
        return {
          output: { $metadata: {}, Responses: {}, UnprocessedKeys: RequestItems },
          response: undefined,
        } as never;
      },
      { step: "initialize" },
    );
    const clock = { now: () => 0, sleep: async () => {} };
    const asked = new DynamoLedger(throttled, "ledger", clock).headsOf(["s/1", "s/2"]);
    await expect(asked).rejects.toThrow("Expected the head of 2 shards from ledger, got none of 2 in 10 attempts");
    throttled.destroy();
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
      await ledger.commit(`${stream}/parts`, part(first, last));
    const found = async (first: string, last: string): Promise<string[]> =>
      (await ledger.committed(`${stream}/parts`, first, last)).map(({ id }) => id);
    expect(await found("9", "100")).toEqual(["5-9", "10-99", "100-100"]);
    expect(await found("250", "9999")).toEqual(["101-250"]);
    expect(await found("251", "9999")).toEqual([]);
    expect(await found("1", "4")).toEqual([]);
    expect((await ledger.newest(`${stream}/parts`))?.id).toBe("101-250");
  });

  test("are found beyond the first page", async () => {
    for (let at = 0; at < 60; at++) await ledger.commit(`${stream}/many`, part(1_000 + at, 1_000 + at));
    expect(await ledger.committed(`${stream}/many`, "1000", "1059")).toHaveLength(60);
  });

  test("come back as they were written, without rows too", async () => {
    const empty = part(7, 7, { rows: 0, rowsCount: 0, firstBucketMs: undefined, lastBucketMs: undefined });
    await ledger.commit(`${stream}/same`, empty);
    expect(await ledger.committed(`${stream}/same`, "7", "7")).toEqual([empty]);
  });

  test("give way to later definitions, never to earlier ones", async () => {
    await ledger.commit(`${stream}/version`, part(1, 1, { definitions: ["d1", "d2"], counted: 1 }));
    await ledger.commit(`${stream}/version`, part(1, 1, { definitions: ["d1"], counted: 2 }));
    expect((await ledger.committed(`${stream}/version`, "1", "1"))[0]?.counted).toBe(1);
    await ledger.commit(`${stream}/version`, part(1, 1, { definitions: ["d1", "d2", "d1"], counted: 3 }));
    expect((await ledger.committed(`${stream}/version`, "1", "1"))[0]?.counted).toBe(3);
  });
});

test("neighbours come nearest first, on either side", async () => {
  for (const first of [10, 20, 30, 40]) await ledger.commit(`${stream}/near`, part(first, first + 5));
  const ids = async (from: string, direction: "before" | "after"): Promise<string[]> =>
    (await Array.fromAsync(ledger.neighbours(`${stream}/near`, from, direction))).map(({ id }) => id);
  expect(await ids("30", "before")).toEqual(["20-25", "10-15"]);
  expect(await ids("26", "after")).toEqual(["30-35", "40-45"]);
});

test("message ids are kept by part, as many as a part can have, and found by the range of their parts", async () => {
  const most = Buffer.alloc(partLimits.eventsMax * idBytes + (recordLimits.eventsMax - 1) * idBytes, 7);
  await ledger.keepIds(`${stream}/ids`, { idsName: "a", lastSequence: "9" }, most);
  await ledger.keepIds(`${stream}/ids`, { idsName: "b", lastSequence: "10" }, Buffer.from([1, 2]));
  await ledger.keepIds(`${stream}/ids`, { idsName: "c", lastSequence: "11" }, Buffer.from([3]));
  const found = new Map(await Array.fromAsync(ledger.ids(`${stream}/ids`, "9", "10")));
  expect([...found.keys()]).toEqual(["a", "b"]);
  expect(found.get("a")?.equals(most)).toBe(true);
});

test("definitions are kept by their hash", async () => {
  const name = `views_${stream.slice(0, 8)}`;
  const definitions = definitionsOf(defineConfig({ metrics: { [name]: { on: page(), measure: count() } } }));
  expect(await ledger.definitions(definitions.hash)).toBeUndefined();
  await ledger.keepDefinitions(definitions);
  expect(await ledger.definitions(definitions.hash)).toEqual(definitions);
});

describe("the shards of a stream", () => {
  test("are those with a head, by their ids, of this stream alone", async () => {
    expect(await ledger.shardIds(stream)).toEqual([]);
    const move = async (shard: string): Promise<void> => {
      const head = await ledger.head(shard);
      await ledger.moveHead(shard, head, { ...head, bornMs: head.bornMs + 1 });
    };
    for (const shard of [`${stream}/shardId-2`, `${stream}/shardId-1`, `${stream}/shardId-1`, `${stream}-2/shardId-7`])
      await move(shard);
    expect(await ledger.shardIds(stream)).toEqual(["shardId-1", "shardId-2"]);
    expect(await ledger.shardIds(`${stream}-2`)).toEqual(["shardId-7"]);
    expect(await ledger.shardIds(stream.slice(0, -1))).toEqual([]);
    const ids = Array.from({ length: 40 }, (_, index) => `shardId-${String(index).padStart(12, "0")}`);
    await Promise.all(ids.map((id) => move(`${stream}-wide/${id}`)));
    expect(await ledger.shardIds(`${stream}-wide`)).toEqual(ids);
  });

  test("are there before the head is: whoever dies in between leaves a shard that can be found", async () => {
    const dying = new DynamoDBClient(clientSettings());
    let puts = 0;
    dying.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          if (commandName === "PutItemCommand" && ++puts === 2) throw new Error("died");
          return next(args);
        },
      { step: "initialize" },
    );
    const head = await ledger.head(`${stream}/shardId-1`);
    await expect(new DynamoLedger(dying, "ledger").moveHead(`${stream}/shardId-1`, head, head)).rejects.toThrow("died");
    dying.destroy();
    expect((await ledger.head(`${stream}/shardId-1`)).revision).toBe(0);
    expect(await ledger.shardIds(stream)).toEqual(["shardId-1"]);
  });

  test("and their heads stay while they are written to, everything else goes after 90 days", async () => {
    const expiry = async (shard: string, item: string): Promise<unknown> => {
      const Key = { shard: { S: shard }, item: { S: item } };
      return (await client.send(new GetItemCommand({ TableName: "ledger", Key }))).Item?.expires?.N;
    };
    const shard = `${stream}/shardId-1`;
    await ledger.moveHead(shard, await ledger.head(shard), newHead);
    await ledger.commit(shard, part(1, 1));
    expect(await expiry(shard, "head")).toBeUndefined();
    expect(await expiry(`shards/${stream}`, "shardId-1")).toBeUndefined();
    await ledger.keepIds(shard, { idsName: "a", lastSequence: "1" }, Buffer.from([1]));
    const definitions = definitionsOf(defineConfig({ metrics: { kept: { on: page(), measure: count() } } }));
    await ledger.keepDefinitions(definitions);
    for (const [shardName, item] of [
      [shard, `part#${"1".padStart(129, "0")}`],
      [shard, `ids#${"1".padStart(129, "0")}#a`],
      [`definitions/${definitions.hash}`, "definitions"],
    ] as const) {
      const days = (Number(await expiry(shardName, item)) - Date.now() / 1_000) / 86_400;
      expect(Math.round(days), item).toBe(90);
    }
  });
});

describe("where there is no table", () => {
  test("everything that is asked of the ledger fails with an error that names the table", async () => {
    const nowhere = new DynamoLedger(client, "millrace-gone");
    const definitions = definitionsOf(defineConfig({ metrics: { views: { on: page(), measure: count() } } }));
    for (const ask of [
      () => nowhere.head("s/1"),
      () => nowhere.headsOf(["s/1"]),
      () => nowhere.moveHead("s/1", newHead, newHead),
      () => nowhere.committed("s/1", "1", "2"),
      () => nowhere.newest("s/1"),
      () => nowhere.commit("s/1", part(1, 1)),
      () => nowhere.keepIds("s/1", { idsName: "a", lastSequence: "1" }, Buffer.from([1])),
      () => Array.fromAsync(nowhere.ids("s/1", "1", "2")),
      () => Array.fromAsync(nowhere.neighbours("s/1", "1", "after")),
      () => nowhere.keepDefinitions(definitions),
      () => nowhere.definitions(definitions.hash),
      () => nowhere.shardIds("s"),
    ]) {
      const failure = expect(ask()).rejects;
      await failure.toThrow("Expected the ledger's table millrace-gone, got none of that name");
    }
  });

  test("the error keeps what DynamoDB said, and definitions are not taken for written", async () => {
    const nowhere = new DynamoLedger(client, "millrace-later");
    await expect(nowhere.head("s/1")).rejects.toMatchObject({ cause: { name: "ResourceNotFoundException" } });
    const definitions = definitionsOf(defineConfig({ metrics: { views: { on: page(), measure: count() } } }));
    await expect(nowhere.keepDefinitions(definitions)).rejects.toThrow("millrace-later");
    await createLedgerTable(aws, "millrace-later");
    await nowhere.keepDefinitions(definitions);
    expect(await nowhere.definitions(definitions.hash)).toEqual(definitions);
  });
});
