import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clientSettings } from "../../lib/aws.ts";
import { definitionsOf } from "../../lib/config/definitions.ts";
import { count, sum, track } from "../../lib/config.ts";
import { skippedMax } from "../../lib/recovery/skip/skip.ts";
import { idBytes } from "../../lib/roll-up/dedupe/id-map.ts";
import { nothingKnown } from "../../lib/roll-up/fold/part-fold.ts";
import { foldedUnder, foldName } from "../../lib/roll-up/fold-name.ts";
import { joinLineage } from "../../lib/roll-up/lineage.ts";
import { foldNew } from "../../lib/roll-up/part.ts";
import { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import { ancestorsMax, checkRoom, descendantsMax, HeadFull } from "../../lib/store/ledger/head-room.ts";
import { ledgerKeys } from "../../lib/store/ledger/item-table.ts";
import { type CommittedPart, type Head, newHead, type OpenPart } from "../../lib/store/ledger/ledger.ts";
import { startAws, type TestAws } from "../aws.ts";
import { TableLedger } from "../fakes/ledger-table.ts";
import { record } from "../lib/roll-up/fold/shop.ts";
import { recordOf, shard, sold, World } from "../lib/roll-up/world.ts";

let aws: TestAws;
let client: DynamoDBClient;
let ledger: DynamoLedger;

beforeAll(async () => {
  aws = await startAws();
  await aws.dynamodb.createTable({
    TableName: "ledger",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: Object.values(ledgerKeys)
      .slice(0, 2)
      .map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
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

/** As long as Kinesis makes them. */
const sequence = (n: number): string => `49${String(n).padStart(54, "0")}`;
const shardName = (n: number): string => `millrace-events/shardId-${String(n).padStart(12, "0")}`;
const marks = (length: number, kills = true) =>
  Array.from({ length }, (_, n) => ({ sequenceNumber: sequence(n), kills }));
const whole = { firstSequence: sequence(0), lastSequence: sequence(10_000) };

const open = (n: number, more: Partial<OpenPart> = {}): OpenPart => ({
  id: "0123456789abcdef",
  idsName: "0123456789abcdef-0123456789ab",
  ...whole,
  firstArrivalMs: 1_790_000_000_000,
  lastArrivalMs: 1_790_000_000_000,
  ids: 49_999,
  number: 1_000_000 + n,
  definitions: ["0123456789ab"],
  views: {},
  openedMs: 1_790_000_000_000,
  records: 10_000,
  events: 49_999,
  firstBucketMs: 1_790_000_000_000,
  lastBucketMs: 1_790_000_000_000,
  ...more,
});

function committed({ openedMs: _, ...part }: OpenPart): CommittedPart {
  const tally = { counted: 1, duplicate: 0, quarantined: 0, late: 0 };
  return { ...part, ...tally, rows: 1, rowsCount: 1, doubled: 0, committedMs: 1 };
}

/** The names of a part that two deployments take from each other, with ever more records that are skipped. */
function takenOver(times: number, skipped: (time: number) => number): string[] {
  const names: string[] = [];
  for (let time = 0; time < times; time++) {
    const hash = time % 2 === 0 ? "0123456789ab" : "ba9876543210";
    names.push(foldName(foldedUnder(hash, whole, marks(skipped(time)), names.at(-1))));
  }
  return names;
}

async function isKept(name: string, head: Head): Promise<void> {
  expect(await ledger.moveHead(name, newHead, head)).toBe(true);
  expect(await ledger.head(name)).toEqual({ ...head, revision: 1 });
}

test("the message ids of the largest part there can be are an item", async () => {
  const events = (from: number, length: number) =>
    Array.from({ length }, (_, n) => ({ type: "track", event: "Seen", messageId: `message ${from + n}` }));
  const records = [
    record(events(0, 4_999), 1),
    ...Array.from({ length: 10 }, (_, n) => record(events((n + 1) * 5_000, 5_000), n + 2)),
  ];
  const definitions = definitionsOf({ metrics: { all: { on: track(), measure: count() } } });
  const { ids, tally } = foldNew(records, definitions, nothingKnown);
  expect(tally.events).toBe(49_999);
  expect(ids).toHaveLength(49_999 * idBytes);
  await ledger.keepIds("s/ids", { idsName: "n", lastSequence: sequence(1) }, ids);
  const [[, kept] = []] = await Array.fromAsync(ledger.ids("s/ids", sequence(0), sequence(1)));
  expect(kept?.equals(ids)).toBe(true);
});

describe("a head", () => {
  const crowded: Head = {
    ...newHead,
    ancestors: Array.from({ length: ancestorsMax }, (_, n) => shardName(n)),
    descendants: Array.from({ length: descendantsMax }, (_, n) => shardName(n)),
    bornMs: 1_790_000_000_000,
    skipped: marks(skippedMax, false),
  };
  const views = Object.fromEntries(crowded.ancestors.map((name) => [name, 1_000_000]));
  const hasRoom = (head: Head): boolean => {
    try {
      checkRoom(shard, head);
      return true;
    } catch (error) {
      if (error instanceof HeadFull) return false;
      throw error;
    }
  };
  /** With as many open parts as there is room for. */
  function full(head: Head, part: (n: number) => OpenPart): Head {
    let filled = head;
    for (let n = 0; ; n++) {
      const next = { ...filled, open: [...filled.open, part(n)] };
      if (!hasRoom(next)) return filled;
      filled = next;
    }
  }

  test("with as many relatives and records to skip as there may be, and open parts until it is full, is an item", async () => {
    const head = full(crowded, open);
    expect(head.open.length).toBeGreaterThan(100);
    await isKept("s/full", head);
  });

  test("still is one when parts that were opened unsealed are sealed, and when one is taken over a hundred times", async () => {
    const unsealed = full(crowded, (n) => open(n, { views: n < 6 ? undefined : {} }));
    const sealed = unsealed.open.map((part) => ({ ...part, views: part.views ?? views }));
    const [first, ...others] = sealed;
    const definitions = takenOver(100, (time) => Math.min(skippedMax, time * 5));
    await isKept("s/sealed", { ...unsealed, open: [{ ...(first as OpenPart), definitions }, ...others] });
  });

  test("that is full takes no further part and says so, and takes them again after a sweep", async () => {
    const world = new World([recordOf(0, [sold(1)]), recordOf(1, [sold(2)])]);
    await world.invoke(0, 1);
    const before = world.ledger.heads.get(shard) as Head;
    world.ledger.table.putHead(
      shard,
      full(before, (n) => open(n, { id: String(n) })),
    );
    await expect(world.invoke(1, 2)).rejects.toThrow(
      /Expected the head of .* \d+ open parts: they have to be swept first/,
    );
    expect(world.ledger.parts.get(shard)).toHaveLength(1);
    world.ledger.table.putHead(shard, before);
    await world.invoke(1, 2);
    expect(world.ledger.parts.get(shard)).toHaveLength(2);
  });

  test("knows the nearest ancestors only, and none that has as many descendants as it may", async () => {
    const ledger = new TableLedger();
    const ancestors = Array.from({ length: ancestorsMax + 50 }, (_, n) => shardName(n));
    ledger.table.putHead(shardName(3), { ...crowded, revision: 1 });
    await joinLineage(ledger, shard, { ancestors, forgotten: [] }, { bornMs: 1, nowMs: 1 });
    await joinLineage(ledger, shard, { ancestors, forgotten: [] }, { bornMs: 1, nowMs: 1 });
    const joined = ancestors.slice(0, ancestorsMax).toSpliced(3, 1);
    expect((await ledger.head(shard)).ancestors).toEqual(joined);
    expect((await ledger.head(shardName(3))).descendants).not.toContain(shard);
    for (const name of joined) expect((await ledger.head(name)).descendants).toEqual([shard]);
    expect((await ledger.head(shardName(ancestorsMax))).descendants).toEqual([]);
  });
});

describe("a part", () => {
  test.each([
    ["taken over 1,000 times under alternating definitions", takenOver(1_000, () => 0)],
    ["taken over 100 times with 500 records that are skipped", takenOver(100, () => 500)],
    ["whose 500 records that end the process were found one by one", takenOver(500, (time) => time + 1)],
  ])("%s is an item, open and committed, and comes back as it was", async (title, definitions) => {
    const part = open(1, { definitions });
    await isKept(`s/${title}`, { ...newHead, open: [part], skipped: marks(skippedMax) });
    await ledger.commit(`s/${title}`, committed(part));
    expect(await ledger.committed(`s/${title}`, sequence(0), sequence(1))).toEqual([committed(part)]);
    expect(await ledger.newest(`s/${title}`)).toEqual(committed(part));
  });
});

test("the definitions of as many metrics as there may be are an item", async () => {
  const metrics = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, n) => {
      const by = {
        country: "context.geo.country",
        path: "context.page.path",
        [`own_${n}`]: `properties.own_${n}`,
        plan: "traits.plan",
      };
      return [
        `metric_number_${n}_${"x".repeat(110)}`,
        { on: track(`Event number ${n} of many`, { "properties.n": n }), measure: sum("properties.revenue"), by },
      ];
    }),
  );
  const definitions = definitionsOf({ metrics });
  expect(JSON.stringify(definitions).length).toBeGreaterThan(400 * 1024);
  await ledger.keepDefinitions(definitions);
  expect(await ledger.definitions(definitions.hash)).toEqual(definitions);
});
