import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DeleteItemCommandInput,
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import { holds, type Placeholders, parseCondition, pathOf } from "./dynamo-expression.ts";
import { type Item, itemBytes, valueAt } from "./dynamo-item.ts";
import { type KeyRange, keyRangeOf } from "./dynamo-query.ts";

/** DynamoDB developer guide, "Quotas in Amazon DynamoDB" and "Paginating table query results"; API reference, BatchGetItem. */
const limits = {
  itemBytes: 400 * 1024,
  pageBytes: 1024 * 1024,
  batchBytes: 16 * 1024 * 1024,
  batchKeys: 100,
  partitionKeyBytes: 2_048,
  sortKeyBytes: 1_024,
} as const;

/** A version of an item; a deleted one has no attributes. */
export interface StoredItem {
  readonly item: Item | undefined;
  readonly bytes: number;
  readonly expiresMs: number;
  readonly writtenMs: number;
  /** What an eventually consistent read may still answer. */
  readonly before: StoredItem | undefined;
}

interface Partition {
  readonly items: Map<string, StoredItem>;
  /** Of all items, in order. */
  readonly keys: string[];
}

export interface TableSettings {
  readonly name: string;
  readonly keys: { readonly partition: string; readonly sort: string; readonly timeToLive: string };
  readonly now: () => number;
  /** For how long after a write an eventually consistent read answers without it. */
  readonly staleMs?: number;
  /** When an item is deleted after it has expired: "within a few days" (developer guide, "Time to Live"). */
  readonly deletedAfterMs?: number;
  /** Items that a page of a query ends after, as where it has reached 1 MB. */
  readonly pageItems?: number;
}

/** What a request consumed, in all: developer guide, "Read and write operations". */
export interface Consumed {
  requests: number;
  readUnits: number;
  writeUnits: number;
}

type Command = { readonly input: object };
type Send = (command: Command) => Promise<unknown>;

/**
 * A table of DynamoDB in memory, behind the SDK's own commands: conditional writes, strongly and eventually consistent
 * reads, pages, size limits and time to live, as the developer guide has them. What it does not have it refuses.
 */
export class DynamoTable {
  readonly consumed: Consumed = { requests: 0, readUnits: 0, writeUnits: 0 };
  readonly partitions = new Map<string, Partition>();
  readonly settings: TableSettings;
  /** Keys of a BatchGetItem that are left for another request. */
  isUnprocessed: (key: Item) => boolean = () => false;
  readonly #conditionFailed: (item: Item | undefined) => Error;

  constructor(settings: TableSettings) {
    this.settings = settings;
    this.#conditionFailed = (item) =>
      new ConditionalCheckFailedException({
        message: "The conditional request failed",
        $metadata: {},
        ...(item === undefined ? {} : { Item: item }),
      });
  }

  /** A client for this table; `via` stands between it and the table, to lose requests and answers. */
  client(via: (command: Command, run: () => unknown) => Promise<unknown> = async (_, run) => run()): DynamoDBClient {
    const send: Send = (command) => via(command, () => this.#answer(command));
    return { send, destroy: () => {} } as unknown as DynamoDBClient;
  }

  /** The item under a key, as it is now. */
  stored(partition: string, sort: string): StoredItem | undefined {
    const stored = this.partitions.get(partition)?.items.get(sort);
    return stored === undefined || this.#isGone(stored) ? undefined : stored;
  }

  /** Writes an item, whatever is there. Throws where DynamoDB would not have it. */
  write(item: Item): void {
    const [partition, sort] = this.#keyOf(item);
    const bytes = itemBytes(item);
    if (bytes > limits.itemBytes) throw invalid("Item size has exceeded the maximum allowed size");
    const { N } = item[this.settings.keys.timeToLive] ?? {};
    const expiresMs = N === undefined ? Number.POSITIVE_INFINITY : Number(N) * 1_000;
    this.#keep(partition, sort, { item: owned(item), bytes, expiresMs });
    this.consumed.writeUnits += Math.ceil(bytes / 1_024);
  }

  /** Takes an item away, whether it is there or not. */
  delete(partition: string, sort: string): void {
    const bytes = this.stored(partition, sort)?.bytes ?? 0;
    this.consumed.writeUnits += Math.max(1, Math.ceil(bytes / 1_024));
    if (bytes > 0) this.#keep(partition, sort, { item: undefined, bytes: 0, expiresMs: Number.POSITIVE_INFINITY });
  }

  #answer(command: Command): unknown {
    this.consumed.requests++;
    if (command instanceof BatchGetItemCommand) return this.#batchGet(command.input);
    const { TableName } = command.input as { TableName?: string };
    this.#check(TableName);
    if (command instanceof GetItemCommand) return this.#get(command.input);
    if (command instanceof QueryCommand) return this.#query(command.input);
    if (command instanceof PutItemCommand) return this.#put(command.input);
    if (command instanceof DeleteItemCommand) return this.#delete(command.input);
    throw new Error(`Expected a command that the fake of DynamoDB has, got ${command.constructor.name}`);
  }

