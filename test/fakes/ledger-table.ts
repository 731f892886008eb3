import { DynamoLedger } from "../../lib/store/ledger/dynamodb.ts";
import { ledgerKeys } from "../../lib/store/ledger/item-table.ts";
import { type CommittedPart, type Head, newHead } from "../../lib/store/ledger/ledger.ts";
import { packNames, unpackNames } from "../../lib/store/ledger/packed-names.ts";
import { paddedSequence } from "../../lib/stream/sequence.ts";
import { marshall, unmarshall } from "../simulation/marshalling.ts";
import type { Item } from "./dynamo-item.ts";
import { DynamoTable, type TableSettings } from "./dynamo-table.ts";

const headItem = "head";
const partsPrefix = "part#";
const partItem = ({ lastSequence }: CommittedPart): string => `${partsPrefix}${paddedSequence(lastSequence)}`;

/**
 * The ledger's table, which a test may look into and change by hand: items are read once, however often they are asked for.
 * What has expired it still shows, as it was.
 */
export class LedgerTable extends DynamoTable {
  readonly #heads = new Map<string, Head>();
  readonly #parts = new Map<string, readonly CommittedPart[]>();
  readonly #read = new WeakMap<Item, CommittedPart>();
  /** Partitions whose heads, whose parts were written since they were looked at. */
  readonly #changedHeads = new Set<string>();
  readonly #changedParts = new Set<string>();

  /** Is told of each part that takes another's place. */
  replaced: (before: CommittedPart, after: CommittedPart) => void = () => {};

  constructor(settings: Partial<TableSettings> = {}) {
    super({ name: "ledger", keys: ledgerKeys, now: () => Date.now(), ...settings });
  }

  /** The heads of all shards. */
  get heads(): ReadonlyMap<string, Head> {
    for (const shard of this.#changedHeads) {
      const head = this.#last(shard, headItem);
      if (head === undefined) this.#heads.delete(shard);
      else this.#heads.set(shard, headOf(head));
    }
    this.#changedHeads.clear();
    return this.#heads;
  }

  /** The committed parts of all shards that have some, in the order of the stream. */
  get parts(): ReadonlyMap<string, readonly CommittedPart[]> {
    for (const shard of this.#changedParts) {
      const parts = this.#partsOf(shard);
      if (parts.length === 0) this.#parts.delete(shard);
      else this.#parts.set(shard, parts);
    }
    this.#changedParts.clear();
    return this.#parts;
  }

  putHead(shard: string, { revision, ...head }: Head): void {
    const open = head.open.map((part) => ({ ...part, definitions: packNames(part.definitions) }));
    this.write(marshalled({ shard, item: headItem, revision, head: { ...head, revision, open } }));
  }

  putPart(shard: string, part: CommittedPart): void {
    const version = part.definitions.length;
    const packed = { ...part, definitions: packNames(part.definitions) };
    this.write(marshalled({ shard, item: partItem(part), version, part: packed }));
  }

  removePart(shard: string, part: CommittedPart): void {
    this.delete(shard, partItem(part));
  }

  override write(item: Item): void {
    const [shard, sort] = [item[ledgerKeys.partition]?.S ?? "", item[ledgerKeys.sort]?.S ?? ""];
    const before = sort.startsWith(partsPrefix) ? this.stored(shard, sort)?.item : undefined;
    super.write(item);
    this.#note(shard, sort);
    if (before !== undefined) this.replaced(partOf(before), partOf(item));
  }

  override delete(partition: string, sort: string): void {
    super.delete(partition, sort);
    this.#note(partition, sort);
  }

  #note(partition: string, sort: string): void {
    if (sort === headItem) this.#changedHeads.add(partition);
    else if (sort.startsWith(partsPrefix)) this.#changedParts.add(partition);
  }

  #last(shard: string, sort: string): Item | undefined {
    return this.partitions.get(shard)?.items.get(sort)?.item;
  }

  #partsOf(shard: string): CommittedPart[] {
    const keys = this.partitions.get(shard)?.keys ?? [];
    return keys.flatMap((key) => {
      const item = key.startsWith(partsPrefix) ? this.#last(shard, key) : undefined;
      if (item === undefined) return [];
      const part = this.#read.get(item) ?? partOf(item);
      this.#read.set(item, part);
      return [part];
    });
  }
}

/** The real ledger over a table in memory. */
export class TableLedger extends DynamoLedger {
  readonly table: LedgerTable;

  constructor(table = new LedgerTable()) {
    super(table.client(), table.settings.name);
    this.table = table;
  }

  get heads(): ReadonlyMap<string, Head> {
    return this.table.heads;
  }

  get parts(): ReadonlyMap<string, readonly CommittedPart[]> {
    return this.table.parts;
  }
}

const marshalled = (item: object): Item => marshall(item, { removeUndefinedValues: true });

/** What an item has no room for is undefined, and there all the same. */
const absent = { views: undefined, firstBucketMs: undefined, lastBucketMs: undefined };

function headOf(item: Item): Head {
  const head = unmarshall(item).head as Head;
  const open = head.open.map((part) => ({ ...absent, ...part, definitions: unpackNames(part.definitions) }));
  return { ...newHead, ...head, open };
}

function partOf(item: Item): CommittedPart {
  const part = unmarshall(item).part as CommittedPart;
  return { ...absent, ...part, definitions: unpackNames(part.definitions) };
}
