import { beforeEach, describe, expect, test } from "vitest";
import { OpenParts } from "../../../lib/query/open-parts.ts";
import type { CommittedPart, Head, OpenPart } from "../../../lib/store/ledger/ledger.ts";
import { TableLedger } from "../../fakes/ledger-table.ts";

const streamName = "events";
const shardIds = ["shardId-0", "shardId-1"];
const shard = `${streamName}/${shardIds[0]}`;
const other = `${streamName}/${shardIds[1]}`;
const minuteMs = 60_000;

let ledger: TableLedger;
let nowMs: number;
let parts: OpenParts;
let reads: number;

beforeEach(() => {
  ledger = new TableLedger();
  nowMs = 1_000_000;
  reads = 0;
  const { headsOf } = ledger;
  ledger.headsOf = (names) => {
    reads += names.length;
    return headsOf.call(ledger, names);
  };
  parts = new OpenParts(ledger, streamName, async () => shardIds, { now: () => nowMs });
});

const headOf = async (name: string): Promise<Head> => ledger.heads.get(name) ?? (await new TableLedger().head(name));

/** Opens a part of some minutes; its place in the shard is its first minute. */
async function open(name: string, first: number, last: number | undefined = first): Promise<OpenPart> {
  const head = await headOf(name);
  const part: OpenPart = {
    id: `${first}`,
    idsName: `${first}`,
    number: head.revision + 1,
    firstSequence: `${1_000 + first}`,
    lastSequence: `${1_000 + first}`,
    firstArrivalMs: 0,
    lastArrivalMs: 0,
    ids: 0,
    definitions: ["d"],
    openedMs: nowMs,
    records: 1,
    events: 1,
    firstBucketMs: first * minuteMs,
    lastBucketMs: last === undefined ? undefined : last * minuteMs,
    views: {},
  };
  await ledger.moveHead(name, head, { ...head, open: [...head.open, part] });
  return part;
}

async function commit(name: string, { openedMs: _, ...part }: OpenPart): Promise<void> {
  const tally = { counted: 1, duplicate: 0, quarantined: 0, late: 0, rows: 1, rowsCount: 1, doubled: 0 };
  await ledger.commit(name, { ...part, ...tally, committedMs: nowMs } satisfies CommittedPart);
  const head = await headOf(name);
  await ledger.moveHead(name, head, { ...head, open: head.open.filter(({ id }) => id !== part.id) });
}

/** The minutes that are open for a question, as "first-last", while which something happens. */
async function openMinutes(meanwhile: () => Promise<unknown> = async () => {}): Promise<string[]> {
  const [answer, ranges] = await parts.during(async () => {
    await meanwhile();
    return "answer";
  });
  expect(answer).toBe("answer");
  return ranges.map(({ fromMs, toMs }) => `${fromMs / minuteMs}-${toMs / minuteMs}`);
}

describe("what is open while a question is asked", () => {
  test("is nothing where no part is, and the minutes of all parts where some are, those that touch as one", async () => {
    expect(await openMinutes()).toEqual([]);
    nowMs += 1_000;
    await open(shard, 5, 7);
    await open(shard, 20);
    await open(other, 8, 9);
    expect(await openMinutes()).toEqual(["5-10", "20-21"]);
  });

  test("is the part that was committed while the store answered: its rows may be in the answer in part", async () => {
    const part = await open(shard, 5);
    expect(await openMinutes(() => commit(shard, part))).toEqual(["5-6"]);
    nowMs += 1_000;
    expect(await openMinutes()).toEqual([]);
  });

  test("is the part that was opened while the store answered", async () => {
    expect(await openMinutes(() => open(shard, 5))).toEqual(["5-6"]);
  });

  test("is every part that was opened and committed while the store answered, and none of before", async () => {
    for (const minute of [1, 2, 3]) await commit(shard, await open(shard, minute));
    const both = async () => {
      for (const minute of [10, 12]) await commit(shard, await open(shard, minute));
    };
    expect(await openMinutes(both)).toEqual(["10-11", "12-13"]);
    expect(await openMinutes(async () => commit(other, await open(other, 30)))).toContain("30-31");
    nowMs += 1_000;
    expect(await openMinutes()).toEqual([]);
  });

  test("reads only the new parts of a shard, and the first known one", async () => {
    for (let minute = 1; minute <= 20; minute++) await commit(shard, await open(shard, minute));
    let read = 0;
    const { neighbours } = ledger;
    ledger.neighbours = async function* (...asked) {
      for await (const part of neighbours.apply(ledger, asked)) {
        read++;
        yield part;
      }
    };
    expect(await openMinutes(async () => commit(shard, await open(shard, 30)))).toEqual(["30-31"]);
    expect(read).toBe(2);
  });

  test("is no minute of a part without rows", async () => {
    const part = await open(shard, 5);
    const head = await headOf(shard);
    const empty = { ...part, firstBucketMs: undefined, lastBucketMs: undefined };
    await ledger.moveHead(shard, head, { ...head, open: [empty] });
    expect(await openMinutes()).toEqual([]);
  });
});

describe("the heads", () => {
  test("are read once before for all questions of a second, and once after for those that end together", async () => {
    const release = Promise.withResolvers<void>();
    const asked = Array.from({ length: 5 }, () => openMinutes(() => release.promise));
    await open(shard, 5);
    release.resolve();
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 5 }, () => ["5-6"]));
    expect(reads).toBeLessThanOrEqual(3 * shardIds.length);
    reads = 0;
    expect(await openMinutes()).toEqual(["5-6"]);
    expect(reads).toBe(shardIds.length);
    nowMs += 1_000;
    expect(await openMinutes()).toEqual(["5-6"]);
    expect(reads).toBe(3 * shardIds.length);
  });

  test("are read again after a failure, and a failure of the store is that of the question", async () => {
    const { headsOf } = ledger;
    ledger.headsOf = async () => {
      throw new Error("down");
    };
    await expect(openMinutes()).rejects.toThrow("down");
    ledger.headsOf = headsOf;
    expect(await openMinutes()).toEqual([]);
    const failing = openMinutes(async () => {
      throw new Error("store down");
    });
    await expect(failing).rejects.toThrow("store down");
  });
});
