import { createHash } from "node:crypto";
import { type DynamoDBClient, GetItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { marshall } from "@aws-sdk/util-dynamodb";
import type { PlaceInLedger } from "../../lib/roll-up/dedupe/recall.ts";
import { type CommittedPart, type Head, newHead } from "../../lib/store/ledger/ledger.ts";
import { paddedSequence } from "../../lib/stream/sequence.ts";
import { type Item, itemBytes } from "../fakes/dynamo-item.ts";

/** One part for each batching window of the event source mapping. */
const partMs = 5_000;
const idsPerPart = 5;
const pageBytes = 1024 * 1024;
const recordsPerPart = 100;
const startMs = Date.UTC(2026, 0, 1);

const sequenceOf = (number: number): string => `4966${String(number).padStart(52, "0")}`;

/**
 * A table of the ledger in which every shard has had a part every 5 seconds for a long time. Its items are made when they
 * are asked for: a week of a thousand shards is no more memory than a day of one.
 */
export class LongShards {
  readonly windowMs: number;
  /** Queries of parts and of ids, and bytes that they read. */
  queries = 0;
  bytes = 0;
  /** Parts of each shard. */
  readonly #parts = new Map<string, number>();
  readonly #ancestors = new Map<string, string>();
  readonly #partsInWindow: number;
  readonly #itemBytes: { readonly part: number; readonly ids: number };

  constructor(windowMs: number) {
    this.windowMs = windowMs;
    this.#partsInWindow = Math.round(windowMs / partMs);
    const [part, ids] = [partItem("s", this.part("s", 1)), idsItem("s", this.part("s", 1))];
    this.#itemBytes = { part: itemBytes(part), ids: itemBytes(ids) };
  }

  /** Parts that a shard has: somewhat more than its window, and those that were added. */
  partsOf(shard: string): number {
    return this.#parts.get(shard) ?? Math.ceil(this.#partsInWindow * 1.2) + 300;
  }

  /** A shard that has nothing yet and came from another. */
  begin(shard: string, ancestor: string): void {
    this.#parts.set(shard, 0);
    this.#ancestors.set(shard, ancestor);
  }

  /** Somebody opens and commits one more part. Gives it, and the head before and after. */
  add(shard: string): { readonly part: CommittedPart; readonly from: Head; readonly to: Head } {
    const from = this.head(shard);
    const number = this.partsOf(shard) + 1;
    this.#parts.set(shard, number);
    return { part: this.part(shard, number), from, to: this.head(shard) };
  }

  head(shard: string): Head {
    const parts = this.partsOf(shard);
    const ancestor = this.#ancestors.get(shard);
    return {
      ...newHead,
      revision: 2 * parts,
      bornMs: startMs,
      furthest: parts === 0 ? "" : this.part(shard, parts).lastSequence,
      ancestors: ancestor === undefined ? [] : [ancestor],
    };
  }

  /** Where the next part goes. */
  next(shard: string): PlaceInLedger {
    const { firstSequence, lastSequence, firstArrivalMs } = this.part(shard, this.partsOf(shard) + 1);
    const ancestor = this.#ancestors.get(shard);
    const views = ancestor === undefined ? {} : { [ancestor]: this.head(ancestor).revision };
    const number = this.head(shard).revision + 1;
    // A child begins where its parent ended.
    const parent = ancestor === undefined ? 0 : this.partsOf(ancestor) * partMs;
    return { number, firstSequence, lastSequence, anchorMs: firstArrivalMs + parent, views };
  }

  part(shard: string, number: number): CommittedPart {
    const id = createHash("sha256").update(`${shard} ${number}`).digest("hex").slice(0, 16);
    const firstArrivalMs = startMs + number * partMs;
    const tally = { events: idsPerPart, counted: idsPerPart, duplicate: 0, quarantined: 0, late: 0 };
    return {
      id,
      idsName: `${id}-0123456789ab`,
      firstSequence: sequenceOf(number * recordsPerPart),
      lastSequence: sequenceOf((number + 1) * recordsPerPart - 1),
      firstArrivalMs,
      lastArrivalMs: firstArrivalMs + partMs - 1,
      ids: idsPerPart,
      number: 2 * number - 1,
      definitions: ["0123456789ab"],
      views: {},
      records: idsPerPart,
      ...tally,
      rows: idsPerPart,
      rowsCount: idsPerPart,
      doubled: 0,
      firstBucketMs: firstArrivalMs,
      lastBucketMs: firstArrivalMs,
      committedMs: firstArrivalMs + partMs,
      windowMs: this.windowMs,
    };
  }

  /** Ids of a part, the same each time. */
  ids(shard: string, number: number): Buffer {
    return idsOf(this.part(shard, number).id);
  }

  client(): DynamoDBClient {
    const send = async (command: unknown): Promise<unknown> => {
      if (command instanceof QueryCommand) return this.#query(command.input);
      if (!(command instanceof GetItemCommand)) throw new Error("Expected a read, got another request");
      const { shard = { S: "" }, item = { S: "" } } = command.input.Key ?? {};
      if (item.S === "head") return { Item: headItem(shard.S ?? "", this.head(shard.S ?? "")) };
      return { Item: marshall({ shard: shard.S, item: item.S, key: new Uint8Array(16) }) };
    };
    return { send } as unknown as DynamoDBClient;
  }

  #query(input: QueryCommand["input"]) {
    const { ExpressionAttributeValues: values = {}, ScanIndexForward, Limit, ExclusiveStartKey } = input;
    this.queries++;
    const shard = values[":shard"]?.S ?? "";
    const from = values[":from"]?.S ?? "";
    const kind = from.startsWith("ids#") ? "ids" : "part";
    const isForward = ScanIndexForward !== false;
    const [first, last] = [numberAt(from, 1), Math.min(numberAt(values[":to"]?.S ?? "", 0), this.partsOf(shard))];
    const behind = ExclusiveStartKey?.item?.S;
    const at = behind === undefined ? undefined : numberAt(behind, 0);
    const start = at === undefined ? (isForward ? first : last) : at + (isForward ? 1 : -1);
    const left = isForward ? last - start + 1 : start - first + 1;
    const most = Math.min(Limit ?? Number.POSITIVE_INFINITY, Math.floor(pageBytes / this.#itemBytes[kind]));
    const taken = Math.max(0, Math.min(left, most));
    this.bytes += taken * this.#itemBytes[kind];
    const make = kind === "ids" ? idsItem : input.ProjectionExpression === undefined ? partItem : rangeItem;
    const Items = Array.from({ length: taken }, (_, index) =>
      make(shard, this.part(shard, start + (isForward ? index : -index))),
    );
    const end = Items.at(-1);
    return taken < left || taken === Limit
      ? { Items, LastEvaluatedKey: { shard: end?.shard, item: end?.item } }
      : { Items };
  }
}

/** Number of the part whose last record is at a sort key; the one after (1) or before (0) it where it is between two. */
function numberAt(sortKey: string, after: 0 | 1): number {
  const digits = /#0*(\d*)/.exec(sortKey)?.[1] ?? "";
  if (digits === "") return after === 1 && sortKey.endsWith("#") ? 1 : Number.MAX_SAFE_INTEGER;
  if (digits.length > 56 || !digits.startsWith("4966"))
    return after === 1 && digits.length < 56 ? 1 : Number.MAX_SAFE_INTEGER;
  const place = Number(digits.slice(4)) + 1;
  return after === 1 ? Math.max(1, Math.ceil(place / recordsPerPart) - 1) : Math.floor(place / recordsPerPart) - 1;
}

function idsOf(id: string): Buffer {
  return createHash("sha512")
    .update(id)
    .digest()
    .subarray(0, idsPerPart * 8);
}

const partItem = (shard: string, part: CommittedPart): Item =>
  marshall({ shard, item: `part#${paddedSequence(part.lastSequence)}`, version: 1, part, expires: 1_790_000_000 });

/** What a read of ranges asks for. */
const rangeItem = (shard: string, part: CommittedPart): Item => {
  const { id, idsName, number, ids, firstSequence, lastSequence, firstArrivalMs, lastArrivalMs, views } = part;
  const range = { id, idsName, number, ids, firstSequence, lastSequence, firstArrivalMs, lastArrivalMs, views };
  return { ...keyOf(shard, `part#${paddedSequence(lastSequence)}`), part: { M: marshall(range) } };
};

const keyOf = (shard: string, item: string): Item => ({ shard: { S: shard }, item: { S: item } });

const idsItem = (shard: string, { id, idsName, lastSequence }: CommittedPart): Item =>
  marshall({
    ...{ shard, item: `ids#${paddedSequence(lastSequence)}#${idsName}`, idsName },
    ...{ ids: idsOf(id), expires: 1_790_000_000 },
  });

const headItem = (shard: string, { revision, ...head }: Head): Item =>
  marshall({ shard, item: "head", revision, head: { ...head, revision } }, { removeUndefinedValues: true });
