import type { Clock } from "../../clock.ts";
import type { Definitions } from "../../config/definitions.ts";
import type { MessageHash, MessageHasher } from "../../roll-up/dedupe/message-hash.ts";
import type { FailureFiles } from "../../store/dead-letters/dead-letter-files.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
import type { QuarantineFiles } from "../../store/quarantine/quarantine-files.ts";
import type { KinesisStream } from "../../stream/kinesis.ts";
import type { RangeReader, ShardList } from "../../stream/reader.ts";

/** What the search reads. It writes nothing. */
export interface WhyPorts {
  readonly streamName: string;
  /** The shards that the stream still has, and those that the ledger knows. */
  readonly shardLists: readonly ShardList[];
  readonly ledger: Pick<Ledger, "head" | "newest" | "committed" | "neighbours" | "ids" | "definitions" | "messageKey">;
  readonly stream: Pick<RangeReader, "read"> & Pick<KinesisStream, "pages">;
  readonly quarantine: Pick<QuarantineFiles, "page" | "records">;
  readonly failures: Pick<FailureFiles, "list" | "read">;
  readonly clock: Pick<Clock, "now">;
  /** Those that questions are answered by now. */
  readonly definitions: Definitions;
  /** Names of the sources in the configuration: an id counts within its source. */
  readonly sources: readonly string[];
}

/** One search: what is looked for, where, and what was spent on it. */
export interface Search {
  readonly messageId: string;
  /** Only events of this source; "" for those that name none. */
  readonly source: string | undefined;
  readonly hasher: MessageHasher;
  readonly ports: WhyPorts;
  readonly spent: Spent;
  readonly notLooked: Set<string>;
}

/** A search among the events of one source, by the hash that they leave in the ledger. */
export interface NameSearch extends Search {
  readonly source: string;
  readonly hash: MessageHash;
}

/** What one request may read and how long it may take: the rest is left to the next. */
export interface WhyBudget {
  readonly bytesMax: number;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
}

/** Bytes of the ledger, the stream and the bucket that a request reads: 5,000 read units, a tenth of a cent. */
export const whyBytesMax = 40 * 1024 * 1024;

/** What is begun by then is finished; API Gateway gives up after 30 s (API Gateway developer guide, "Quotas for HTTP APIs"). */
export const whyMsMax = 12_000;

/** Keeps count of what was looked through. */
export class Spent {
  readonly #budget: WhyBudget;
  readonly #clock: Pick<Clock, "now">;
  parts = 0;
  ids = 0;
  quarantineFiles = 0;
  waitingRecords = 0;
  failureFiles = 0;
  bytes = 0;

  constructor(budget: WhyBudget, clock: Pick<Clock, "now">) {
    this.#budget = budget;
    this.#clock = clock;
  }

  /** Whether the request should end here. Something is done first: every request comes further than the one before. */
  get isUp(): boolean {
    return this.bytes > 0 && (this.bytes >= this.#budget.bytesMax || this.#clock.now() >= this.#budget.deadlineMs);
  }
}
