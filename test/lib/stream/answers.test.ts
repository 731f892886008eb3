import {
  ExpiredIteratorException,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type KinesisClient,
  type ListShardsCommand,
  ProvisionedThroughputExceededException,
  ResourceNotFoundException,
  type Shard,
} from "@aws-sdk/client-kinesis";
import { describe, expect, test } from "vitest";
import type { Clock } from "../../../lib/clock.ts";
import { KinesisStream } from "../../../lib/stream/kinesis.ts";
import { RangeGone } from "../../../lib/stream/reader.ts";

const about = { message: "as Kinesis says it", $metadata: {} };
const throttled = new ProvisionedThroughputExceededException(about);
const forgotten = new ResourceNotFoundException(about);
const expired = new ExpiredIteratorException(about);

type Answer = Error | Partial<GetRecordsCommandOutput>;

/** Answers that kinesalite cannot be brought to give, one after the other; the last for ever. */
function streamOf(answers: readonly Answer[], waitMsMax = 0) {
  const asked: string[] = [];
  const limits: (number | undefined)[] = [];
  let place = 0;
  let nowMs = 0;
  const client = {
    send: async (command: { readonly input: unknown }) => {
      if (command instanceof GetShardIteratorCommand) {
        const { ShardIteratorType, StartingSequenceNumber = "" } = command.input;
        asked.push(`${ShardIteratorType} ${StartingSequenceNumber}`.trim());
        return { ShardIterator: "i" };
      }
      if (!(command instanceof GetRecordsCommand)) throw new Error("Expected a read, got another request");
      limits.push(command.input.Limit);
      const answer = answers[Math.min(place++, answers.length - 1)];
      asked.push(answer instanceof Error ? answer.name : "page");
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const clock: Clock = {
    now: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
  };
  return { asked, limits, stream: new KinesisStream(client as unknown as KinesisClient, "s", { waitMsMax, clock }) };
}

const page = (numbers: readonly number[], more: Partial<GetRecordsCommandOutput> = {}): Answer => ({
  Records: numbers.map((number) => ({
    SequenceNumber: String(number),
    PartitionKey: "p",
    Data: Buffer.from("x"),
    ApproximateArrivalTimestamp: new Date(number * 1_000),
  })),
  NextShardIterator: "n",
  MillisBehindLatest: 10,
  ...more,
});
const end = { NextShardIterator: undefined };
const numbersOf = (records: readonly { readonly sequenceNumber: string }[]) =>
  records.map(({ sequenceNumber }) => Number(sequenceNumber));

async function all(stream: KinesisStream): Promise<number[]> {
  const pages = await Array.fromAsync(stream.pages("shardId-1", "oldest", 10));
  return pages.flatMap(({ records }) => numbersOf(records));
}

describe("a shard is read on", () => {
  test("to its end, over reads that bring nothing or not even a list", async () => {
    const { stream } = streamOf([page([1]), page([]), { NextShardIterator: "n" }, page([2], end)]);
    expect(await all(stream)).toEqual([1, 2]);
  });

  test("behind the last record once an iterator has expired, and once only for each", async () => {
    const { stream, asked } = streamOf([page([1]), expired, page([2]), page([]), expired, page([3], end)]);
    expect(await all(stream)).toEqual([1, 2, 3]);
    const iterators = asked.filter((one) => !/^page|Exception$/.test(one));
    expect(iterators).toEqual(["TRIM_HORIZON", "AFTER_SEQUENCE_NUMBER 1", "AFTER_SEQUENCE_NUMBER 2"]);
  });

  test("not for ever, where a new iterator has expired too", async () => {
    const { stream } = streamOf([page([1]), expired]);
    await expect(all(stream)).rejects.toThrow(ExpiredIteratorException);
    await expect(all(streamOf([expired]).stream)).rejects.toThrow(ExpiredIteratorException);
  });

  test("after it was throttled, for as long as patience lasts", async () => {
    const answers = [throttled, page([1]), throttled, throttled, throttled, page([2], end)];
    expect(await all(streamOf(answers, 60_000).stream)).toEqual([1, 2]);
    await expect(all(streamOf(answers).stream)).rejects.toThrow(ProvisionedThroughputExceededException);
    await expect(all(streamOf([throttled], 60_000).stream)).rejects.toThrow(ProvisionedThroughputExceededException);
  });

  test.each([
    "ProvisionedThroughputExceededException",
    "LimitExceededException",
    "KMSThrottlingException",
    "ThrottlingException",
    "InternalFailure",
    "InternalFailureException",
    "ServiceUnavailable",
    "TimeoutError",
  ])("after %s, which passes", async (name) => {
    const passing = Object.assign(new Error("later"), { name });
    expect(await all(streamOf([page([1]), passing, page([2], end)], 60_000).stream)).toEqual([1, 2]);
  });

  test("not after an error that does not pass, however patient the reader is", async () => {
    const { stream, asked } = streamOf([new TypeError("a bug"), page([1], end)], 60_000);
    await expect(all(stream)).rejects.toThrow("a bug");
    expect(asked).toEqual(["TRIM_HORIZON", "TypeError"]);
  });

  test("with what Kinesis may leave out of a record", async () => {
    const bare = { Records: [{ SequenceNumber: "1", PartitionKey: undefined, Data: undefined }] };
    const [first] = await Array.fromAsync(streamOf([{ ...bare, ...end }]).stream.pages("shardId-1", "oldest", 10));
    expect(first).toEqual({
      records: [{ sequenceNumber: "1", partitionKey: undefined, arrivalMs: Number.NaN, data: Buffer.alloc(0) }],
      behindMs: 0,
    });
  });

  test("where its iterator expired while it was throttled, the first one too", async () => {
    const answers = [throttled, expired, page([1]), throttled, expired, page([2], end)];
    expect(await all(streamOf(answers, 60_000).stream)).toEqual([1, 2]);
  });

  test("until the stream forgets it, in the middle too", async () => {
    expect(await all(streamOf([forgotten]).stream)).toEqual([]);
    expect(await all(streamOf([page([1]), forgotten]).stream)).toEqual([1]);
    expect(await all(streamOf([page([1]), expired, forgotten]).stream)).toEqual([1]);
  });
});

const rangeOf = (numbers: readonly number[]): string => `${numbers[0] ?? "none"} to ${numbers.at(-1) ?? "none"}`;

describe("a range", () => {
  const read = (answers: readonly Answer[]) => streamOf(answers).stream.read("shardId-1", "1", "3");

  test("is read over empty reads, and ends with its last record", async () => {
    expect(numbersOf(await read([page([1]), page([]), page([2, 3, 4])]))).toEqual([1, 2, 3]);
  });

  test("goes on behind a read that ended at the tip: more may have come since", async () => {
    expect(numbersOf(await read([page([1], { MillisBehindLatest: 0 }), page([2, 3])]))).toEqual([1, 2, 3]);
  });

  test("is read with no more records a read than are missing of it", async () => {
    const { stream, limits } = streamOf([page([1]), page([2]), page([3])]);
    await stream.read("shardId-1", "1", "3", 3);
    expect(limits).toEqual([3, 2, 1]);
    const unknown = streamOf([page([1]), page([3])]);
    await unknown.stream.read("shardId-1", "1", "3");
    expect(unknown.limits).toEqual([10_000, 9_999]);
  });

  test.each([
    ["the shard ends before it", [page([1, 2], end)], [1, 2]],
    ["the tip is before its end", [page([1, 2]), page([], { MillisBehindLatest: 0 })], [1, 2]],
    ["a later record stands where it ends", [page([1, 2, 4])], [1, 2]],
    ["its first record has expired", [page([2, 3])], [2, 3]],
    ["nothing is left of it", [page([7])], []],
    ["the stream has forgotten the shard", [forgotten], []],
    ["the stream forgets the shard while it is read", [page([1, 2]), forgotten], [1, 2]],
  ])("is gone where %s, and says what is left", async (_, answers, left) => {
    const gone: unknown = await read(answers).catch((error: unknown) => error);
    expect(gone).toBeInstanceOf(RangeGone);
    expect(numbersOf((gone as RangeGone).records)).toEqual(left);
    expect(gone).toMatchObject({ name: "RangeGone" });
    const got = answers[0] === forgotten || answers[1] === forgotten ? "no such shard" : rangeOf(left);
    expect((gone as RangeGone).message).toBe(`Expected records 1 to 3 of shardId-1 in the stream, got ${got}`);
  });

  test("is not gone where Kinesis is throttled: the reader is told", async () => {
    await expect(read([page([1]), throttled])).rejects.toThrow(ProvisionedThroughputExceededException);
  });
});

test("a reader that makes room waits between two reads, and not before the first", async () => {
  let nowMs = 0;
  const slept: number[] = [];
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      slept.push(ms);
      nowMs += ms;
    },
  };
  const client = {
    send: async ({ input }: GetRecordsCommand) => ("Limit" in input ? page([1]) : { ShardIterator: "i" }),
  };
  const stream = new KinesisStream(client as unknown as KinesisClient, "s", { waitMsMax: 0, everyMs: 500, clock });
  const pages = stream.pages("shardId-1", "oldest", 10);
  for (const tookMs of [100, 700, 0]) {
    await pages.next();
    nowMs += tookMs;
  }
  await pages.next();
  expect(slept).toEqual([400, 500]);
});

