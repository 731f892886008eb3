import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientSettings } from "../../../../lib/aws.ts";
import { skip, skipByHand, skippedMax } from "../../../../lib/recovery/skip/skip.ts";
import { DynamoLedger } from "../../../../lib/store/ledger/dynamodb.ts";
import type { OpenPart } from "../../../../lib/store/ledger/ledger.ts";
import { RangeGone } from "../../../../lib/stream/reader.ts";
import { startAws, type TestAws } from "../../../aws.ts";
import { createLedgerTable } from "../../store/ledger/ledger-table.ts";

/** As long as those of Kinesis, so that the head is as large as it can be. */
const sequence = (place: number): string =>
  `49590338271490256608559692538361571095921575989${String(place).padStart(9, "0")}`;

let aws: TestAws;
let client: DynamoDBClient;
let ledger: DynamoLedger;
let shard: string;
let shards = 0;

beforeAll(async () => {
  aws = await startAws();
  await createLedgerTable(aws, "ledger");
  client = new DynamoDBClient(clientSettings());
  ledger = new DynamoLedger(client, "ledger");
});
afterAll(async () => {
  client.destroy();
  await aws[Symbol.asyncDispose]();
});
beforeEach(() => {
  shard = `events/shardId-${shards++}`;
});

const lives = async () => false;
const kills = async () => true;
const marks = async () =>
  (await ledger.head(shard)).skipped.map(({ sequenceNumber, kills }) => ({ sequenceNumber, kills }));

function openPart(first: number, last: number): OpenPart {
  return {
    id: `${first}-${last}`,
    idsName: "n",
    number: 1,
    firstSequence: sequence(first),
    lastSequence: sequence(last),
    firstArrivalMs: 1,
    lastArrivalMs: 1,
    ids: 0,
    definitions: ["d1"],
    openedMs: 1,
    records: last - first + 1,
    events: 1,
    firstBucketMs: 0,
    lastBucketMs: 0,
    views: {},
  };
}

async function open(part: OpenPart): Promise<void> {
  const head = await ledger.head(shard);
  expect(await ledger.moveHead(shard, head, { ...head, open: [part] })).toBe(true);
}

async function commit({ openedMs: _, ...part }: OpenPart): Promise<void> {
  const tally = { counted: 1, duplicate: 0, quarantined: 0, late: 0, rows: 1, rowsCount: 1, doubled: 0 };
  await ledger.commit(shard, { ...part, ...tally, committedMs: 1 });
  const head = await ledger.head(shard);
  await ledger.moveHead(shard, head, { ...head, open: head.open.filter(({ id }) => id !== part.id) });
}

describe("a mark in the head", () => {
  test("of a shard that has none yet makes one, and the shard is found afterwards", async () => {
    expect(await skip(ledger, shard, sequence(1), kills)).toEqual({ kind: "skipped" });
    expect(await ledger.head(shard)).toMatchObject({
      revision: 1,
      skipped: [{ sequenceNumber: sequence(1), kills: true }],
    });
    expect(await ledger.shardIds("events")).toContain(shard.split("/")[1]);
  });

  test("stands in the order of the stream, is known the second time, and may only become worse", async () => {
    await skip(ledger, shard, sequence(7), lives);
    await skip(ledger, shard, sequence(3), lives);
    expect(await skip(ledger, shard, sequence(7), lives)).toEqual({ kind: "known" });
    expect(await skip(ledger, shard, sequence(7), kills)).toEqual({ kind: "skipped" });
    expect(await skip(ledger, shard, sequence(7), lives)).toEqual({ kind: "known" });
    expect(await marks()).toEqual([
      { sequenceNumber: sequence(3), kills: false },
      { sequenceNumber: sequence(7), kills: true },
    ]);
  });

  test("is none where the record is counted, and leaves the head as it was", async () => {
    const part = openPart(1, 5);
    await open(part);
    await commit(part);
    const before = await ledger.head(shard);
    expect(await skip(ledger, shard, sequence(3), kills)).toEqual({ kind: "committed", part: part.id });
    expect(await ledger.head(shard)).toEqual(before);
  });

  test("goes when its part is committed, with the next one that is made", async () => {
    await skip(ledger, shard, sequence(2), kills);
    const part = openPart(1, 5);
    await open(part);
    await commit(part);
    await skip(ledger, shard, sequence(9), kills);
    expect((await marks()).map(({ sequenceNumber }) => sequenceNumber)).toEqual([sequence(9)]);
  });

  test("stays for as long as its part is open, and whoever asks hears that it is", async () => {
    await open(openPart(1, 5));
    const heard: boolean[] = [];
    const asked = async (isOpen: boolean) => heard.push(isOpen) > 0;
    await skip(ledger, shard, sequence(2), asked);
    await skip(ledger, shard, sequence(9), asked);
    expect(heard).toEqual([true, false]);
    expect(await marks()).toHaveLength(2);
  });

  test("is lost by nobody where five are made at once, and an opening at the same time starts again", async () => {
    const before = await ledger.head(shard);
    const places = Array.from({ length: 5 }, (_, place) => place);
    await Promise.all(places.map((place) => skip(ledger, shard, sequence(place), kills)));
    expect((await marks()).map(({ sequenceNumber }) => sequenceNumber)).toEqual(places.map(sequence));
    expect(await ledger.moveHead(shard, before, { ...before, open: [openPart(0, 4)] })).toBe(false);
  });

  test("fits into the item that DynamoDB takes, as often as there may be one, and no more often", async () => {
    const head = await ledger.head(shard);
    const skipped = Array.from({ length: skippedMax - 1 }, (_, place) => ({
      sequenceNumber: sequence(place),
      kills: true,
      writer: "0123456789a",
    }));
    // Marks in an open part stay without a look at what is committed.
    await ledger.moveHead(shard, head, { ...head, skipped, open: [openPart(0, skippedMax + 1)] });
    expect(await skip(ledger, shard, sequence(skippedMax), kills)).toEqual({ kind: "skipped" });
    expect(await marks()).toHaveLength(skippedMax);
    await expect(skip(ledger, shard, sequence(skippedMax + 1), kills)).rejects.toThrow(`at most ${skippedMax} records`);
  });
});

test("by hand, a record that the stream has no more is marked as one never to be taken apart", async () => {
  await open(openPart(1, 5));
  const [streamName = "", shardId = ""] = shard.split("/");
  const stream = {
    read: async (id: string, first: string, last: string) => {
      throw new RangeGone(id, first, last, "less");
    },
  };
  const rollUp = {
    preview: async () => {
      throw new Error("Expected no preview of a record that is gone");
    },
  };
  const place = { streamName, shardId, sequenceNumber: sequence(2) };
  expect(await skipByHand(place, { ledger, stream, rollUp })).toEqual({ kind: "skipped" });
  expect(await marks()).toEqual([{ sequenceNumber: sequence(2), kills: true }]);
});

test("where the table is not there, skipping fails with its name", async () => {
  const nowhere = new DynamoLedger(client, "millrace-gone");
  await expect(skip(nowhere, shard, sequence(1), kills)).rejects.toThrow("Expected the ledger's table millrace-gone");
});
