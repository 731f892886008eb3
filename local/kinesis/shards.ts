import { createRequire } from "node:module";
import { type Action, OperationError } from "../endpoint/operations.ts";
import type { KinesisStore, StoredShard } from "./store.ts";

type KinesisAction = Action<KinesisStore>;
type Sequences = {
  readonly parseSequence: (sequenceNumber: string) => { readonly seqTime: number; readonly shardCreateTime: number };
};

const answerMax = 1_000;
/** Kinesis API reference, ListShards, NextToken. */
const tokenMs = 300_000;

const invalidArgument = (message: string): OperationError =>
  new OperationError(400, "InvalidArgumentException", message);

const endOf = ({ SequenceNumberRange }: StoredShard): string | undefined => SequenceNumberRange.EndingSequenceNumber;

/** ListStreams with a NextToken, the name of the last stream of a page. */
export const listStreams =
  (action: KinesisAction): KinesisAction =>
  (store, { NextToken: token, ...input }, answer) => {
    const after = token === undefined ? {} : { ExclusiveStartStreamName: token };
    action(store, { ...input, ...after }, (error, output) => {
      if (error) return answer(error);
      const streams = output as { StreamNames: readonly string[]; HasMoreStreams: boolean };
      const next = streams.HasMoreStreams ? { NextToken: streams.StreamNames.at(-1) } : {};
      answer(undefined, { ...streams, ...next });
    });
  };

/** SplitShard or MergeShards that refuses a shard that was split or merged before, which kinesalite does again. */
export const ofOpenShards =
  (...members: readonly string[]) =>
  (action: KinesisAction): KinesisAction =>
  (store, input, answer) => {
    store.getStream(String(input.StreamName), (error, stream) => {
      const asked = members.map((member) => input[member]);
      const closed = stream?.Shards.find((shard) => asked.includes(shard.ShardId) && endOf(shard) !== undefined);
      if (error || closed === undefined) return action(store, input, answer);
      answer(
        invalidArgument(
          `Shard ${closed.ShardId} in stream ${input.StreamName} under account ${store.metaDb.awsAccountId} has already been merged or split, and thus is not eligible for merging or splitting.`,
        ),
      );
    });
  };

/** The shards that go on where a shard has ended, as GetRecords names them with its last answer. */
export function childShards(shards: readonly StoredShard[], shardIndex: number): object[] {
  const parent = shards[shardIndex]?.ShardId;
  return shards
    .filter(({ ParentShardId, AdjacentParentShardId }) => [ParentShardId, AdjacentParentShardId].includes(parent))
    .map(({ ShardId, ParentShardId, AdjacentParentShardId, HashKeyRange }) => ({
      ShardId,
      ParentShards: [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined),
      HashKeyRange,
    }));
}

type Filter = { readonly Type?: unknown; readonly ShardId?: unknown; readonly Timestamp?: unknown };

/** What a token of ListShards remembers. */
type Page = { readonly stream: string; readonly after: string; readonly filter?: Filter; readonly atMs: number };

/** ListShards of the Kinesis API reference, with pages and filters, which kinesalite leaves out. */
export function listShards(): KinesisAction {
  return (store, input, answer) => {
    let page: Page;
    try {
      page = pageOf(input);
    } catch (error) {
      return answer(error);
    }
    store.getStream(page.stream, (error, stream) => {
      if (error || stream === undefined) return answer(error);
      try {
        const { filter } = page;
        const found = filtered(stream.Shards, filter, Date.now() - stream.RetentionPeriodHours * 3_600_000);
        const left = found.filter(({ ShardId }) => ShardId > page.after);
        const Shards = left.slice(0, Number(input.MaxResults ?? answerMax));
        const last = Shards.at(-1)?.ShardId;
        const more = last !== undefined && Shards.length < left.length;
        answer(undefined, { Shards, ...(more ? { NextToken: tokenOf({ ...page, after: last }) } : {}) });
      } catch (refusal) {
        answer(refusal);
      }
    });
  };
}

function pageOf(input: Record<string, unknown>): Page {
  const { StreamName: stream, NextToken: token, ExclusiveStartShardId: after = "", ShardFilter: filter } = input;
  if (token !== undefined) {
    for (const name of ["StreamName", "ExclusiveStartShardId", "ShardFilter"]) {
      if (input[name] !== undefined) throw invalidArgument(`NextToken and ${name} cannot be provided together.`);
    }
    return tokenRead(String(token));
  }
  if (stream === undefined) throw invalidArgument("Either NextToken or StreamName should be provided.");
  const page = { stream: String(stream), after: String(after), atMs: 0 };
  return filter === undefined ? page : { ...page, filter: filter as Filter };
}

const tokenOf = (page: Page): string =>
  Buffer.from(JSON.stringify({ ...page, atMs: Date.now() })).toString("base64url");

function tokenRead(token: string): Page {
  let page: Partial<Page> | undefined;
  try {
    page = JSON.parse(Buffer.from(token, "base64url").toString()) as Partial<Page>;
  } catch {
    // Refused below.
  }
  if (typeof page?.stream !== "string" || typeof page.after !== "string" || typeof page.atMs !== "number") {
    throw invalidArgument("Invalid NextToken.");
  }
  if (Date.now() - page.atMs > tokenMs) {
    throw new OperationError(400, "ExpiredNextTokenException", `NextToken expired: it is good for ${tokenMs} ms.`);
  }
  return page as Page;
}

type Times = { readonly startMs: number; readonly endMs: number };

function timesOf(shard: StoredShard): Times {
  const { parseSequence }: Sequences = createRequire(import.meta.url)("kinesalite/db");
  const end = endOf(shard);
  return {
    startMs: parseSequence(shard.SequenceNumberRange.StartingSequenceNumber).shardCreateTime,
    endMs: end === undefined ? Number.POSITIVE_INFINITY : parseSequence(end).seqTime,
  };
}

/** Kinesis API reference, ShardFilter. A shard open at a time began before it and had not ended. */
function filtered(shards: readonly StoredShard[], filter: Filter | undefined, horizonMs: number): StoredShard[] {
  const kept = shards.filter((shard) => timesOf(shard).endMs >= horizonMs);
  const openAt = (ms: number): StoredShard[] =>
    kept.filter((shard) => {
      const { startMs, endMs } = timesOf(shard);
      return startMs <= ms && endMs > ms;
    });
  switch (filter?.Type) {
    case undefined:
    case "FROM_TRIM_HORIZON":
      return kept;
    case "AT_TRIM_HORIZON":
      return openAt(Math.max(horizonMs, Math.min(...kept.map((shard) => timesOf(shard).startMs))));
    case "AT_LATEST":
      return kept.filter((shard) => endOf(shard) === undefined);
    case "AFTER_SHARD_ID": {
      const after = required(filter.ShardId, "ShardId", "AFTER_SHARD_ID");
      return kept.filter(({ ShardId }) => ShardId > String(after));
    }
    case "AT_TIMESTAMP":
      return openAt(Number(required(filter.Timestamp, "Timestamp", "AT_TIMESTAMP")) * 1_000);
    case "FROM_TIMESTAMP": {
      const fromMs = Number(required(filter.Timestamp, "Timestamp", "FROM_TIMESTAMP")) * 1_000;
      return kept.filter((shard) => timesOf(shard).endMs >= fromMs);
    }
    default:
      throw invalidArgument(`Expected the Type of ShardFilter to be one of Kinesis', got ${filter?.Type}`);
  }
}

function required(value: unknown, name: string, type: string): unknown {
  if (value === undefined) throw invalidArgument(`Expected ShardFilter of type ${type} to have ${name}, got none`);
  return value;
}
