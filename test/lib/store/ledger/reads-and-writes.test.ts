import { BatchGetItemCommand, ConditionalCheckFailedException, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { definitionsOf } from "../../../../lib/config/definitions.ts";
import { count, defineConfig, page } from "../../../../lib/config.ts";
import { DynamoReplayMarks } from "../../../../lib/recovery/resend/dynamodb-marks.ts";
import { DynamoLedger } from "../../../../lib/store/ledger/dynamodb.ts";
import { ledgerKeys } from "../../../../lib/store/ledger/item-table.ts";
import { type CommittedPart, newHead } from "../../../../lib/store/ledger/ledger.ts";
import { DynamoTable } from "../../../fakes/dynamo-table.ts";
import { committed } from "../../audit/rig.ts";

const shard = "events/shardId-1";
const definitionsNamed = (name: string) =>
  definitionsOf(defineConfig({ metrics: { [name]: { on: page(), measure: count() } } }));
/** Of records 10 x number to 10 x number + 9. */
const part = (number: number, more: Partial<CommittedPart> = {}): CommittedPart =>
  committed(number, { firstSequence: String(number * 10), lastSequence: String(number * 10 + 9), ...more });

let table: DynamoTable;
let ledger: DynamoLedger;
/** Items that were put. */
let put: string[];

beforeEach(() => {
  // A read that is not strongly consistent never sees what was written last.
  table = new DynamoTable({ name: "ledger", keys: ledgerKeys, now: () => 0, staleMs: Number.POSITIVE_INFINITY });
  put = [];
  const client = table.client(async (command, run) => {
    if (command instanceof PutItemCommand) put.push(command.input.Item?.shard?.S ?? "");
    return run();
  });
  ledger = new DynamoLedger(client, "ledger", { now: () => 0, sleep: async () => {} });
});

describe("whatever was written is seen by the next read", () => {
  test("of a head, alone and among others", async () => {
    await ledger.moveHead(shard, newHead, { ...newHead, bornMs: 7 });
    expect(await ledger.head(shard)).toMatchObject({ revision: 1, bornMs: 7 });
    expect((await ledger.headsOf([shard])).get(shard)).toMatchObject({ revision: 1, bornMs: 7 });
  });

  test("of committed parts", async () => {
    for (const number of [1, 2]) await ledger.commit(shard, part(number));
    // Beside the parts are other items of the shard.
    await ledger.moveHead(shard, newHead, newHead);
    await ledger.keepIds(shard, { idsName: "a", lastSequence: "19" }, Buffer.from([1]));
    expect(await ledger.committed(shard, "10", "29")).toHaveLength(2);
    expect(await ledger.newest(shard)).toMatchObject({ lastSequence: "29" });
    expect(await Array.fromAsync(ledger.neighbours(shard, "29", "before"))).toHaveLength(2);
  });

  test("of message ids, definitions and shards", async () => {
    await ledger.keepIds(shard, { idsName: "a", lastSequence: "1" }, Buffer.from([1]));
    expect(await Array.fromAsync(ledger.ids(shard, "1", "1"))).toEqual([["a", Buffer.from([1])]]);
    const definitions = definitionsNamed("views");
    await ledger.keepDefinitions(definitions);
    expect(await ledger.definitions(definitions.hash)).toEqual(definitions);
    await ledger.listShard(shard, false);
    expect(await ledger.shardIds("events")).toEqual(["shardId-1"]);
  });

  test("of the marks of replays", async () => {
    const marks = new DynamoReplayMarks(table.client(), "ledger");
    const mark = { attempt: 1, of: 0, state: "sending", entry: "e", patch: "", untilMs: 5 } as const;
    const message = { source: "web", messageId: "m" };
    await marks.move(message, undefined, mark);
    expect(await marks.read(message)).toMatchObject({ attempt: 1, untilMs: 5 });
  });
});

describe("a process", () => {
  test("writes definitions once, and again when they are others", async () => {
    const [views, orders] = [definitionsNamed("views"), definitionsNamed("orders")];
    for (const definitions of [views, views, orders, orders, views]) await ledger.keepDefinitions(definitions);
    expect(put).toEqual([views, orders, views].map(({ hash }) => `definitions/${hash}`));
  });

  test("puts a shard on the list with its first head alone", async () => {
    let head = newHead;
    for (let moves = 0; moves < 3; moves++) {
      await ledger.moveHead(shard, head, head);
      head = { ...newHead, ...(await ledger.head(shard)) };
    }
    expect(put).toEqual(["shards/events", shard, shard, shard]);
  });
});

test("definitions of as many metrics as there may be fit into an item, and come back as they were", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [
      `metric_${index}`,
      {
        on: page(`Page ${index}`, {
          "context.campaign.name":
            "a campaign with a name that is as long as people make them, and then some more of it, and again some more, to be sure that it is",
        }),
        measure: count(),
        by: {
          path: "context.page.path",
          country: "context.geo.country",
          from: "context.page.referrer",
          via: "context.campaign.name",
        },
      },
    ]),
  );
  const definitions = definitionsOf(defineConfig({ metrics: many }));
  // DynamoDB takes no item of more.
  expect(JSON.stringify(definitions).length).toBeGreaterThan(400 * 1024);
  await ledger.keepDefinitions(definitions);
  expect(await ledger.definitions(definitions.hash)).toEqual(definitions);
});

test("definitions of an ordinary size are text that people can read in the table", async () => {
  const definitions = definitionsNamed("views");
  await ledger.keepDefinitions(definitions);
  const stored = table.stored(`definitions/${definitions.hash}`, "definitions");
  expect(JSON.parse(stored?.item?.definitions?.S ?? "")).toEqual(definitions);
});

