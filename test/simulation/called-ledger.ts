import type { Definitions } from "../../lib/definitions.ts";
import type { CommittedPart, Head, HeadState, Ledger, OpenPart, PartRange } from "../../lib/ledger/ledger.ts";
import type { MemoryLedger } from "../memory/memory-ledger.ts";
import type { CallName } from "./plan.ts";
import type { Process } from "./process.ts";

/** Items of a query come in pages, and between two of them the table changes. */
const pageItems = 3;

/**
 * The ledger as one process reaches it: every item is read or written by itself, strongly consistent, as DynamoDB does;
 * between two calls anything may happen.
 */
export class CalledLedger implements Ledger {
  readonly #table: MemoryLedger;
  readonly #process: Process;
  /** As in the real one: once a process is enough. */
  #kept = "";

  constructor(table: MemoryLedger, process: Process) {
    this.#table = table;
    this.#process = process;
  }

  head(shard: string): Promise<Head> {
    return this.#call(
      "ledger.head",
      () => shard,
      () => this.#table.head(shard),
      shownHead,
    );
  }

  moveHead(shard: string, from: Head, next: HeadState): Promise<boolean> {
    return this.#process.call({
      name: "ledger.moveHead",
      about: () => `${shard} from ${from.revision}, ${shownState(next)}`,
      run: () => this.#table.moveHead(shard, from, next),
      error: unavailable,
      // The SDK tries again by itself, and then the condition does not hold any more.
      askedAgain: () => false,
      shown: String,
    });
  }

  async committed(shard: string, firstSequence: string, lastSequence: string): Promise<CommittedPart[]> {
    return this.#call(
      "ledger.committed",
      () => `${shard} ${firstSequence}..${lastSequence}`,
      () => this.#table.committed(shard, firstSequence, lastSequence),
      (parts) => parts.map(shownPart).join(" ") || "none",
    );
  }

  async commit(shard: string, part: CommittedPart): Promise<void> {
    await this.#call(
      "ledger.commit",
      () => `${shard} ${shownPart(part)} v${part.definitions.length} rows ${part.rows} sum ${part.rowsCount}`,
      () => this.#table.commit(shard, part),
    );
  }

  async *neighbours(shard: string, from: string, direction: "before" | "after"): AsyncGenerator<CommittedPart> {
    let start = from;
    let last: CommittedPart | undefined;
    for (;;) {
      const page = await this.#call(
        "ledger.neighbours",
        () => `${shard} ${direction} ${start}`,
        () => firstOf(this.#table.neighbours(shard, start, direction), last),
        (parts) => parts.map(shownPart).join(" ") || "none",
      );
      yield* page;
      last = page.at(-1);
      if (last === undefined || page.length < pageItems) return;
      start = last.lastSequence;
    }
  }

  async keepIds(shard: string, part: Pick<PartRange, "idsName" | "lastSequence">, ids: Buffer): Promise<void> {
    await this.#call(
      "ledger.keepIds",
      () => `${shard} ${part.idsName} ${ids.length / 8} ids`,
      () => this.#table.keepIds(shard, part, ids),
    );
  }

  async *ids(shard: string, firstSequence: string, lastSequence: string): AsyncGenerator<[string, Buffer]> {
    const found = await this.#call(
      "ledger.ids",
      () => `${shard} ${firstSequence}..${lastSequence}`,
      () => Array.fromAsync(this.#table.ids(shard, firstSequence, lastSequence)),
      (items) => `of ${items.map(([id]) => id.slice(0, 6)).join(" ") || "none"}`,
    );
    yield* found;
  }

  async keepDefinitions(definitions: Definitions): Promise<void> {
    if (this.#kept === definitions.hash) return;
    await this.#call(
      "ledger.keepDefinitions",
      () => definitions.hash,
      () => this.#table.keepDefinitions(definitions),
    );
    this.#kept = definitions.hash;
  }

  definitions(hash: string): Promise<Definitions | undefined> {
    return this.#call(
      "ledger.definitions",
      () => hash,
      () => this.#table.definitions(hash),
    );
  }

  shardIds(streamName: string): Promise<string[]> {
    return this.#call(
      "ledger.neighbours",
      () => `shards of ${streamName}`,
      async () => this.#table.shardIds(streamName),
    );
  }

  newest(shard: string): Promise<CommittedPart | undefined> {
    return this.#table.newest(shard);
  }

  #call<T>(name: CallName, about: () => string, run: () => Promise<T>, shown?: (result: T) => string): Promise<T> {
    return this.#process.call({ name, about, run, error: unavailable, ...(shown === undefined ? {} : { shown }) });
  }
}

/** The roll-up knows one error of the ledger from another no more than this. */
const unavailable = (refused: boolean): Error =>
  Object.assign(new Error("the ledger does not answer"), {
    name: refused ? "ProvisionedThroughputExceededException" : "TimeoutError",
  });

async function firstOf(
  parts: AsyncIterable<CommittedPart>,
  after: CommittedPart | undefined,
): Promise<CommittedPart[]> {
  const page: CommittedPart[] = [];
  for await (const part of parts) {
    if (part.lastSequence !== after?.lastSequence) page.push(part);
    if (page.length === pageItems) break;
  }
  return page;
}

/** A part in a trace. */
export const shownPart = ({ id, firstSequence, lastSequence, number }: OpenPart | CommittedPart): string =>
  `#${number} ${id.slice(0, 6)} [${firstSequence}..${lastSequence}]`;

const shownHead = (head: Head): string => `revision ${head.revision}, ${shownState(head)}`;

function shownState({ open, ancestors, descendants }: HeadState): string {
  const parts = open.map((part) => `${shownPart(part)}${shownViews(part)}`).join(" ") || "none";
  const relatives = ancestors.length + descendants.length === 0 ? "" : `, from [${ancestors}], to [${descendants}]`;
  return `open ${parts}${relatives}`;
}

const shownViews = ({ views }: OpenPart): string => (views === undefined ? " unsealed" : ` ${JSON.stringify(views)}`);