  #check(name: string | undefined): void {
    if (name === this.settings.name) return;
    throw new ResourceNotFoundException({ message: "Requested resource not found", $metadata: {} });
  }

  #get({ Key = {}, ConsistentRead = false, ...shown }: GetItemCommandInput): { Item?: Item } {
    const [partition, sort] = this.#keyOf(Key);
    const stored = this.#seen(this.partitions.get(partition)?.items.get(sort), ConsistentRead);
    this.consumed.readUnits += readUnits(stored?.bytes ?? 0, ConsistentRead);
    return stored?.item === undefined ? {} : { Item: projected(stored.item, shown) };
  }

  #batchGet({ RequestItems = {} }: BatchGetItemCommandInput): Partial<BatchGetItemCommandOutput> {
    const [[name, asked] = ["", {}], ...others] = Object.entries(RequestItems);
    this.#check(name);
    const { Keys = [], ConsistentRead = false } = asked;
    const distinct = new Set(Keys.map((key) => this.#keyOf(key).join("\u0000")));
    if (others.length > 0 || Keys.length === 0 || Keys.length > limits.batchKeys)
      throw invalid(`Expected 1 to ${limits.batchKeys} keys of one table, got ${Keys.length}`);
    if (distinct.size < Keys.length) throw invalid("Provided list of item keys contains duplicates");
    const found: Item[] = [];
    const left: Item[] = [];
    let bytes = 0;
    for (const key of Keys) {
      const [partition, sort] = this.#keyOf(key);
      const stored = this.#seen(this.partitions.get(partition)?.items.get(sort), ConsistentRead);
      bytes += stored?.bytes ?? 0;
      if (bytes > limits.batchBytes || (left.length < Keys.length - 1 && this.isUnprocessed(key))) {
        left.push(key);
        continue;
      }
      this.consumed.readUnits += readUnits(stored?.bytes ?? 0, ConsistentRead);
      if (stored?.item !== undefined) found.push(projected(stored.item, asked));
    }
    const UnprocessedKeys = left.length === 0 ? {} : { [name]: { ...asked, Keys: left } };
    // In no particular order (API reference, BatchGetItem).
    return { Responses: { [name]: found.reverse() }, UnprocessedKeys };
  }

  #put({ Item = {}, ...condition }: PutItemCommandInput): { Attributes?: Item } {
    const [partition, sort] = this.#keyOf(Item);
    const known = this.stored(partition, sort)?.item;
    this.#checkCondition(known, condition);
    this.write(Item);
    return condition.ReturnValues === "ALL_OLD" && known !== undefined ? { Attributes: known } : {};
  }

  #delete({ Key = {}, ...condition }: DeleteItemCommandInput): { Attributes?: Item } {
    const [partition, sort] = this.#keyOf(Key);
    const known = this.stored(partition, sort)?.item;
    this.#checkCondition(known, condition);
    this.delete(partition, sort);
    return condition.ReturnValues === "ALL_OLD" && known !== undefined ? { Attributes: known } : {};
  }

  #checkCondition(
    known: Item | undefined,
    {
      ConditionExpression: text,
      ReturnValuesOnConditionCheckFailure: returned,
      ...placeholders
    }: Pick<PutItemCommandInput, "ConditionExpression" | "ReturnValuesOnConditionCheckFailure"> & Placeholders,
  ): void {
    if (text === undefined || holds(parseCondition(text), known ?? {}, placeholders)) return;
    throw this.#conditionFailed(returned === "ALL_OLD" ? known : undefined);
  }

  #query(input: QueryCommandInput): { Items: Item[]; Count: number; LastEvaluatedKey?: Item } {
    const { ConsistentRead = false, Limit = Number.POSITIVE_INFINITY, FilterExpression: filter } = input;
    const range = keyRangeOf(input, this.settings.keys);
    const isForward = input.ScanIndexForward !== false;
    const { keys, items } = this.partitions.get(range.partition) ?? {
      keys: [],
      items: new Map() as Partition["items"],
    };
    const [from, to] = this.#ends(keys, range, isForward, input.ExclusiveStartKey);
    const most = Math.min(Limit, this.settings.pageItems ?? Number.POSITIVE_INFINITY);
    const Items: Item[] = [];
    let [evaluated, bytes] = [0, 0];
    let last = "";
    let isCut = false;
    for (let at = isForward ? from : to - 1; from <= at && at < to; at += isForward ? 1 : -1) {
      const sort = keys[at] as string;
      const stored = this.#seen(items.get(sort), ConsistentRead);
      if (stored?.item === undefined) continue;
      isCut = evaluated === most || (evaluated > 0 && bytes + stored.bytes > limits.pageBytes);
      if (isCut) break;
      bytes += stored.bytes;
      evaluated++;
      last = sort;
      if (filter === undefined || holds(parseCondition(filter), stored.item, input))
        Items.push(projected(stored.item, input));
    }
    this.consumed.readUnits += readUnits(bytes, ConsistentRead);
    // A page that has reached its limit says so even where nothing comes behind it.
    isCut ||= evaluated === most;
    return { Items, Count: Items.length, ...(isCut ? { LastEvaluatedKey: this.#key(range.partition, last) } : {}) };
  }

  /** Places of the keys that are asked for and not read yet, half-open. */
  #ends(
    keys: readonly string[],
    { low, isLowIn, high, isHighIn }: KeyRange,
    isForward: boolean,
    start: Item | undefined,
  ): [number, number] {
    const [from, to] = [placeOf(keys, low, !isLowIn), placeOf(keys, high, isHighIn)];
    if (start === undefined) return [from, to];
    const [, sort] = this.#keyOf(start);
    return isForward
      ? [Math.max(from, placeOf(keys, sort, true)), to]
      : [from, Math.min(to, placeOf(keys, sort, false))];
  }

  #keep(partition: string, sort: string, version: Omit<StoredItem, "writtenMs" | "before">): void {
    let kept = this.partitions.get(partition);
    if (kept === undefined) {
      kept = { items: new Map(), keys: [] };
      this.partitions.set(partition, kept);
    }
    const known = kept.items.get(sort);
    if (known === undefined) kept.keys.splice(placeOf(kept.keys, sort, false), 0, sort);
    const before = known === undefined || known.before === undefined ? known : { ...known, before: undefined };
    kept.items.set(sort, { ...version, writtenMs: this.settings.now(), before });
  }

  /** What a read sees of an item. */
  #seen(stored: StoredItem | undefined, isConsistent: boolean): StoredItem | undefined {
    if (stored === undefined) return undefined;
    const { staleMs = Number.POSITIVE_INFINITY, now } = this.settings;
    const seen = isConsistent || now() - stored.writtenMs >= staleMs ? stored : stored.before;
    return seen === undefined || this.#isGone(seen) ? undefined : seen;
  }

  #isGone({ item, expiresMs }: StoredItem): boolean {
    if (item === undefined) return true;
    if (expiresMs === Number.POSITIVE_INFINITY) return false;
    return expiresMs + (this.settings.deletedAfterMs ?? 0) <= this.settings.now();
  }

  #key(partition: string, sort: string): Item {
    const { keys } = this.settings;
    return { [keys.partition]: { S: partition }, [keys.sort]: { S: sort } };
  }

  #keyOf(item: Item): [partition: string, sort: string] {
    const { partition, sort } = this.settings.keys;
    const [first, second] = [item[partition]?.S, item[sort]?.S];
    if (!first || !second) throw invalid("The provided key element does not match the schema");
    if (isLonger(first, limits.partitionKeyBytes) || isLonger(second, limits.sortKeyBytes))
      throw invalid("One or more parameter values were invalid: Size of key has exceeded its limit");
    return [first, second];
  }
}

