import type { Clock } from "../../clock.ts";
import type { Definitions } from "../../config/definitions.ts";
import type { ShardList } from "../../recovery/sweep.ts";
import type { MessageHash, MessageHasher } from "../../roll-up/dedupe/message-hash.ts";
import type { FailureFiles } from "../../store/dead-letters/dead-letter-files.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
import type { QuarantineFiles } from "../../store/quarantine/quarantine-files.ts";
import type { KinesisStream } from "../../stream/kinesis.ts";
import type { RangeReader } from "../../stream/range-reader.ts";
import type { Spent } from "./budget.ts";

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
