import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientSettings } from "../../../../lib/aws.ts";
import { DynamoReplayMarks } from "../../../../lib/recovery/resend/dynamodb-marks.ts";
import { skip } from "../../../../lib/recovery/skip/skip.ts";
import { DynamoLedger } from "../../../../lib/store/ledger/dynamodb.ts";
import { type CommittedPart, type Head, newHead } from "../../../../lib/store/ledger/ledger.ts";
import { startAws, type TestAws } from "../../../aws.ts";
import { loseNextAnswer } from "../../lost-answer.ts";
import { createLedgerTable } from "./ledger-table.ts";

let aws: TestAws;
/** The process whose answers are lost, and another one. */
let client: DynamoDBClient;
let ledger: DynamoLedger;
let other: DynamoLedger;
let otherClient: DynamoDBClient;
let shard: string;
let shards = 0;

beforeAll(async () => {
  aws = await startAws();
  await createLedgerTable(aws, "ledger");
});
afterAll(() => aws[Symbol.asyncDispose]());
beforeEach(() => {
  shard = `events/shardId-${shards++}`;
  client = new DynamoDBClient(clientSettings());
  ledger = new DynamoLedger(client, "ledger");
  otherClient = new DynamoDBClient(clientSettings());
  other = new DynamoLedger(otherClient, "ledger");
});
afterEach(() => {
  client.destroy();
  otherClient.destroy();
});

/** Writes the head as the other process does, whatever it has become. */
async function otherMoves(): Promise<Head> {
  const head = await other.head(shard);
  expect(await other.moveHead(shard, head, head)).toBe(true);
  return other.head(shard);
}

describe("a write whose answer was lost, and that the SDK repeats", () => {
  test("moves the head, and says so", async () => {
    const head = await otherMoves();
    loseNextAnswer(client);
    expect(await ledger.moveHead(shard, head, head)).toBe(true);
    expect((await ledger.head(shard)).revision).toBe(head.revision + 1);
  });

  test("makes the first head of a shard, and says so", async () => {
    await ledger.moveHead(shard, newHead, newHead);
    // The shard's own item is the first write of the first head: lose the answer to the second.
    const fresh = `${shard}-fresh`;
    loseNextAnswer(client, async () => loseNextAnswer(client));
    expect(await ledger.moveHead(fresh, newHead, newHead)).toBe(true);
    expect((await ledger.head(fresh)).revision).toBe(1);
  });

  test("is not taken for an earlier write of the same process", async () => {
    const head = await otherMoves();
    expect(await ledger.moveHead(shard, head, head)).toBe(true);
    expect(await ledger.moveHead(shard, head, head)).toBe(false);
  });

  test("is not claimed by a process that lost the race", async () => {
    const head = await otherMoves();
    await otherMoves();
    expect(await ledger.moveHead(shard, head, head)).toBe(false);
  });

  test.each([
    ["at once", async () => {}],
    ["after another process has moved the head", otherMoves],
  ] as const)("marks a record to be skipped, and reports it as skipped: %s", async (_, between) => {
    await otherMoves();
    loseNextAnswer(client, between);
    expect(await skip(ledger, shard, "7", async () => true)).toEqual({ kind: "skipped" });
    expect(await skip(ledger, shard, "7", async () => true)).toEqual({ kind: "known" });
    expect((await ledger.head(shard)).skipped).toMatchObject([{ sequenceNumber: "7", kills: true }]);
  });

  test("moves a replay's mark: no other replay is running", async () => {
    const marks = new DynamoReplayMarks(client, "ledger");
    const next = { attempt: 1, of: 0, state: "sending", entry: "e", patch: "p", untilMs: 1_000 } as const;
    const message = { source: "web", messageId: `${shard}-message` };
    loseNextAnswer(client);
    expect(await marks.move(message, undefined, next)).toBe(true);
    expect(await marks.move(message, undefined, next)).toBe(false);
    const mark = await marks.read(message);
    expect(mark).toEqual({ ...next, revision: 1 });
    loseNextAnswer(client);
    expect(await marks.move(message, mark, { ...next, state: "sent" })).toBe(true);
    expect(await marks.read(message)).toMatchObject({ revision: 2, state: "sent" });
  });
});

describe("a committed part", () => {
  const part = (more: Partial<CommittedPart> = {}): CommittedPart => ({
    ...{ id: "p", number: 1, firstSequence: "1", lastSequence: "9", firstArrivalMs: 1, lastArrivalMs: 1 },
    ...{ ids: 0, idsName: "n", definitions: ["d1"], views: {}, records: 9, events: 9 },
    ...{ counted: 9, duplicate: 0, quarantined: 0, late: 0, rows: 1, rowsCount: 9, doubled: 0 },
    ...{ firstBucketMs: 1, lastBucketMs: 1, committedMs: 1 },
    ...more,
  });
  const counted = part();
  const writtenOff = part({ counted: 0, rows: 0, rowsCount: 0, lost: 9 });
  const countedLater = { ...counted, definitions: ["d1", "d2"] };
  const writtenOffLater = { ...writtenOff, definitions: ["d1", "d2"] };

  test.each([
    ["that was counted takes the place of one that was written off", [writtenOff, counted], counted],
    ["that was counted is not written off afterwards", [counted, writtenOff], counted],
    ["may be written again: its rows are the same", [part({ committedMs: 0 }), counted], counted],
    ["that was written off under later definitions stays so", [writtenOffLater, counted], writtenOffLater],
    [
      "that was begun anew under later definitions may be lost: some of its rows are taken back",
      [counted, writtenOffLater],
      writtenOffLater,
    ],
    ["that was counted under later definitions is not lost", [countedLater, writtenOff], countedLater],
  ])("%s", async (_, parts, expected) => {
    for (const one of parts) await ledger.commit(shard, one);
    expect(await ledger.committed(shard, "1", "9")).toEqual([expected]);
  });
});