describe("where a shard came from", () => {
  const shard = (id: string, ParentShardId?: string, AdjacentParentShardId?: string): Shard => ({
    ShardId: id,
    ParentShardId,
    AdjacentParentShardId,
    HashKeyRange: undefined,
    SequenceNumberRange: undefined,
  });
  /** One shard a page. */
  function listing(shards: readonly Shard[]): KinesisStream {
    const client = {
      send: async ({ input }: ListShardsCommand) => {
        expect(input.StreamName === undefined).not.toBe(input.NextToken === undefined);
        const at = Number(input.NextToken ?? 0);
        const more = at + 1 < shards.length ? { NextToken: String(at + 1) } : {};
        return { Shards: shards.slice(at, at + 1), ...more };
      },
    };
    return new KinesisStream(client as unknown as KinesisClient, "s");
  }

  test.each([
    ["nowhere", [shard("a")], [], []],
    ["a split", [shard("a"), shard("b", "a"), shard("c", "a")], ["a"], []],
    ["a merge, of both", [shard("a"), shard("b"), shard("c", "a", "b")], ["a", "b"], []],
    [
      "a merge of what was split, the nearest first",
      [shard("a"), shard("b", "a"), shard("d", "a"), shard("c", "b", "d")],
      ["b", "d", "a"],
      [],
    ],
    [
      "a short way and a long one: each before those that it came from",
      [shard("a"), shard("b", "a"), shard("c", "a", "b")],
      ["b", "a"],
      [],
    ],
    ["a shard that the stream has forgotten", [shard("b", "a"), shard("c", "b")], ["b", "a"], ["a"]],
    ["nobody knows where: it is forgotten itself", [shard("a")], [], ["c"]],
  ])("is told: %s", async (_, shards, ancestors, missing) => {
    const asked = shards.some(({ ShardId }) => ShardId === "c") || missing.includes("c") ? "c" : "a";
    expect(await listing(shards).ancestry(asked)).toEqual({ ancestors, forgotten: missing });
  });

  test("all shards are listed, page by page", async () => {
    expect(await listing([shard("a"), shard("b"), shard("c")]).shardIds()).toEqual(["a", "b", "c"]);
  });

  test.each([
    ["both ends", { StartingHashKey: "0", EndingHashKey: "9" }, { hashKeys: { first: "0", last: "9" } }],
    ["one end is missing", { StartingHashKey: "0", EndingHashKey: undefined }, {}],
    ["the other end is missing", { StartingHashKey: undefined, EndingHashKey: "9" }, {}],
  ])("the hash keys of the shard are told: %s", async (_, HashKeyRange, expected) => {
    const own = { ...shard("b", "a"), HashKeyRange };
    const parent = { ...shard("a"), HashKeyRange: { StartingHashKey: "5", EndingHashKey: "6" } };
    expect(await listing([parent, own]).ancestry("b")).toEqual({ ancestors: ["a"], forgotten: [], ...expected });
  });

  test("a page without shards and a shard without an id are passed over", async () => {
    const answers = [{ NextToken: "1" }, { Shards: [{ ...shard("a"), ShardId: undefined }, shard("b")] }];
    const client = { send: async () => answers.shift() };
    expect(await new KinesisStream(client as unknown as KinesisClient, "s").shardIds()).toEqual(["b"]);
  });
});
