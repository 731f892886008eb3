import { Readable } from "node:stream";
import type { NodeHttpHandler } from "@smithy/node-http-handler";
import { cpuMs } from "./cpu-ms.ts";

type Attribute = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, Attribute>>;

/** A Query reads at most this much in one page (DynamoDB developer guide, "Paginating table query results"). */
const pageBytesMax = 1024 * 1024;

/** What was asked of a table. */
export interface TableUse {
  requests: number;
  reads: number;
  items: number;
  readBytes: number;
  readUnits: number;
  writes: number;
  writeBytes: number;
  writeUnits: number;
  /** Of these, of items with message ids. */
  idWrites: number;
  idWriteBytes: number;
  idWriteUnits: number;
  headWriteBytes: number;
  /** Time that the table itself took, to be left out. */
  ms: number;
}

/**
 * A DynamoDB table in this process that answers at once and counts units as DynamoDB does: 4 KB a strongly consistent
 * read, 1 KB a write, a Query by the sum of its page (DynamoDB developer guide, "Read and write operations"). It knows
 * what the ledger asks and holds no condition: there is one writer.
 */
export class TableAtOnce {
  readonly #shards = new Map<string, Map<string, { item: Item; bytes: number }>>();
  readonly #sorted = new Map<string, string[]>();
  use: TableUse = newUse();

  /** What was asked since the last time. */
  taken(): TableUse {
    const { use } = this;
    this.use = newUse();
    return use;
  }

  get handler(): NodeHttpHandler {
    return {
      metadata: { handlerProtocol: "http/1.1" },
      handle: async ({ headers, body }: { headers: Record<string, string>; body: string }) => {
        const start = cpuMs();
        const text = JSON.stringify(this.#answer(headers["x-amz-target"] ?? "", JSON.parse(body) as Request));
        const length = String(Buffer.byteLength(text));
        this.use.ms += cpuMs() - start;
        this.use.requests++;
        const sent = { "content-type": "application/x-amz-json-1.0", "content-length": length };
        return { response: { statusCode: 200, headers: sent, body: Readable.from([Buffer.from(text)]) } };
      },
      destroy: () => {},
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
    } as unknown as NodeHttpHandler;
  }

  #answer(target: string, request: Request): unknown {
    const name = target.split(".").at(-1);
    if (name === "PutItem") return this.#put(request.Item);
    if (name === "GetItem") return this.#get(request.Key);
    if (name === "Query") return this.#query(request);
    if (name === "BatchGetItem") return this.#batch(request.RequestItems);
    throw new Error(`Expected PutItem, GetItem, BatchGetItem or Query, got ${target}`);
  }

  #put(item: Item): unknown {
    const [shard, key] = [String(item.shard?.S), String(item.item?.S)];
    const bytes = bytesOf(item);
    const items = this.#shards.get(shard) ?? new Map();
    if (!items.has(key)) this.#sorted.delete(shard);
    this.#shards.set(shard, items.set(key, { item, bytes }));
    this.use.writes++;
    this.use.writeBytes += bytes;
    this.use.writeUnits += Math.ceil(bytes / 1_024);
    if (key === "head") this.use.headWriteBytes += bytes;
    if (!key.startsWith("ids#")) return {};
    this.use.idWrites++;
    this.use.idWriteBytes += bytes;
    this.use.idWriteUnits += Math.ceil(bytes / 1_024);
    return {};
  }

  #get({ shard, item }: Item): unknown {
    const found = this.#shards.get(String(shard?.S))?.get(String(item?.S));
    this.#read(found === undefined ? 0 : 1, found?.bytes ?? 0);
    return found === undefined ? {} : { Item: found.item };
  }

  /** Each item weighs as a read of its own (Amazon DynamoDB developer guide, "Read operations"). */
  #batch(tables: Request["RequestItems"]): unknown {
    const answers = Object.entries(tables).map(([table, { Keys }]) => [
      table,
      Keys.flatMap((key) => (this.#get(key) as { Item?: Item }).Item ?? []),
    ]);
    return { Responses: Object.fromEntries(answers), UnprocessedKeys: {} };
  }

  #query({ ExpressionAttributeValues: values, ScanIndexForward: forward, Limit, ExclusiveStartKey }: Request): unknown {
    const shard = String(values[":shard"]?.S);
    const [from, to] = [String(values[":from"]?.S), String(values[":to"]?.S)];
    const start = ExclusiveStartKey?.item?.S;
    const keys = this.#keys(shard).slice(...this.#between(shard, from, to));
    if (forward === false) keys.reverse();
    const first = start === undefined ? 0 : keys.indexOf(String(start)) + 1;
    const items: Item[] = [];
    let bytes = 0;
    let place = first;
    while (place < keys.length && items.length < (Limit ?? Number.POSITIVE_INFINITY) && bytes < pageBytesMax) {
      const found = this.#shards.get(shard)?.get(keys[place] ?? "");
      if (found === undefined) break;
      items.push(found.item);
      bytes += found.bytes;
      place++;
    }
    this.#read(items.length, bytes);
    const last = place < keys.length ? keys[place - 1] : undefined;
    return {
      Items: items,
      ...(last === undefined ? {} : { LastEvaluatedKey: { shard: { S: shard }, item: { S: last } } }),
    };
  }

  #read(items: number, bytes: number): void {
    this.use.reads++;
    this.use.items += items;
    this.use.readBytes += bytes;
    this.use.readUnits += Math.max(1, Math.ceil(bytes / 4_096));
  }

  #keys(shard: string): readonly string[] {
    const known = this.#sorted.get(shard) ?? [...(this.#shards.get(shard)?.keys() ?? [])].sort();
    this.#sorted.set(shard, known);
    return known;
  }

  #between(shard: string, from: string, to: string): [number, number] {
    const keys = this.#keys(shard);
    const firstAt = (holds: (key: string) => boolean): number => {
      const found = keys.findIndex(holds);
      return found === -1 ? keys.length : found;
    };
    return [firstAt((key) => key >= from), firstAt((key) => key > to)];
  }
}

interface Request {
  readonly Item: Item;
  readonly Key: Item;
  readonly RequestItems: Readonly<Record<string, { readonly Keys: readonly Item[] }>>;
  readonly ExpressionAttributeValues: Item;
  readonly ScanIndexForward?: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: Item;
}

const newUse = (): TableUse => ({
  requests: 0,
  reads: 0,
  items: 0,
  readBytes: 0,
  readUnits: 0,
  writes: 0,
  writeBytes: 0,
  writeUnits: 0,
  idWrites: 0,
  idWriteBytes: 0,
  idWriteUnits: 0,
  headWriteBytes: 0,
  ms: 0,
});

/** Names and values as DynamoDB weighs them (developer guide, "DynamoDB item sizes and formats"). */
function bytesOf(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);
}

function valueBytes(value: Attribute): number {
  const [[type, content] = ["NULL", true]] = Object.entries(value);
  if (type === "S") return Buffer.byteLength(String(content));
  if (type === "N") return Math.ceil(String(content).length / 2) + 1;
  if (type === "B") return Buffer.byteLength(String(content), "base64");
  if (type === "M") return 3 + Object.keys(content as Item).length + bytesOf(content as Item);
  if (type === "L") return 3 + (content as Attribute[]).reduce((sum, one) => sum + 1 + valueBytes(one), 0);
  return 1;
}