/** Of UTF-8; a character has three bytes at most for each of its code units. */
const isLonger = (text: string, bytes: number): boolean => text.length * 3 > bytes && Buffer.byteLength(text) > bytes;

/** DynamoDB's own error for a request that it does not take. */
const invalid = (message: string): Error => Object.assign(new Error(message), { name: "ValidationException" });

/** A strongly consistent read costs a unit for each 4 KB, another half of it. */
const readUnits = (bytes: number, isConsistent: boolean): number =>
  Math.max(1, Math.ceil(bytes / 4_096)) * (isConsistent ? 1 : 0.5);

/** The first place whose key is not before the text; behind it where it is there and `after`. */
function placeOf(keys: readonly string[], text: string, after: boolean): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = keys[middle] as string;
    if (key < text || (after && key === text)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** With bytes of its own: the caller may go on with its buffers, and gets no Buffer back. */
function owned(item: Item): Item {
  let copied = item;
  for (const name in item) {
    const { B } = item[name] ?? {};
    if (B !== undefined) copied = { ...copied, [name]: { B: new Uint8Array(B) } };
  }
  return copied;
}

function projected(
  item: Item,
  { ProjectionExpression: shown, ...names }: Placeholders & { readonly ProjectionExpression?: string | undefined },
): Item {
  if (shown === undefined) return item;
  const result: Record<string, AttributeValue> = {};
  for (const path of pathsIn(shown)) copyPath(item, result, pathOf(path, names));
  return result;
}

const projections = new Map<string, readonly string[]>();

function pathsIn(projection: string): readonly string[] {
  const known = projections.get(projection) ?? projection.split(",").map((path) => path.trim());
  projections.set(projection, known);
  return known;
}

function copyPath(from: Item, to: Record<string, AttributeValue>, path: readonly string[]): void {
  const value = valueAt(from, path);
  if (value === undefined) return;
  let inner = to;
  for (let at = 0; at < path.length - 1; at++) {
    const name = path[at] as string;
    const map = inner[name]?.M ?? {};
    inner[name] = { M: map };
    inner = map;
  }
  inner[path.at(-1) ?? ""] = value;
}