test("a look for the parts of a range reads no further than the first behind it", async () => {
  for (let number = 1; number <= 60; number++) await ledger.commit(shard, part(number));
  const before = table.consumed.requests;
  expect(await ledger.committed(shard, "10", "29")).toHaveLength(2);
  expect(table.consumed.requests - before).toBe(1);
  expect(await ledger.newest(shard)).toMatchObject({ lastSequence: "609" });
  expect(table.consumed.requests - before).toBe(2);
});

test("a head comes back as it was written, with all that it may have", async () => {
  const whole = {
    ...newHead,
    ancestors: ["events/shardId-0"],
    descendants: ["events/shardId-2"],
    orphanedMs: 3,
    bornMs: 4,
    skipped: [{ sequenceNumber: "5", kills: true }],
    furthest: "9",
    hashKeys: { first: "1", last: "9" },
  };
  await ledger.moveHead(shard, newHead, whole);
  expect(await ledger.head(shard)).toEqual({ ...whole, revision: 1 });
});

describe("a shard that the stream has forgotten", () => {
  const [day, now] = [86_400_000, 1_500];
  /** Of a second and a half after the epoch: an end is a whole second, and no sooner than said. */
  const at = (): DynamoLedger => new DynamoLedger(table.client(), "ledger", { now: () => now, sleep: async () => {} });
  const known = () => at().knownShards("events");

  test("has a head that ends after 90 days, unless somebody writes for it", async () => {
    await at().moveHead(shard, newHead, { ...newHead, bornMs: 7 });
    const head = await at().head(shard);
    expect(head).not.toHaveProperty("expiresMs");
    expect(await at().expireHead(shard, head)).toBe(true);
    expect(await at().head(shard)).toMatchObject({ revision: 1, bornMs: 7, expiresMs: 90 * day + 1_000 });
    expect(await at().moveHead(shard, head, { ...head, bornMs: 8 })).toBe(true);
    expect(await at().head(shard)).not.toHaveProperty("expiresMs");
    expect(await at().expireHead(shard, head)).toBe(false);
    expect((await at().head(shard)).bornMs).toBe(8);
  });

  test("stays on the list for a week, and says so, unless somebody puts it there again", async () => {
    await at().listShard(shard, false);
    expect(await known()).toEqual([{ shardId: "shardId-1", isExpiring: false }]);
    await at().listShard(shard, true);
    expect(await known()).toEqual([{ shardId: "shardId-1", isExpiring: true }]);
    expect(table.stored("shards/events", "shardId-1")?.expiresMs).toBe(7 * day + 1_000);
    await at().listShard(shard, false);
    expect(await known()).toEqual([{ shardId: "shardId-1", isExpiring: false }]);
  });
});

test("many heads are read a hundred at a time, each once", async () => {
  const shards = Array.from({ length: 1_001 }, (_, index) => `events/shardId-${index}`);
  expect((await ledger.headsOf(shards)).size).toBe(1_001);
  expect(table.consumed.requests).toBe(11);
});

test("between the attempts at a throttled table there is more and more time, up to a second", async () => {
  const pauses: number[] = [];
  const chance = vi.spyOn(Math, "random").mockReturnValue(0.5);
  table.isUnprocessed = () => true;
  const via: Parameters<DynamoTable["client"]>[0] = async (command, run) => {
    if (!(command instanceof BatchGetItemCommand)) return run();
    return { Responses: {}, UnprocessedKeys: command.input.RequestItems };
  };
  const clock = { now: () => 0, sleep: async (ms: number) => void pauses.push(ms) };
  await expect(new DynamoLedger(table.client(via), "ledger", clock).headsOf([shard])).rejects.toThrow(
    "Expected the head of 1 shards from ledger, got none of 1 in 10 attempts: the table is throttled",
  );
  chance.mockRestore();
  expect(pauses).toEqual([25, 50, 100, 200, 400, 500, 500, 500, 500]);
});

test("a head is not moved for somebody who comes second, even where it is gone by then", async () => {
  const via: Parameters<DynamoTable["client"]>[0] = async (command, run) => {
    if (command instanceof PutItemCommand && command.input.ConditionExpression !== undefined) {
      throw new ConditionalCheckFailedException({ message: "The conditional request failed", $metadata: {} });
    }
    return run();
  };
  const late = new DynamoLedger(table.client(via), "ledger");
  expect(await late.moveHead(shard, { ...newHead, revision: 3 }, newHead)).toBe(false);
});

test("the head of a shard that nobody has written has nothing in it", async () => {
  const nothing = {
    revision: 0,
    open: [],
    ancestors: [],
    descendants: [],
    orphanedMs: 0,
    bornMs: 0,
    skipped: [],
    furthest: "",
  };
  expect(await ledger.head(shard)).toEqual(nothing);
  expect((await ledger.headsOf([shard])).get(shard)).toEqual(nothing);
});

test("what a table lacks is said with what DynamoDB said", async () => {
  const elsewhere = new DynamoLedger(table.client(), "elsewhere");
  await expect(elsewhere.head(shard)).rejects.toMatchObject({
    message: "Expected the ledger's table elsewhere, got none of that name in this account and region",
    cause: { name: "ResourceNotFoundException" },
  });
});

test("an error of the table is the ledger's error, and not taken for an answer", async () => {
  const down = new DynamoLedger(
    table.client(async () => {
      throw Object.assign(new Error("later"), { name: "ThrottlingException" });
    }),
    "ledger",
  );
  for (const ask of [
    () => down.head(shard),
    () => down.headsOf([shard]),
    () => down.moveHead(shard, { ...newHead, revision: 3 }, newHead),
    () => down.commit(shard, part(1)),
    () => down.committed(shard, "1", "2"),
  ]) {
    await expect(ask()).rejects.toThrow("later");
  }
});
